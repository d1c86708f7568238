// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tl4j.data.Example;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.model.Config;

class PairedAugmentationTest {
    private static final int W = 37;
    private static final int H = 23;

    /** An image whose red says the class of each pixel: 0, 50, 100 ... */
    private static Example<ImageSource, MaskSource> example() {
        byte[] rgb = new byte[3 * W * H];
        int[] classes = new int[W * H];
        for (int p = 0; p < classes.length; p++) {
            classes[p] = (p % W / 9 + 2 * (p / W / 8)) % 5;
            rgb[3 * p] = (byte) (50 * classes[p]);
            rgb[3 * p + 1] = (byte) (p % W);
            rgb[3 * p + 2] = (byte) (p / W);
        }
        return new Example<>(
                ImageSource.of("image", Image.of(W, H, rgb)), MaskSource.of("mask", Mask.of(W, H, classes)), "test");
    }

    private static PairedAugmentation of(String settings) {
        return PairedAugmentation.of(Config.parse("test", settings));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{flip: both}",
                "{crop: '16'}",
                "{crop: '50', flip: horizontal}",
                "{rotate: right-angles, crop: '20'}",
                "{rotate: '30', scale: '0.7:1.4', crop: '20'}",
                "{elastic: '3', flip: both}"
            })
    void imageAndMaskMoveTogether(String settings) {
        PairedAugmentation augmentation = of(settings);
        for (int seed = 0; seed < 10; seed++) {
            Example<ImageSource, MaskSource> view = augmentation.apply(example(), new SplittableRandom(seed));
            Image image = view.input().read();
            Mask mask = view.target().read();
            int agree = 0;
            for (int y = 0; y < image.height(); y++) {
                for (int x = 0; x < image.width(); x++) {
                    // Within an area the red is exact; where areas meet it is in between.
                    int red = image.rgb(x, y) >> 16;
                    agree += red == 50 * mask.at(x, y) ? 1 : 0;
                }
            }
            assertThat(mask.width()).isEqualTo(image.width());
            assertThat(mask.height()).isEqualTo(image.height());
            assertThat(agree / (double) (image.width() * image.height()))
                    .as("%s, seed %d", settings, seed)
                    .isGreaterThan(settings.contains("scale") || settings.contains("elastic") ? 0.7 : 0.999);
        }
    }

    @Test
    void cropsKeepPixelsExactly() {
        Example<ImageSource, MaskSource> view = of("{crop: '8'}").apply(example(), new SplittableRandom(2));
        Image image = view.input().read();
        int x = image.rgb(0, 0) >> 8 & 0xff;
        int y = image.rgb(0, 0) & 0xff;

        assertThat(image).isEqualTo(example().input().read().crop(x, y, 8, 8));
        assertThat(view.target().read()).isEqualTo(example().target().read().crop(x, y, 8, 8));
    }

    @Test
    void flipsAndTurnsComeOutInAllWays() {
        Set<Mask> seen = new HashSet<>();
        byte[] rgb = new byte[12];
        Example<ImageSource, MaskSource> square = new Example<>(
                ImageSource.of("i", Image.of(2, 2, rgb)), MaskSource.of("m", Mask.of(2, 2, 0, 1, 2, 3)), "test");
        for (int seed = 0; seed < 200; seed++) {
            seen.add(of("{flip: both, rotate: right-angles}")
                    .apply(square, new SplittableRandom(seed))
                    .target()
                    .read());
        }

        assertThat(seen).hasSize(8);
    }

    @Test
    void equalSeedsGiveEqualViews() {
        PairedAugmentation augmentation = PairedAugmentation.microscopy(20);
        Example<ImageSource, MaskSource> a = augmentation.apply(example(), new SplittableRandom(5));
        Example<ImageSource, MaskSource> b = augmentation.apply(example(), new SplittableRandom(5));
        Example<ImageSource, MaskSource> c = augmentation.apply(example(), new SplittableRandom(6));

        assertThat(a.input().read()).isEqualTo(b.input().read());
        assertThat(a.target().read()).isEqualTo(b.target().read());
        assertThat(a.input().read()).isNotEqualTo(c.input().read());
    }

    @Test
    void brightnessIsThatOfTheImageAlone() {
        Example<ImageSource, MaskSource> view = of("{brightness: '0.3'}").apply(example(), new SplittableRandom(1));

        assertThat(view.target().read()).isEqualTo(example().target().read());
        assertThat(view.input().read()).isNotEqualTo(example().input().read());
    }

    @Test
    void mirrorsWhatLiesBeyondTheBorder() {
        Example<ImageSource, MaskSource> small = new Example<>(
                ImageSource.of("i", Image.of(2, 1, new byte[6])), MaskSource.of("m", Mask.of(2, 1, 1, 2)), "test");
        Mask mask =
                of("{crop: '6'}").apply(small, new SplittableRandom(1)).target().read();

        assertThat(mask.stream().limit(6)).containsExactly(2, 1, 1, 2, 2, 1);
    }

    @Test
    void refusesAMaskOfAnotherSize() {
        Example<ImageSource, MaskSource> wrong = example().withTarget(MaskSource.of("m.png", Mask.of(1, 1, 0)));

        assertThatThrownBy(() -> PairedAugmentation.flips().apply(wrong, new SplittableRandom(1)))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("m.png")
                .hasMessageContaining("1x1");
    }

    @Test
    void refusesWhatItDoesNotKnow() {
        assertThatThrownBy(() -> of("{blur: '3'}"))
                .isInstanceOf(UnknownNameException.class)
                .hasMessageContaining("elastic");
        assertThatThrownBy(() -> of("{flip: sideways}")).isInstanceOf(UnknownNameException.class);
        assertThatThrownBy(() -> of("{crop: big}"))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("crop = big");
        assertThatThrownBy(() -> of("{scale: '2:1'}")).isInstanceOf(InvalidArgumentException.class);
    }
}
