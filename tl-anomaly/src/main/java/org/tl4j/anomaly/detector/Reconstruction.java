// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.detector;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Fingerprint;
import org.tl4j.engine.Device;
import org.tl4j.engine.InferenceSession;
import org.tl4j.engine.onnx.OnnxEngine;
import org.tl4j.engine.torch.TorchEngine;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Init;
import org.tl4j.graph.Node;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Evaluation;
import org.tl4j.model.TaskHead;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.Dim;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;
import org.tl4j.tuning.Examples;
import org.tl4j.tuning.Freeze;
import org.tl4j.tuning.Phase;
import org.tl4j.tuning.Schedule;
import org.tl4j.tuning.Trainable;
import org.tl4j.tuning.Training;
import org.tl4j.tuning.TrainingListener;
import org.tl4j.tuning.TrainingOptions;
import org.tl4j.weights.Weights;

/** A network that gives back its input, as what is trained: its loss is the squared difference from the rows. */
final class Reconstruction implements TaskHead<Boolean, Double> {
    /** Input of a network that draws: {@code f32[N, noise]}. */
    static final String NOISE = "noise";

    /** Output of a network whose loss has another term: {@code f32[N]}. */
    static final String DIVERGENCE = "divergence";

    private static final String ROWS = "x";
    private static final String OUTPUT = "reconstruction";

    private final String id;
    private final int width;
    private final Network network;
    private final boolean hasPublishedNames;

    /** Writes its nodes. */
    interface Network {
        /**
         * From rows to what is given back.
         *
         * @param g whose scope the parameters get
         * @param rows {@code f32[N, width]}, scaled
         * @return {@code f32[N, width]}
         */
        Value build(Graph g, Value rows);
    }

    Reconstruction(String id, int width, Network network) {
        this(id, width, network, false);
    }

    private Reconstruction(String id, int width, Network network, boolean hasPublishedNames) {
        this.id = id;
        this.width = width;
        this.network = network;
        this.hasPublishedNames = hasPublishedNames;
    }

    /** The network's parameters have published names, and stand in no scope of a head. */
    Reconstruction withPublishedNames() {
        return new Reconstruction(id, width, network, true);
    }

    /** The network alone, its rows as the input {@code x}, what it gives back as the only output. */
    Graph graph() {
        Graph graph = new Graph();
        build(graph, new Endpoints(Map.of(), input(graph), null, List.of(), List.of()));
        return graph;
    }

    private Value input(Graph graph) {
        return graph.input(ROWS, DType.F32, Shape.of(List.of(Dim.named(Trainable.BATCH), Dim.of(width))));
    }

    /**
     * The weights after training, with AdamW at a rate that falls to 0.
     *
     * @param rows {@code [n, width]}, scaled
     * @param noise width of the network's noise, 0 for none
     * @param first weights to begin with, or null for random ones
     */
    Weights fit(float[][] rows, int noise, int epochs, int batch, double rate, @Nullable Weights first, long seed) {
        Graph graph = graph();
        buildLoss(graph);
        Weights begin = first == null ? Weights.initial(graph, seed) : first;
        // Parameters outside the scope of heads are those of a backbone, which says its layers.
        List<Endpoints.Layer> layers = hasPublishedNames
                ? graph.parameters().keySet().stream()
                        .map(name -> name.substring(0, name.lastIndexOf('.')))
                        .distinct()
                        .map(Endpoints.Layer::of)
                        .toList()
                : List.of();
        Trainable<Boolean, Double> model = new Trainable<>(graph, begin, layers, this, Map.of());
        TrainingOptions options = TrainingOptions.defaults()
                .withBatchSize(batch)
                .withWeightDecay(0)
                .withSeed(seed);
        Freeze all = hasPublishedNames ? new Freeze.Nothing() : new Freeze.HeadOnly();
        Phase phase = new Phase.Gradient(all, epochs, rate, Schedule.linear(), 1);
        return Training.run(
                        model,
                        List.of(phase),
                        new ScaledRows(rows, noise, seed),
                        null,
                        options,
                        new OnnxEngine(),
                        new TorchEngine(),
                        TrainingListener.NONE)
                .model()
                .weights();
    }

    @Override
    public String task() {
        return id;
    }

    @Override
    public Config config() {
        return Config.empty().with("family", id).with("width", width);
    }

    @Override
    public void build(Graph graph, Endpoints backbone) {
        graph.output(OUTPUT, network.build(hasPublishedNames ? graph : graph.at(SCOPE), backbone.requirePooled()));
    }

    @Override
    public void buildLoss(Graph graph) {
        Graph g = graph.at(SCOPE);
        Value difference = g.sub(graph.output(OUTPUT), graph.value(ROWS));
        Value loss =
                g.mul(g.reduce(Op.ReduceKind.SUM, g.mul(difference, difference), false, 0, 1), g.scalar(1.0 / width));
        if (graph.outputs().containsKey(DIVERGENCE)) {
            loss = g.add(loss, g.reduce(Op.ReduceKind.SUM, graph.output(DIVERGENCE), false, 0));
        }
        graph.output(LOSS, g.mul(loss, graph.input(LOSS_SCALE, DType.F32, Shape.SCALAR)));
    }

    @Override
    public Map<String, HostTensor> encode(Boolean target) {
        return Map.of();
    }

    @Override
    public double weight(Map<String, HostTensor> inputs) {
        return Optional.ofNullable(inputs.get(ROWS)).map(x -> x.shape().size(0)).orElse(1L);
    }

