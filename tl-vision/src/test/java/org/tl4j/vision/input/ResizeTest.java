// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.hub.Hub;
import org.tl4j.model.Config;
import org.tl4j.tensor.HostTensor;
import org.tl4j.vision.Fixtures;

class ResizeTest {
    private static Image image(HostTensor t) {
        byte[] rgb = new byte[t.elements()];
        t.bytes().get(rgb);
        return Image.of((int) t.shape().size(1), (int) t.shape().size(0), rgb);
    }

    @Test
    void agreesWithPillowToTheBit() {
        Map<String, HostTensor> fixture = Fixtures.tensors("resize.safetensors");
        int compared = 0;
        List<String> different = new ArrayList<>();
        for (Map.Entry<String, HostTensor> e : fixture.entrySet()) {
            if (!e.getKey().startsWith("in/")) {
                String[] name = e.getKey().split("/");
                Image expected = image(e.getValue());
                Image resized = image(fixture.get("in/" + name[0]))
                        .resize(expected.width(), expected.height(), Resampling.named(name[1]));
                if (!resized.equals(expected)) {
                    different.add(e.getKey());
                }
                compared++;
            }
        }
        assertThat(different).isEmpty();
        assertThat(compared).isEqualTo(6 * 4 * 10);
    }

    @Test
    void agreesWithPillowOnLargerImages() throws IOException {
        Config fixture = Config.parse("resize.json", Files.readString(Fixtures.path("resize.json")));
        List<String> different = new ArrayList<>();
        for (Config c : fixture.configs("cases")) {
            List<Double> from = c.numbers("from");
            List<Double> to = c.numbers("to");
            int w = from.get(0).intValue();
            int h = from.get(1).intValue();
            Image resized = Image.of(w, h, Fixtures.formula(w, h))
                    .resize(to.get(0).intValue(), to.get(1).intValue(), Resampling.named(c.text("resampling")));
            if (!Hub.sha256(resized.pixels()).equals(c.text("sha256"))) {
                different.add(c.toString());
            }
        }
        assertThat(different).isEmpty();
        assertThat(fixture.configs("cases")).hasSize(40);
    }

    @Property(tries = 300)
    void computesAPartAsItComputesTheWhole(
            @ForAll @IntRange(min = 1, max = 40) int w,
            @ForAll @IntRange(min = 1, max = 40) int h,
            @ForAll @IntRange(min = 1, max = 40) int newW,
            @ForAll @IntRange(min = 1, max = 40) int newH,
            @ForAll @IntRange(max = 1000) int position,
            @ForAll Resampling resampling) {
        Image image = Image.of(w, h, Fixtures.formula(w, h));
        int x = position % newW;
        int y = position % newH;
        Resize.Part part = new Resize.Part(x, y, 1 + position % (newW - x), 1 + position % (newH - y));
        assertThat(Resize.image(image, newW, newH, resampling, part))
                .isEqualTo(image.resize(newW, newH, resampling).crop(part.x(), part.y(), part.width(), part.height()));
    }

    @Property(tries = 100)
    void leavesAPlainImagePlain(
            @ForAll @IntRange(min = 1, max = 30) int w,
            @ForAll @IntRange(min = 1, max = 30) int newW,
            @ForAll @IntRange(max = 255) int grey,
            @ForAll Resampling resampling) {
        byte[] plain = new byte[3 * w * 4];
        java.util.Arrays.fill(plain, (byte) grey);
        byte[] pixels = Image.of(w, 4, plain).resize(newW, 9, resampling).pixels();
        for (byte b : pixels) {
            assertThat(b & 0xff).isEqualTo(grey);
        }
    }

    @Test
    void refusesSizesThatCannotBe() {
        Image image = Image.of(2, 2, new byte[12]);
        assertThatThrownBy(() -> image.resize(0, 5, Resampling.BOX))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("0x5");
        assertThatThrownBy(() -> image.resize(50_000, 50_000, Resampling.BOX))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("50000x50000");
        assertThatThrownBy(() -> Resampling.named("bicubik"))
                .isInstanceOf(UnknownNameException.class)
                .hasMessageContaining("bicubic");
    }
}
