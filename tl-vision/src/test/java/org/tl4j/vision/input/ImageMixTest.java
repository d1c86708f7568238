// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tl4j.data.Augmentation;
import org.tl4j.data.Dataset;
import org.tl4j.data.Example;
import org.tl4j.data.SoftLabels;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.model.Config;

class ImageMixTest {
    private static final ImageInput INPUT = ImageInput.of(
            Config.empty()
                    .with("size", List.of(3, 40, 50))
                    .with("mean", List.of(0, 0, 0))
                    .with("std", List.of(1, 1, 1)),
            null);

    private static Example<ImageSource, List<String>> plain(String label, int grey) {
        byte[] rgb = new byte[3 * 50 * 40];
        java.util.Arrays.fill(rgb, (byte) grey);
        return new Example<>(ImageSource.of(label, Image.of(50, 40, rgb)), List.of(label), label);
    }

    private final Example<ImageSource, List<String>> black = plain("black", 0);
    private final Dataset<ImageSource, List<String>> whites = Dataset.of("whites", List.of(plain("white", 255)));

    private static double mean(ImageSource source) {
        float[] values = INPUT.encode(source).get("image").toFloats();
        double sum = 0;
        for (float v : values) {
            sum += v;
        }
        return sum / values.length;
    }

    @Test
    void valuesAndLabelsAreMixedInTheSameParts() {
        ImageMix mix = ImageMix.mixUp(1).over(whites);
        SplittableRandom random = new SplittableRandom(4);
        for (int i = 0; i < 20; i++) {
            Example<ImageSource, List<String>> mixed = mix.apply(black, random);
            Map<String, Double> shares = SoftLabels.shares(mixed.target());
            assertThat(shares.get("black") + shares.get("white")).isCloseTo(1, within(1e-12));
            assertThat(mean(mixed.input())).isCloseTo(shares.get("white"), within(1e-5));
        }
    }

    @Test
    void windowsShowTheOtherImageInThePartThatItsLabelHas() {
        ImageMix mix = ImageMix.cutMix(1).over(whites);
        SplittableRandom random = new SplittableRandom(4);
        for (int i = 0; i < 50; i++) {
            Example<ImageSource, List<String>> mixed = mix.apply(black, random);
            float[] values = INPUT.encode(mixed.input()).get("image").toFloats();
            assertThat(values).containsAnyOf(0f, 1f);
            for (float v : values) {
                assertThat(v == 0 || v == 1).isTrue();
            }
            // Edges lie on whole pixels.
            double share = SoftLabels.shares(mixed.target()).get("white");
            assertThat(mean(mixed.input())).isCloseTo(share, within(0.03));
        }
    }

    /** Mean 1/2 and variance 1 / (4 (2 alpha + 1)). */
    @ParameterizedTest
    @ValueSource(doubles = {0.2, 1, 4})
    void sharesAreOfTheBetaDistribution(double alpha) {
        SplittableRandom random = new SplittableRandom(9);
        double sum = 0;
        double squares = 0;
        int n = 20_000;
        for (int i = 0; i < n; i++) {
            double share = ImageMix.beta(alpha, random);
            sum += share;
            squares += (share - 0.5) * (share - 0.5);
        }
        assertThat(sum / n).isCloseTo(0.5, within(0.01));
        assertThat(squares / n).isCloseTo(1 / (4 * (2 * alpha + 1)), within(0.005));
    }

    @Test
    void equalGeneratorsMixEquallyAndSettingsAreNamed() {
        ImageMix mix = ImageMix.cutMix(0.5, new ImageChange.HorizontalFlip(0.5)).over(whites);
        assertThat(mix.apply(black, new SplittableRandom(1))).isEqualTo(mix.apply(black, new SplittableRandom(1)));
        assertThat(mix.toString()).contains("CUT_MIX").contains("alpha=0.5").contains("HorizontalFlip");
        assertThatThrownBy(() -> ImageMix.mixUp(0)).isInstanceOf(InvalidArgumentException.class);
    }

    @Test
    void bothMixesAreDrawnInTurnAsTheCommandLineWritesThem() {
        Augmentation<ImageSource, List<String>> both = ImageAugmentation.parse("flip,mixup=0.4,cutmix");
        assertThat(both.mixesTargets()).isTrue();
        assertThat(both.toString())
                .contains("MIX_UP, alpha=0.4", "CUT_MIX, alpha=1.0", "HorizontalFlip[probability=0.5]");
        assertThat(ImageAugmentation.parse("flip").mixesTargets()).isFalse();

        Augmentation<ImageSource, List<String>> known = both.over(whites);
        SplittableRandom random = new SplittableRandom(3);
        int windows = 0;
        for (int i = 0; i < 400; i++) {
            ImageSource.Mixed mixed =
                    (ImageSource.Mixed) known.apply(black, random).input();
            windows += mixed.window().area() > 0 ? 1 : 0;
        }
        // Half of 400 with a deviation of 10; a few windows have no area.
        assertThat(windows).isBetween(150, 240);
    }

    @Test
    void saysThatItHasNoPartners() {
        assertThatThrownBy(() -> ImageMix.mixUp(1).apply(black, new SplittableRandom(1)))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("black")
                .hasMessageContaining("over(train)");
    }
}
