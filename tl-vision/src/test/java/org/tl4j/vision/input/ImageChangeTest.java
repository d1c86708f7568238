// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.tl4j.data.Example;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.model.Config;
import org.tl4j.tensor.HostTensor;
import org.tl4j.vision.Fixtures;
import org.tl4j.vision.input.ImageChange.Frame;
import org.tl4j.vision.input.ImageChange.RandAugment.Operation;

class ImageChangeTest {
    private static final Map<String, Operation> OPERATIONS = Map.ofEntries(
            Map.entry("Identity", Operation.IDENTITY),
            Map.entry("ShearX", Operation.SHEAR_X),
            Map.entry("ShearY", Operation.SHEAR_Y),
            Map.entry("TranslateX", Operation.TRANSLATE_X),
            Map.entry("TranslateY", Operation.TRANSLATE_Y),
            Map.entry("Rotate", Operation.ROTATE),
            Map.entry("Brightness", Operation.BRIGHTNESS),
            Map.entry("Color", Operation.COLOUR),
            Map.entry("Contrast", Operation.CONTRAST),
            Map.entry("Sharpness", Operation.SHARPNESS),
            Map.entry("Posterize", Operation.POSTERIZE),
            Map.entry("Solarize", Operation.SOLARIZE),
            Map.entry("AutoContrast", Operation.AUTO_CONTRAST),
            Map.entry("Equalize", Operation.EQUALIZE));

    private static final Frame FRAME = new Frame(20, 16, Resampling.BILINEAR);

    private final Map<String, HostTensor> fixtures = Fixtures.tensors("augmentation.safetensors");

    private Image image(String name) {
        HostTensor t = fixtures.get(name);
        byte[] rgb = new byte[t.elements()];
        t.bytes().get(rgb);
        return Image.of((int) t.shape().size(1), (int) t.shape().size(0), rgb);
    }

    @TestFactory
    Stream<DynamicTest> changesAreTorchvisionsToTheBit() {
        return fixtures.keySet().stream()
                .filter(name -> name.contains(":"))
                .map(name -> DynamicTest.dynamicTest(name, () -> {
                    String[] parts = name.split(":");
                    assertThat(changed(parts[0], Double.parseDouble(parts[1]), image(parts[2])))
                            .isEqualTo(image(name));
                }));
    }

    private static Image changed(String change, double number, Image image) {
        return switch (change) {
            case "brightness" -> Colours.brightness(image, number);
            case "contrast" -> Colours.contrast(image, number);
            case "saturation" -> Colours.saturation(image, number);
            case "sharpness" -> Colours.sharpness(image, number);
            case "hue" -> Colours.hue(image, number);
            case "flip" -> ImageChange.HorizontalFlip.flipped(image);
            case "crop" -> image.crop(2, 1, 10, 8).resize(8, 9, Resampling.BILINEAR);
            default ->
                ImageChange.RandAugment.changed(
                        image, OPERATIONS.get(change), Math.abs(number) / 30, Math.signum(number));
        };
    }

    @Test
    void equalGeneratorsGiveEqualImagesAndOthersOthers() {
        Image image = image("faint");
        List<ImageChange> all = ((ImageAugmentation<List<String>>)
                        ImageAugmentation.parse("crop=0.3,flip,jitter,rand-augment"))
                .changes();
        ImageSource source = ImageSource.of("faint", image);
        Set<Image> seen = new HashSet<>();
        for (long seed = 0; seed < 20; seed++) {
            ImageSource changed = new ImageSource.Changed(source, all, seed);
            assertThat(changed.read()).isEqualTo(new ImageSource.Changed(source, all, seed).read());
            seen.add(changed.read());
        }
        assertThat(seen).hasSize(20);
    }

