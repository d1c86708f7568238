// SPDX-License-Identifier: Apache-2.0
package org.tl4j.testkit;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Dataset;
import org.tl4j.data.LabelledData;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Init;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Classification;
import org.tl4j.model.ClassificationHead;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Evaluation;
import org.tl4j.model.Head;
import org.tl4j.model.Modality;
import org.tl4j.model.Preprocessor;
import org.tl4j.model.TaskHead;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;

/** Classification of words, as it should be but for one flaw. */
public final class ToyHead implements Head<String, List<String>, Classification> {
    /** What may be wrong with it. */
    enum Flaw {
        NONE,
        ANOTHER_TASK,
        A_FORGOTTEN_SETTING,
        ONE_ANSWER_TOO_FEW,
        ANSWERS_OF_TWO_LINES,
        ANSWERS_THAT_LOOK_AT_THE_BATCH,
        ANY_TARGET_WILL_DO,
        NAMES_NO_EXAMPLE,
        A_MONITOR_THAT_IS_NOT_MEASURED,
        A_BASELINE_OF_OTHER_NAMES,
        FIGURES_OF_THE_LAST_BATCH,
        A_BASELINE_THAT_NEEDS_TRAINING_DATA,
        A_PARAMETER_OUTSIDE_ITS_SCOPE,
        AN_UNUSED_PARAMETER,
        A_LOSS_PER_EXAMPLE,
        A_LOSS_WITHOUT_THE_SCALE,
        AN_INFINITE_LOSS,
        A_LOSS_TURNED_ROUND,
        A_WEIGHT_THAT_DOES_NOT_ADD_UP,
        TARGETS_UNDER_OTHER_NAMES
    }

    private final Flaw flaw;

    /** Without a flaw. */
    public ToyHead() {
        this(Flaw.NONE);
    }

    ToyHead(Flaw flaw) {
        this.flaw = flaw;
    }

    @Override
    public String task() {
        return "toy-classification";
    }

    @Override
    public String title() {
        return "Labels for words";
    }

    @Override
    public Modality modality() {
        return Modality.TEXT;
    }

    @Override
    public Preprocessor<String> preprocessor(Config config, @Nullable Path folder) {
        throw new UnsupportedFeatureException("Toys are not preprocessed.", "a word", "nothing", "use a real task");
    }

    @Override
    public TaskHead<List<String>, Classification> restore(Config config) {
        return new Toy(ClassificationHead.restore(task(), config), flaw);
    }

    @Override
    public LabelledData<String, List<String>> read(Path file, Config columns) {
        throw new UnsupportedFeatureException("Toys are not read.", file, "nothing", "use a real task");
    }

    @Override
    public TaskHead<List<String>, Classification> create(Dataset<String, List<String>> train, Config settings) {
        return new Toy(ClassificationHead.forData(task(), train, settings), flaw);
    }

    @Override
    public String parse(String input) {
        return input;
    }

    @Override
    public Config describe(Classification prediction) {
        return prediction.describe();
    }

    @Override
    public String render(Classification prediction) {
        return prediction.render() + (flaw == Flaw.ANSWERS_OF_TWO_LINES ? "\nand more" : "");
    }

    /** The head; equal to another one of equal labels, smoothing and weights. */
    private record Toy(ClassificationHead real, Flaw flaw) implements TaskHead<List<String>, Classification> {
        private boolean has(Flaw f) {
            return flaw == f;
        }

        @Override
        public String task() {
            return has(Flaw.ANOTHER_TASK) ? "word-classification" : real.task();
        }

        @Override
        public Config config() {
            return has(Flaw.A_FORGOTTEN_SETTING) ? real.config().with("labelSmoothing", 0) : real.config();
        }

        @Override
        public void build(Graph graph, Endpoints backbone) {
            real.build(graph, backbone);
            if (has(Flaw.A_PARAMETER_OUTSIDE_ITS_SCOPE)) {
                add(graph, graph.at("extra").parameter("bias", Shape.of(1), Init.zeros()));
            }
            if (has(Flaw.AN_UNUSED_PARAMETER)) {
                graph.at(SCOPE).parameter("extra", Shape.of(1), Init.zeros());
            }
        }

