// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.TlException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.model.Config;
import org.tl4j.tensor.HostTensor;
import org.tl4j.vision.Fixtures;

class ImageInputTest {
    private static final Map<String, HostTensor> FIXTURE = Fixtures.tensors("input.safetensors");

    @TempDir
    Path folder;

    private static Image image(String name) {
        HostTensor t = FIXTURE.get(name);
        byte[] rgb = new byte[t.elements()];
        t.bytes().get(rgb);
        return Image.of((int) t.shape().size(1), (int) t.shape().size(0), rgb);
    }

    private static ImageInput input(String json) {
        return ImageInput.of(Config.parse("settings", json), null);
    }

    @ParameterizedTest
    @ValueSource(strings = {"61x40", "40x61", "33x33", "120x37", "29x28"})
    void seesThePixelsThatTorchvisionSees(String size) {
        Image image = image("in/" + size);
        ImageInput evaluation = input("{\"size\": [3, 28, 28], \"cropPct\": 0.875}");
        assertThat(evaluation.framed(image)).isEqualTo(image(size + "/shorter-side/pixels"));
        ImageInput odd = input("{\"size\": [3, 27, 27], \"resizeTo\": 32}");
        assertThat(odd.framed(image)).isEqualTo(image(size + "/odd-crop/pixels"));
        ImageInput exact = input("{\"size\": [3, 24, 28], \"resize\": \"exact\", \"interpolation\": \"bicubic\"}");
        assertThat(exact.framed(image)).isEqualTo(image(size + "/exact/pixels"));
    }

    @Test
    void normalisesToTheBitAsTorchvision() {
        ImageInput input = input("{\"size\": [3, 10, 10], \"resizeTo\": 12}");
        HostTensor tensor =
                input.encode(ImageSource.of("scene", image("in/61x40"))).get("image");
        assertThat(tensor.bitEquals(FIXTURE.get("61x40/normalised"))).isTrue();
    }

    @Test
    void givesGreyOneChannel() {
        ImageInput input =
                input("{\"size\": [1, 10, 10], \"resizeTo\": 12, \"mean\": [0], \"std\": [1], \"range\": [0, 255]}");
        HostTensor tensor =
                input.encode(ImageSource.of("scene", image("in/61x40"))).get("image");
        assertThat(tensor.type()).hasToString("f32[1, 10, 10]");
        assertThat(tensor.toFloats()).containsExactly(FIXTURE.get("61x40/grey").toFloats());
    }

    @Test
    void putsChannelsAndRangeInTheWantedOrder() {
        ImageSource red = ImageSource.of("red", Image.of(1, 1, new byte[] {(byte) 255, 0, 51}));
        String plain = "{\"size\": [3, 1, 1], \"resize\": \"exact\", \"mean\": [0, 0, 0], \"std\": [1, 1, 1]";
        assertThat(input(plain + "}").encode(red).get("image").toFloats()).containsExactly(1, 0, 0.2f);
        assertThat(input(plain + ", \"channels\": \"bgr\", \"range\": [0, 255], \"tensor\": \"data\"}")
                        .encode(red)
                        .get("data")
                        .toFloats())
                .containsExactly(51, 0, 255);
        assertThat(input(plain + ", \"range\": [-1, 1]}")
                        .encode(red)
                        .get("image")
                        .toFloats())
                .containsExactly(1, -1, 0.2f * 2 - 1);
    }

    @Test
    void letterboxesWithTheWholeImageInside() {
        Image wide = Image.of(4, 2, new byte[24]);
        Image framed = input("{\"size\": [3, 8, 8], \"resize\": \"letterbox\", \"fill\": [9, 8, 7]}")
                .framed(wide);
        for (int y = 0; y < 8; y++) {
            assertThat(framed.rgb(3, y)).isEqualTo(y < 2 || y > 5 ? 0x090807 : 0);
        }
    }

