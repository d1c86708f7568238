// SPDX-License-Identifier: Apache-2.0
package org.tl4j.speech.backbone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Value;
import org.tl4j.model.Backbone;
import org.tl4j.model.Config;
import org.tl4j.testkit.BackboneContract;

class M5Test implements BackboneContract {
    private static final Config TINY =
            Config.empty().with("stride", 4).with("channels", List.of(4, 6, 8)).with("convolutions", List.of(1, 2, 1));

    @Override
    public Backbone backbone() {
        return new M5();
    }

    @Override
    public Map<String, Config> configurations() {
        return Map.of(
                "same", TINY,
                "none", TINY.with("padding", "none").with("stride", 3),
                "deep", TINY.with("channels", List.of(3, 3, 4, 4, 5)).with("convolutions", List.of(1, 1, 1, 1, 2)));
    }

    /** A second, long enough for a stride of 16 and four maxima over four steps. */
    @Override
    public long length(String axis) {
        return axis.equals("T") ? 8000 : BackboneContract.super.length(axis);
    }

    /** As PyTorch's tutorial lists them, with as many layers: {@code M5().state_dict()} without {@code fc1}. */
    @Override
    public Map<String, Set<String>> publishedNames() {
        Set<String> names = new TreeSet<>();
        IntStream.rangeClosed(1, 4).forEach(i -> {
            for (String tensor : List.of("weight", "bias")) {
                names.add("conv" + i + "." + tensor);
                names.add("bn" + i + "." + tensor);
            }
            for (String state : List.of("running_mean", "running_var", "num_batches_tracked")) {
                names.add("bn" + i + "." + state);
            }
        });
        return Map.of("same", names);
    }

    /** What is added to a whole channel is taken away again by the norm after it. */
    @Override
    public boolean hasNoGradient(String parameter) {
        return parameter.matches("conv\\d+\\.bias");
    }

    /** In millions, as table 1 of the paper has them: with one decimal, not always rounded. */
    @ParameterizedTest
    @CsvSource({"m3, 0.2", "m5, 0.5", "m11, 1.8", "m18, 3.7"})
    void hasAsManyParametersAsPublished(String variant, double millions) {
        assertThat(parameters(variant) / 1e6).isCloseTo(millions, within(0.1));
    }

    /** 26,915 in the tutorial, of which 64 x 35 + 35 are the classifier's. */
    @Test
    void theTutorialsNetworkHasItsParameters() {
        assertThat(parameters("m5-speech-commands")).isEqualTo(26_915 - 64 * 35 - 35);
    }

    private static long parameters(String variant) {
        Graph graph = new Graph();
        new M5()
                .build(
                        graph,
                        new M5()
                                .variants().stream()
                                        .filter(v -> v.id().equals(variant))
                                        .findFirst()
                                        .orElseThrow()
                                        .config());
        return graph.parameters().values().stream()
                .filter(v -> v.origin() instanceof Value.Parameter p && !p.buffer())
                .mapToLong(v -> v.shape().elements())
                .sum();
    }

    @Test
    void saysWhichStagesCannotBe() {
        assertThatThrownBy(() -> new M5().build(new Graph(), TINY.with("convolutions", List.of(1, 2))))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("convolutions = [1.0, 2.0]");
        assertThatThrownBy(() -> new M5().build(new Graph(), TINY.with("padding", "reflect")))
                .isInstanceOf(UnknownNameException.class)
                .hasMessageContaining("same");
    }
}