        private static void add(Graph graph, Value extra) {
            graph.output(ClassificationHead.LOGITS, graph.add(graph.output(ClassificationHead.LOGITS), extra));
        }

        @Override
        public void buildLoss(Graph graph) {
            real.buildLoss(graph);
            Value loss = graph.output(LOSS);
            switch (flaw) {
                case A_LOSS_PER_EXAMPLE -> {
                    Value count = graph.cast(
                            graph.squeeze(graph.sizeOf(graph.output(ClassificationHead.LOGITS), 0), 0), DType.F32);
                    graph.output(LOSS, graph.div(loss, count));
                }
                case A_LOSS_WITHOUT_THE_SCALE -> {
                    Value scale = graph.inputs().get(LOSS_SCALE);
                    graph.output(LOSS, graph.div(loss, java.util.Objects.requireNonNull(scale)));
                }
                case AN_INFINITE_LOSS ->
                    graph.output(LOSS, graph.add(loss, graph.unary(Op.UnaryKind.LOG, graph.scalar(0))));
                case A_LOSS_TURNED_ROUND -> graph.output(LOSS, graph.unary(Op.UnaryKind.NEG, loss));
                default -> {
                    // as it should be
                }
            }
        }

        @Override
        public Map<String, HostTensor> encode(List<String> target) {
            if (has(Flaw.ANY_TARGET_WILL_DO) && !real.labels().names().containsAll(target)) {
                return real.encode(List.of(real.labels().name(0)));
            }
            Map<String, HostTensor> encoded = real.encode(target);
            if (has(Flaw.TARGETS_UNDER_OTHER_NAMES)) {
                Map<String, HostTensor> renamed = new LinkedHashMap<>();
                encoded.forEach((name, t) -> renamed.put("my_" + name, t));
                return renamed;
            }
            return encoded;
        }

        @Override
        public void requireKnown(Dataset<?, List<String>> data) {
            if (has(Flaw.NAMES_NO_EXAMPLE)) {
                data.targets().forEach(this::encode);
            } else {
                TaskHead.super.requireKnown(data);
            }
        }

        @Override
        public double weight(Map<String, HostTensor> targets) {
            return has(Flaw.A_WEIGHT_THAT_DOES_NOT_ADD_UP) ? 1 : real.weight(targets);
        }

        @Override
        public List<Classification> decode(Map<String, HostTensor> outputs) {
            List<Classification> answers = new ArrayList<>(real.decode(outputs));
            if (has(Flaw.ONE_ANSWER_TOO_FEW)) {
                answers.remove(0);
            }
            if (has(Flaw.ANSWERS_THAT_LOOK_AT_THE_BATCH) && answers.size() > 1) {
                answers.add(answers.remove(0));
            }
            return answers;
        }

        @Override
        public Evaluator<List<String>> evaluator(Iterable<List<String>> training) {
            if (has(Flaw.A_BASELINE_THAT_NEEDS_TRAINING_DATA)) {
                training.iterator().next();
            }
            return new Evaluator<>() {
                private Evaluator<List<String>> counted = real.evaluator(training);

                @Override
                public void add(Map<String, HostTensor> outputs, List<List<String>> targets) {
                    if (has(Flaw.FIGURES_OF_THE_LAST_BATCH)) {
                        counted = real.evaluator(training);
                    }
                    counted.add(outputs, targets);
                }

                @Override
                public Evaluation evaluation() {
                    Evaluation e = counted.evaluation();
                    return has(Flaw.A_BASELINE_OF_OTHER_NAMES)
                            ? new Evaluation(
                                    e.metrics(), Map.of("majority", 0.5), e.baselineName(), e.report(), e.details())
                            : e;
                }
            };
        }

        @Override
        public String monitor() {
            return has(Flaw.A_MONITOR_THAT_IS_NOT_MEASURED) ? "f2" : real.monitor();
        }
    }
}