    @Test
    void cutsHaveTheSharesAndShapesThatWereAskedFor() {
        ImageChange.ResizedCrop crop = ImageChange.ResizedCrop.of(0.2);
        SplittableRandom random = new SplittableRandom(1);
        double least = 1;
        double most = 0;
        for (int i = 0; i < 2000; i++) {
            Resize.Part part = crop.part(200, 150, random);
            double share = part.width() * part.height() / 30000.0;
            least = Math.min(least, share);
            most = Math.max(most, share);
            assertThat((double) part.width() / part.height()).isBetween(0.74, 1.35);
            assertThat(part.x() + part.width()).isLessThanOrEqualTo(200);
            assertThat(part.y() + part.height()).isLessThanOrEqualTo(150);
        }
        assertThat(least).isBetween(0.19, 0.22);
        assertThat(most).isBetween(0.9, 1.0);
    }

    @Test
    void anImageThatNoCutFitsIsCutInTheMiddle() {
        Resize.Part part = new ImageChange.ResizedCrop(1, 1, 0.75, 1.25).part(40, 10, new SplittableRandom(0));
        assertThat(part).isEqualTo(new Resize.Part(14, 0, 12, 10));
    }

    @Test
    void mirrorsAsOftenAsItIsTold() {
        Image image = image("noise");
        ImageChange.HorizontalFlip flip = new ImageChange.HorizontalFlip(0.25);
        SplittableRandom random = new SplittableRandom(5);
        int flipped = 0;
        for (int i = 0; i < 4000; i++) {
            flipped += flip.apply(image, FRAME, random).equals(image) ? 0 : 1;
        }
        assertThat(flipped).isBetween(900, 1100);
    }

    @Test
    void theFrameIsFilledByTheCutAndNotCutAgain() {
        ImageInput input = ImageInput.of(Config.empty().with("size", List.of(3, 16, 20)), null);
        ImageSource source = ImageSource.of("faint", image("faint"));
        List<ImageChange> whole = List.of(new ImageChange.ResizedCrop(1, 1, 22.0 / 18, 22.0 / 18));

        Image seen = input.framed(new ImageSource.Changed(source, whole, 3));

        assertThat(seen).isEqualTo(image("faint").resize(20, 16, Resampling.BILINEAR));
        assertThat(input.framed(new ImageSource.Changed(source, List.of(), 3))).isEqualTo(input.framed(image("faint")));
    }

    @Test
    void anAugmentationKeepsTargetAndSourceAndNamesItsSettings() {
        Example<ImageSource, String> example = new Example<>(ImageSource.of("a", image("faint")), "ant", "a.jpg");
        ImageAugmentation<String> standard = ImageAugmentation.standard();

        Example<ImageSource, String> once = standard.apply(example, new SplittableRandom(1));

        assertThat(once.target()).isEqualTo("ant");
        assertThat(once.source()).isEqualTo("a.jpg");
        assertThat(once).isEqualTo(standard.apply(example, new SplittableRandom(1)));
        assertThat(once).isNotEqualTo(standard.apply(example, new SplittableRandom(2)));
        assertThat(standard.toString()).contains("0.08").contains("HorizontalFlip");
    }

    @Test
    void refusesWhatIsNoChange() {
        assertThatThrownBy(() -> ImageAugmentation.parse("crop,flop"))
                .isInstanceOf(UnknownNameException.class)
                .hasMessageContaining("flip")
                .hasMessageContaining("mixup");
        assertThatThrownBy(() -> ImageAugmentation.parse("crop=much")).isInstanceOf(InvalidArgumentException.class);
        assertThatThrownBy(() -> ImageAugmentation.parse("flip=2")).isInstanceOf(InvalidArgumentException.class);
        assertThatThrownBy(() -> new ImageChange.RandAugment(2, 31)).isInstanceOf(InvalidArgumentException.class);
        assertThatThrownBy(() -> new ImageChange.ColourJitter(0, 0, 0, 0.6))
                .isInstanceOf(InvalidArgumentException.class);
    }
}