    @Override
    public List<Double> decode(Map<String, HostTensor> outputs) {
        throw new UnsupportedOperationException("the network is trained here, and answers as a detector");
    }

    @Override
    public Evaluator<Boolean> evaluator(Iterable<Boolean> trainingTargets) {
        return new Evaluator<>() {
            @Override
            public void add(Map<String, HostTensor> outputs, List<Boolean> targets) {
                // The loss says all.
            }

            @Override
            public Evaluation evaluation() {
                return new Evaluation(Map.of(), Map.of(), "none", "", Config.empty());
            }
        };
    }

    @Override
    public String monitor() {
        return LOSS;
    }

    /** Rows with, for each view, noise of its own. */
    private static final class ScaledRows implements Examples<Boolean> {
        private final float[][] rows;
        private final int noise;
        private final long seed;

        ScaledRows(float[][] rows, int noise, long seed) {
            this.rows = rows;
            this.noise = noise;
            this.seed = seed;
        }

        @Override
        public int size() {
            return rows.length;
        }

        @Override
        public Prepared<Boolean> get(int index, long view) {
            HostTensor row = HostTensor.of(rows[index], rows[index].length);
            if (noise == 0) {
                return new Prepared<>(Map.of(ROWS, row), true);
            }
            SplittableRandom random = new SplittableRandom(seed + 31 * view + 0x9E3779B97F4A7C15L * index).split();
            float[] drawn = new float[noise];
            for (int j = 0; j < noise; j++) {
                drawn[j] = (float) Init.gaussian(random);
            }
            return new Prepared<>(Map.of(ROWS, row, NOISE, HostTensor.of(drawn, noise)), true);
        }

        @Override
        public Boolean target(int index) {
            return true;
        }

        @Override
        public int views() {
            return noise == 0 ? 0 : 1;
        }

        @Override
        public int length(int index) {
            return 0;
        }

        @Override
        public String fingerprint() {
            Fingerprint all = new Fingerprint().add(noise).add(seed);
            for (float[] row : rows) {
                all.add(row);
            }
            return all.sha256();
        }
    }

    /** The detector of a network whose weights are known; answers on ONNX Runtime in Java, too. */
    Detector detector(Scaling scaling, Weights weights, Config about) {
        return new Fitted(this, scaling, weights, about);
    }

    private static final class Fitted implements Detector {
        private static final String SCORE = "score";
        private static final String TERMS = "contributions";
        private static final int BLOCK = 1024;

        private final Reconstruction head;
        private final Scaling scaling;
        private final Weights weights;
        private final Config about;

        Fitted(Reconstruction head, Scaling scaling, Weights weights, Config about) {
            this.head = head;
            this.scaling = scaling;
            this.weights = weights;
            this.about = about;
        }

        @Override
        public String family() {
            return head.id;
        }

        @Override
        public int width() {
            return head.width;
        }

        private Map<String, float[]> run(float[][] rows) {
            Rows.requireFinite(rows, width());
            Graph graph = new Graph();
            Answer answer = build(graph, head.input(graph));
            graph.output(SCORE, answer.score());
            graph.output(TERMS, Objects.requireNonNull(answer.contributions()));
            float[] scores = new float[rows.length];
            float[] terms = new float[0];
            try (InferenceSession session = new OnnxEngine().load(graph, Weights.none(), Device.CPU)) {
                for (int from = 0; from < rows.length; from += BLOCK) {
                    float[][] some = Arrays.copyOfRange(rows, from, Math.min(rows.length, from + BLOCK));
                    Map<String, HostTensor> outputs = session.run(Map.of(ROWS, Rows.tensor(some)));
                    float[] own = Objects.requireNonNull(outputs.get(SCORE)).toFloats();
                    System.arraycopy(own, 0, scores, from, own.length);
                    terms = Objects.requireNonNull(outputs.get(TERMS)).toFloats();
                }
            }
            return Map.of(SCORE, scores, TERMS, terms);
        }

        @Override
        public double[] scores(float[][] rows) {
            float[] scores = Objects.requireNonNull(run(rows).get(SCORE));
            double[] out = new double[scores.length];
            Arrays.setAll(out, i -> scores[i]);
            return out;
        }

        @Override
        public Optional<double[]> contributions(float[] row) {
            float[] terms = Objects.requireNonNull(run(new float[][] {row}).get(TERMS));
            double[] out = new double[terms.length];
            Arrays.setAll(out, j -> terms[j]);
            return Optional.of(out);
        }

        /** Copies the network with its weights as constants. */
        @Override
        public Answer build(Graph graph, Value features) {
            Value x = scaling.build(graph, features);
            Graph own = head.graph();
            Graph.Copy copy = new Graph.Copy(graph);
            copy.map(own.value(ROWS), x);
            own.parameters().forEach((name, v) -> copy.map(v, graph.constant(weights.get(name))));
            for (Node n : own.nodes()) {
                copy.node(n);
            }
            Value difference = graph.sub(x, copy.of(own.output(OUTPUT)));
            Value terms = graph.mul(graph.mul(difference, difference), graph.scalar(1.0 / width()));
            return new Answer(graph.reduce(Op.ReduceKind.SUM, terms, false, 1), terms);
        }

        @Override
        public Config describe() {
            return Config.empty()
                    .with("family", head.id)
                    .with(about)
                    .with("scaling", scaling.kind().toString());
        }
    }
}