    @ParameterizedTest
    @CsvSource({"1,1", "1,1000", "1000,1", "3,2"})
    void framesImagesOfEveryShape(int w, int h) {
        Image image = Image.of(w, h, Fixtures.formula(w, h));
        for (String resize : List.of("shorter-side", "exact", "letterbox")) {
            for (String size : List.of("[3, 6, 6]", "[3, 9, 4]", "[3, 1, 5]")) {
                ImageInput input = input("{\"size\": " + size + ", \"resize\": \"" + resize + "\"}");
                Image framed = input.framed(image);
                assertThat(framed.width()).isEqualTo(input.width());
                assertThat(framed.height()).isEqualTo(input.height());
            }
        }
    }

    @Test
    void placesMasksAndBoxesWhereTheImageIs() {
        ImageInput input = input("{\"size\": [3, 8, 8], \"resize\": \"letterbox\"}");
        Placement placement = input.placement(4, 2);
        Mask mask = Mask.of(4, 2, 0, 1, 2, 3, 4, 5, 6, 7);
        Mask framed = placement.of(mask);
        assertThat(framed.at(0, 0)).isEqualTo(Mask.IGNORE);
        assertThat(framed.at(0, 2)).isZero();
        assertThat(framed.at(7, 5)).isEqualTo(7);
        assertThat(placement.undo(framed)).isEqualTo(mask);
        assertThat(placement.toFrameX(1)).isEqualTo(2);
        assertThat(placement.toFrameY(0)).isEqualTo(2);
        assertThat(placement.toImageY(placement.toFrameY(1.5))).isEqualTo(1.5);
        assertThatThrownBy(() -> placement.of(Mask.of(1, 1, 0))).hasMessageContaining("1x1");
        Placement cut = input("{\"size\": [3, 2, 2], \"cropPct\": 1}").placement(4, 2);
        assertThat(cut.of(mask)).isEqualTo(Mask.of(2, 2, 1, 2, 5, 6));
        assertThat(cut.undo(Mask.of(2, 2, 1, 2, 5, 6)))
                .isEqualTo(Mask.of(4, 2, Mask.IGNORE, 1, 2, Mask.IGNORE, Mask.IGNORE, 5, 6, Mask.IGNORE));
    }

    @Test
    void comesBackFromItsSettings() throws IOException {
        ImageInput input = input("{\"size\": [3, 20, 30], \"resize\": \"exact\", \"interpolation\": \"bicubic\","
                + " \"mean\": [0.5, 0.4, 0.3], \"std\": [0.1, 0.2, 0.3], \"channels\": \"bgr\", \"tensor\": \"x\"}");
        ImageInput again = ImageInput.of(Config.parse("saved", input.config().toString()), folder);
        assertThat(again.config()).isEqualTo(input.config());
        ImageSource scene = ImageSource.of("scene", image("in/61x40"));
        assertThat(again.encode(scene).get("x").bitEquals(input.encode(scene).get("x")))
                .isTrue();
        input.saveFiles(folder);
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void encodesManyInTheirOrder() {
        ImageInput input = input("{\"size\": [3, 5, 5]}");
        List<ImageSource> sources = new ArrayList<>();
        for (int i = 1; i <= 40; i++) {
            sources.add(ImageSource.of("image " + i, Image.of(i, 7, Fixtures.formula(i, 7))));
        }
        List<Map<String, HostTensor>> all = input.encodeAll(sources);
        for (int i = 0; i < sources.size(); i++) {
            assertThat(all.get(i)
                            .get("image")
                            .bitEquals(input.encode(sources.get(i)).get("image")))
                    .isTrue();
        }
        sources.set(17, ImageSource.bytes("broken", new byte[] {1, 2, 3}));
        assertThatThrownBy(() -> input.encodeAll(sources))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining("'broken'");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"size\": [224, 224]} | size = [224.0, 224.0]",
                "{\"size\": [3, 0, 224]} | size",
                "{\"size\": [3, 2.5, 224]} | size",
                "{\"size\": [4, 8, 8]} | channels",
                "{\"size\": [1, 8, 8], \"channels\": \"rgb\"} | channels",
                "{\"resize\": \"stretch\"} | exact",
                "{\"interpolation\": \"lanczos\"} | lanczos",
                "{\"cropPct\": 1.5} | cropPct",
                "{\"resizeTo\": 100} | resizeTo = 100",
                "{\"mean\": [0.5]} | mean",
                "{\"std\": [0, 1, 1]} | std",
                "{\"range\": [0, 1, 2]} | range",
                "{\"fill\": [0, 0, 300]} | fill"
            })
    void refusesSettingsThatCannotBe(String json, String part) {
        assertThatThrownBy(() -> input(json))
                .isInstanceOfAny(InvalidArgumentException.class, UnknownNameException.class)
                .hasMessageContaining(part);
    }

