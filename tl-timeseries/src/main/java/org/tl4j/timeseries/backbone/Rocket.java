// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.backbone;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.tl4j.error.Checks;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Init;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Backbone;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Modality;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;
import org.tl4j.tensor.TensorType;

/**
 * ROCKET: thousands of random convolutions, of each the largest answer and the share of positive ones. Nothing of it is
 * trained; a linear head on it, computed at once, is among the most accurate classifiers of series.
 *
 * <p>Angus Dempster, François Petitjean, Geoffrey I. Webb, "ROCKET: exceptionally fast and accurate time series
 * classification using random convolutional kernels", Data Mining and Knowledge Discovery 2020, <a
 * href="https://arxiv.org/abs/1910.13051">arXiv:1910.13051</a>, section 3; for several variables a kernel looks at a
 * random few of them, as in sktime.
 *
 * <p>Settings: {@code num_kernels} and {@code seed}, from which all kernels follow; and those of {@link SeriesFrame},
 * with {@code normalisation} {@code revin} unless it is set. Gives {@code pooled f32[N, 2 num_kernels]}.
 */
public final class Rocket implements Backbone {
    private static final int[] LENGTHS = {7, 9, 11};

    /** Kernels that one convolution holds. */
    private record Shared(int length, int dilation, int padding) implements Comparable<Shared> {
        @Override
        public int compareTo(Shared o) {
            int byLength = Integer.compare(length, o.length);
            int byDilation = Integer.compare(dilation, o.dilation);
            return byLength != 0 ? byLength : byDilation != 0 ? byDilation : Integer.compare(padding, o.padding);
        }
    }

    @SuppressWarnings("ArrayRecordComponent") // never leaves this class
    private record Kernel(float[] weights, float bias) {}

    @Override
    public String id() {
        return "rocket";
    }

    @Override
    public String title() {
        return "ROCKET: random convolutions, for classification (Dempster et al. 2020, arXiv:1910.13051)";
    }

    @Override
    public Modality modality() {
        return Modality.SERIES;
    }

    @Override
    public List<Variant> variants() {
        Config c = Config.empty()
                .with("context", 100)
                .with("normalisation", "revin")
                .with("seed", 0);
        return List.of(
                new Variant("rocket", c.with("num_kernels", 10_000)),
                new Variant("rocket-small", c.with("num_kernels", 1_000)));
    }

    @Override
    public Endpoints build(Graph graph, Config config) {
        int length = Checks.positive("context", config.integer("context", 100));
        SeriesFrame frame = SeriesFrame.of(
                graph,
                Config.empty().with("normalisation", "revin").with(config).with("context", length));
        int variables = Checks.positive("variables", config.integer("variables", 1));
        int count = Checks.positive("num_kernels", config.integer("num_kernels", 10_000));
        Map<Shared, List<Kernel>> kernels =
                kernels(length, variables, count, new SplittableRandom((long) config.number("seed", 0)));
        Value x = graph.transpose(frame.past(), 0, 2, 1); // [N, V, L]
        List<Value> features = new ArrayList<>();
        int group = 0;
        for (Map.Entry<Shared, List<Kernel>> e : kernels.entrySet()) {
            Graph g = graph.at("kernels").at(group++);
            Value answer = convolved(g, x, e.getKey(), e.getValue(), variables); // [N, K, L']
            Value positive = g.cast(g.binary(Op.BinaryKind.GREATER, answer, g.scalar(0)), DType.F32);
            features.add(g.reduce(Op.ReduceKind.MEAN, positive, false, 2));
            features.add(g.reduce(Op.ReduceKind.MAX, answer, false, 2));
        }
        Value pooled = graph.concat(1, features.toArray(Value[]::new));
        Map<String, Value> outputs = new LinkedHashMap<>(frame.outputs());
        outputs.put("features", pooled);
        return new Endpoints(outputs, pooled, null, List.of(), List.of(Endpoints.Layer.of("kernels")));
    }

    private static Value convolved(Graph g, Value x, Shared shared, List<Kernel> kernels, int variables) {
        int k = kernels.size();
        int size = variables * shared.length();
        float[] weights = new float[k * size];
        float[] biases = new float[k];
        for (int i = 0; i < k; i++) {
            System.arraycopy(kernels.get(i).weights(), 0, weights, i * size, size);
            biases[i] = kernels.get(i).bias();
        }
        Shape shape = Shape.of(k, variables, shared.length());
        Value weight = g.buffer(
                "weight",
                new TensorType(DType.F32, shape),
                new Init.Values(HostTensor.of(weights, k, variables, shared.length())));
        Value bias =
                g.buffer("bias", new TensorType(DType.F32, Shape.of(k)), new Init.Values(HostTensor.of(biases, k)));
        long p = shared.padding();
        return g.add(
                        "conv",
                        new Op.Conv(List.of(1L), List.of(p, p), List.of((long) shared.dilation()), 1),
                        x,
                        weight,
                        bias)
                .get(0);
    }

    /** Drawn as section 3.1 says; those that one convolution can hold together. */
    private static Map<Shared, List<Kernel>> kernels(int steps, int variables, int count, SplittableRandom random) {
        Map<Shared, List<Kernel>> all = new TreeMap<>();
        for (int i = 0; i < count; i++) {
            int length = LENGTHS[random.nextInt(LENGTHS.length)];
            int most = Math.min(variables, length);
            int read = (int) Math.pow(2, random.nextDouble() * (Math.log(most + 1.0) / Math.log(2)));
            boolean[] chosen = chosen(variables, Math.max(1, read), random);
            float[] weights = new float[variables * length];
            for (int v = 0; v < variables; v++) {
                if (chosen[v]) {
                    centred(weights, v * length, length, random);
                }
            }
            float bias = (float) (2 * random.nextDouble() - 1);
            double widest = Math.max(0, Math.log((steps - 1.0) / (length - 1.0)) / Math.log(2));
            int dilation = (int) Math.pow(2, random.nextDouble() * widest);
            boolean isPadded = random.nextBoolean();
            int reach = (length - 1) * dilation;
            // A kernel that is wider than the series can only be laid over it with zeros around.
            int padding = isPadded || reach >= steps ? reach / 2 : 0;
            all.computeIfAbsent(new Shared(length, dilation, padding), s -> new ArrayList<>())
                    .add(new Kernel(weights, bias));
        }
        return all;
    }

    private static boolean[] chosen(int variables, int count, SplittableRandom random) {
        boolean[] chosen = new boolean[variables];
        int left = Math.min(count, variables);
        while (left > 0) {
            int v = random.nextInt(variables);
            left -= chosen[v] ? 0 : 1;
            chosen[v] = true;
        }
        return chosen;
    }

    private static void centred(float[] weights, int at, int length, SplittableRandom random) {
        double sum = 0;
        double[] drawn = new double[length];
        for (int j = 0; j < length; j++) {
            drawn[j] = Init.gaussian(random);
            sum += drawn[j];
        }
        for (int j = 0; j < length; j++) {
            weights[at + j] = (float) (drawn[j] - sum / length);
        }
    }
}
