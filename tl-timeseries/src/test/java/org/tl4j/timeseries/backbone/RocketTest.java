// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.backbone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.tl4j.engine.Device;
import org.tl4j.engine.InferenceSession;
import org.tl4j.engine.onnx.OnnxEngine;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Node;
import org.tl4j.graph.Op;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.tensor.HostTensor;
import org.tl4j.weights.Weights;

/** ROCKET's features, computed once more by loops over kernels as Dempster et al. 2020 describe them in section 3. */
class RocketTest {
    private static final int STEPS = 30;
    private static final int VARIABLES = 3;
    private static final int EXAMPLES = 4;

    /** A sum of 33 products in single precision, of values of about 1. */
    private static final double ROUNDING = 1e-5;

    private static final Config CONFIG = Config.empty()
            .with("context", STEPS)
            .with("variables", VARIABLES)
            .with("num_kernels", 60)
            .with("normalisation", "none");

    private final Random random = new Random(2);

    @Test
    void isWhatLoopsOverItsKernelsGive() {
        float[] values = new float[EXAMPLES * STEPS * VARIABLES];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        Graph graph = new Graph();
        Endpoints endpoints = new Rocket().build(graph, CONFIG);
        Weights weights = Weights.initial(graph, 1);
        HostTensor features;
        try (InferenceSession session = new OnnxEngine()
                .load(graph.extract(Map.of(), Map.of("pooled", endpoints.requirePooled())), weights, Device.CPU)) {
            features = session.run(Map.of("past", HostTensor.of(values, EXAMPLES, STEPS, VARIABLES)))
                    .get("pooled");
        }
        assertThat(features.shape().toArray()).containsExactly(EXAMPLES, 120);

        int column = 0;
        Set<Long> lengths = new TreeSet<>();
        for (Node node : convolutions(graph)) {
            Op.Conv conv = (Op.Conv) node.op();
            HostTensor weight = weights.get(node.input(1).name());
            HostTensor bias = weights.get(node.input(2).name());
            int kernels = (int) weight.shape().size(0);
            int length = (int) weight.shape().size(2);
            int dilation = conv.dilations().get(0).intValue();
            int padding = conv.pads().get(0).intValue();
            lengths.add((long) length);
            assertThat(conv.pads()).containsExactly((long) padding, (long) padding);
            assertThat(conv.strides()).containsExactly(1L);
            assertThat((length - 1) * dilation).as("reach of a kernel").isLessThan(STEPS);
            assertThat(padding).isIn(0, (length - 1) * dilation / 2);
            for (int k = 0; k < kernels; k++) {
                assertThat(bias.doubleAt(k)).isBetween(-1.0, 1.0);
                for (int n = 0; n < EXAMPLES; n++) {
                    double largest = Double.NEGATIVE_INFINITY;
                    int surely = 0;
                    int perhaps = 0;
                    int places = STEPS + 2 * padding - (length - 1) * dilation;
                    for (int at = -padding; at < places - padding; at++) {
                        double sum = bias.doubleAt(k);
                        for (int v = 0; v < VARIABLES; v++) {
                            for (int j = 0; j < length; j++) {
                                int t = at + j * dilation;
                                sum += t < 0 || t >= STEPS
                                        ? 0
                                        : weight.doubleAt((k * VARIABLES + v) * length + j)
                                                * values[(n * STEPS + t) * VARIABLES + v];
                            }
                        }
                        largest = Math.max(largest, sum);
                        surely += sum > ROUNDING ? 1 : 0;
                        perhaps += sum > -ROUNDING ? 1 : 0;
                    }
                    assertThat(features.doubleAt(n * 120 + column + k) * places)
                            .as("positive places of kernel %d of length %d and dilation %d", k, length, dilation)
                            .isBetween(surely - 1e-3, perhaps + 1e-3);
                    assertThat(features.doubleAt(n * 120 + column + kernels + k))
                            .as("largest answer of kernel %d of length %d and dilation %d", k, length, dilation)
                            .isCloseTo(largest, within(ROUNDING * Math.max(1, Math.abs(largest))));
                }
            }
            column += 2 * kernels;
        }
        assertThat(column).isEqualTo(120);
        assertThat(lengths).containsExactly(7L, 9L, 11L);
    }

    /** Weights of each variable that a kernel reads add up to 0, and each kernel reads one at least. */
    @Test
    void centresItsKernels() {
        Graph graph = new Graph();
        new Rocket().build(graph, CONFIG);
        Weights weights = Weights.initial(graph, 1);
        for (Node node : convolutions(graph)) {
            HostTensor weight = weights.get(node.input(1).name());
            int length = (int) weight.shape().size(2);
            for (int k = 0; k < weight.shape().size(0); k++) {
                int read = 0;
                for (int v = 0; v < VARIABLES; v++) {
                    double sum = 0;
                    double size = 0;
                    for (int j = 0; j < length; j++) {
                        double w = weight.doubleAt((k * VARIABLES + v) * length + j);
                        sum += w;
                        size += Math.abs(w);
                    }
                    assertThat(sum).isCloseTo(0, within(1e-5));
                    read += size > 0 ? 1 : 0;
                }
                assertThat(read).isPositive();
            }
        }
    }

    @Test
    void drawsTheSameKernelsFromTheSameSeedAlone() {
        assertThat(hashes(CONFIG)).isEqualTo(hashes(CONFIG));
        assertThat(hashes(CONFIG.with("seed", 1))).isNotEqualTo(hashes(CONFIG));
    }

    private static Map<String, String> hashes(Config config) {
        Graph graph = new Graph();
        new Rocket().build(graph, config);
        return Weights.initial(graph, 1).hashes();
    }

    private static List<Node> convolutions(Graph graph) {
        return graph.nodes().stream().filter(n -> n.op() instanceof Op.Conv).toList();
    }
}