    // ------------------------------------------------------------------------------------------- published settings

    private Config published(String file, String json) throws IOException {
        Files.writeString(folder.resolve(file), json);
        return ImageInput.of(Config.empty(), folder).config();
    }

    @Test
    void readsTheSettingsOfTransformers() throws IOException {
        Config vit = published(
                "preprocessor_config.json",
                "{\"do_normalize\": true, \"do_resize\": true, \"image_mean\": [0.5, 0.5, 0.5], \"image_std\": [0.5, 0.5, 0.5],"
                        + " \"resample\": 2, \"size\": {\"height\": 224, \"width\": 196}}");
        assertThat(vit.numbers("size")).containsExactly(3.0, 224.0, 196.0);
        assertThat(vit.text("resize")).isEqualTo("exact");
        assertThat(vit.text("interpolation")).isEqualTo("bilinear");
        assertThat(vit.numbers("mean")).containsExactly(0.5, 0.5, 0.5);
        Config convNext = published(
                "preprocessor_config.json",
                "{\"crop_pct\": 0.875, \"do_resize\": true, \"resample\": 3, \"size\": {\"shortest_edge\": 224}}");
        assertThat(convNext.text("resize")).isEqualTo("shorter-side");
        assertThat(convNext.number("cropPct")).isEqualTo(0.875);
        assertThat(convNext.text("interpolation")).isEqualTo("bicubic");
        Config clip = published(
                "preprocessor_config.json",
                "{\"crop_size\": 224, \"do_center_crop\": true, \"size\": 236, \"do_rescale\": false}");
        assertThat(clip.integer("resizeTo")).isEqualTo(236);
        assertThat(clip.numbers("range")).containsExactly(0.0, 255.0);
        Config mobileNet = published(
                "preprocessor_config.json",
                "{\"crop_size\": {\"height\": 224, \"width\": 224}, \"size\": {\"shortest_edge\": 256}}");
        assertThat(mobileNet.integer("resizeTo")).isEqualTo(256);
    }

    @Test
    void readsTheSettingsOfTimm() throws IOException {
        Config c = published(
                "config.json",
                "{\"architecture\": \"resnet18\", \"pretrained_cfg\": {\"input_size\": [3, 288, 288], \"crop_pct\": 0.95,"
                        + " \"crop_mode\": \"center\", \"interpolation\": \"bicubic\", \"mean\": [0.1, 0.2, 0.3],"
                        + " \"std\": [0.4, 0.5, 0.6]}}");
        assertThat(c.numbers("size")).containsExactly(3.0, 288.0, 288.0);
        assertThat(c.number("cropPct")).isEqualTo(0.95);
        assertThat(c.numbers("std")).containsExactly(0.4, 0.5, 0.6);
    }

    @Test
    void leavesTheFolderAloneWhereTheSettingsSayAll() throws IOException {
        Files.writeString(folder.resolve("preprocessor_config.json"), "{\"do_resize\": false}");
        assertThat(ImageInput.of(Config.empty().with("size", List.of(3, 7, 7)), folder)
                        .width())
                .isEqualTo(7);
        assertThatThrownBy(() -> ImageInput.of(Config.empty(), folder))
                .isInstanceOf(TlException.class)
                .hasMessageContaining("do_resize");
        Files.writeString(folder.resolve("preprocessor_config.json"), "{");
        assertThatThrownBy(() -> ImageInput.of(Config.empty(), folder))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining("preprocessor_config.json");
    }
}
