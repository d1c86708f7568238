// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.head;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.tl4j.anomaly.dataset.Condition;
import org.tl4j.anomaly.detector.Detector;
import org.tl4j.anomaly.detector.DetectorFamily;
import org.tl4j.anomaly.detector.Detectors;
import org.tl4j.anomaly.detector.IsolationForest;
import org.tl4j.anomaly.metric.ScoredTruth;
import org.tl4j.data.Batches;
import org.tl4j.data.Dataset;
import org.tl4j.data.Split;
import org.tl4j.error.Choice;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.metric.Estimate;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Evaluation;
import org.tl4j.model.FeatureHead;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;

/**
 * A detector on the features of any backbone, with the threshold above which a row is flagged. Outputs: {@code score
 * f32[N]}, {@code anomalous bool[N]} and, where the detector tells, {@code contributions f32[N, F]}.
 */
public final class AnomalyHead implements FeatureHead<Condition, AnomalyScore> {
    private static final String SCORE = "score";
    private static final String ANOMALOUS = "anomalous";
    private static final String CONTRIBUTIONS = "contributions";
    private static final String AUROC = "auroc";

    /** The share of the rows that the threshold is chosen on. */
    private static final double HELD_OUT = 0.2;

    /** Fewer rows are too few to hold some out. */
    private static final int ENOUGH = 10;

    private static final int REASONS = 3;

    private final String task;
    private final Config settings;
    private final List<String> features;
    private final @Nullable Detector detector;
    private final ThresholdRule.@Nullable Threshold threshold;
    private final Config fitted;

    private AnomalyHead(
            String task,
            Config settings,
            List<String> features,
            @Nullable Detector detector,
            ThresholdRule.@Nullable Threshold threshold,
            Config fitted) {
        this.task = task;
        this.settings = settings;
        this.features = List.copyOf(features);
        this.detector = detector;
        this.threshold = threshold;
        this.fitted = fitted;
    }

    /** What rows a detector learns from. */
    public enum Setting {
        /** From rows that are labelled normal, and no others. */
        SEMI_SUPERVISED,
        /** From all rows; labels are not looked at. */
        UNSUPERVISED;

        /** The setting of that name. */
        public static Setting named(String name) {
            return Choice.of(Setting.class, "setting", name, "choose one of these");
        }

        @Override
        public String toString() {
            return Choice.name(this);
        }
    }

    /**
     * A head that is still to be fitted.
     *
     * @param task as {@link org.tl4j.model.Head#task} names it
     * @param settings under the names of the command line's options: {@code family}, {@code detector-options}, what to
     *     learn from, {@code threshold}; each may be absent
     * @param features names of the backbone's features for reasons, or empty
     */
    public static AnomalyHead of(String task, Config settings, List<String> features) {
        Config own = Config.empty()
                .with("family", settings.text("family", IsolationForest.ID))
                .with("detector-options", settings.config("detector-options"))
                .with("setting", settings.text("setting", Setting.UNSUPERVISED.toString()))
                .with("threshold", settings.text("threshold", "false-alarm-rate:0.05"));
        // Wrong names are refused now, not after the backbone ran.
        Detectors.named(own.text("family"), own.config("detector-options"));
        Setting.named(own.text("setting"));
        ThresholdRule.parse(own.text("threshold"));
        return new AnomalyHead(task, own, features, null, null, Config.empty());
    }

    /** The head that was saved with a model: it reads answers, its detector is in the graph. */
    public static AnomalyHead restore(String task, Config config) {
        ThresholdRule.Threshold saved = new ThresholdRule.Threshold(
                Double.parseDouble(config.text("thresholdValue")), config.text("thresholdBy"));
        return new AnomalyHead(
                task, config.config("settings"), config.texts("features"), null, saved, config.config("fitted"));
    }

    @Override
    public String task() {
        return task;
    }

    @Override
    public boolean isFitted() {
        return threshold != null;
    }

    /** The fitted detector; empty before, and where the head was restored. */
    public Optional<Detector> detector() {
        return Optional.ofNullable(detector);
    }

    private ThresholdRule.Threshold threshold() {
        if (threshold == null) {
            throw new UnsupportedFeatureException(
                    "A detector that was not fitted gives no answers.",
                    settings,
                    "a fitted head",
                    "call fit, or train it with Transfer");
        }
        return threshold;
    }

    /** The score above which a row is flagged; infinite where the rows were too few for the rate that was asked for. */
    public double thresholdValue() {
        return threshold().value();
    }

    /** How the threshold came to be, a sentence. */
    public String thresholdBy() {
        return threshold().how();
    }

    // ------------------------------------------------------------------------------------------- fitting

    @Override
    public AnomalyHead fit(float[][] rows, List<Condition> targets, long seed) {
        Setting setting = Setting.named(settings.text("setting"));
        int[] chosen = learned(setting, targets, seed);
        int held = chosen.length < ENOUGH ? 0 : Math.max(1, (int) Math.round(HELD_OUT * chosen.length));
        int[] fit = Arrays.copyOfRange(chosen, held, chosen.length);
        Arrays.sort(fit);
        DetectorFamily family = Detectors.named(settings.text("family"), settings.config("detector-options"));
        Detector made = family.fit(at(rows, fit), seed);
        ThresholdRule rule = ThresholdRule.parse(settings.text("threshold"));
        int[] judged = held == 0 ? fit : Arrays.copyOf(chosen, held);
        if (rule instanceof ThresholdRule.Labels && setting == Setting.SEMI_SUPERVISED) {
            judged = IntStream.concat(
                            IntStream.of(judged),
                            IntStream.range(0, targets.size()).filter(i -> targets.get(i) == Condition.ANOMALOUS))
                    .toArray();
        }
        Condition[] truth = IntStream.of(judged).mapToObj(targets::get).toArray(Condition[]::new);
        ThresholdRule.Threshold found = rule.choose(made.scores(at(rows, judged)), truth);
        if (held == 0) {
            found = new ThresholdRule.Threshold(
                    found.value(), found.how() + "; too few rows to hold some out, so these were fitted, too");
        }
        Config about = Config.empty()
                .with("detector", made.describe())
                .with("fittedRows", fit.length)
                .with("thresholdRows", judged.length);
        List<String> names = features.size() == made.width() ? features : List.of();
        return new AnomalyHead(task, settings, names, made, found, about);
    }

    /** The rows to learn from in an order drawn from the seed; those to hold out come first. */
    private static int[] learned(Setting setting, List<Condition> targets, long seed) {
        boolean labelled = targets.stream().anyMatch(t -> t != Condition.UNKNOWN);
        int[] rows = IntStream.range(0, targets.size())
                .filter(i -> setting == Setting.UNSUPERVISED || !labelled || targets.get(i) == Condition.NORMAL)
                .toArray();
        if (rows.length < 2) {
            throw new InvalidDataException(
                    "There are too few rows to learn what is normal.",
                    rows.length + " of " + targets.size() + " rows are labelled normal",
                    "at least 2, better some hundred",
                    "add normal rows, or learn from all rows with --setting unsupervised");
        }
        Batches.shuffle(rows, new SplittableRandom(seed ^ 0x5DEECE66DL));
        return rows;
    }

    private static float[][] at(float[][] rows, int[] indices) {
        return IntStream.of(indices).mapToObj(i -> rows[i]).toArray(float[][]::new);
    }

    // ------------------------------------------------------------------------------------------- graph

    @Override
    public void build(Graph graph, Endpoints backbone) {
        Value pooled = backbone.requirePooled();
        if (!isFitted()) {
            return;
        }
        Detector made = detector()
                .orElseThrow(() -> new UnsupportedFeatureException(
                        "A restored head does not hold its detector.",
                        "the head of a saved model",
                        "a head that was fitted in this run",
                        "use the graph that was saved with it"));
        Graph scope = graph.at(SCOPE);
        Detector.Answer answer = made.build(scope, pooled);
        graph.output(SCORE, answer.score());
        graph.output(
                ANOMALOUS, scope.binary(Op.BinaryKind.GREATER, answer.score(), scope.constant(HostTensor.scalar((float)
                        threshold().value()))));
        Value terms = answer.contributions();
        if (terms != null) {
            graph.output(CONTRIBUTIONS, terms);
        }
    }

    /** There is no loss: nothing is learned by gradients. */
    @Override
    public void buildLoss(Graph graph) {
        // Nothing.
    }

    @Override
    public Map<String, HostTensor> encode(Condition target) {
        return Map.of();
    }

    @Override
    public double weight(Map<String, HostTensor> targets) {
        return 1;
    }

    @Override
    public <X> Split<X, Condition> split(Dataset<X, Condition> data, double fraction, long seed) {
        return Split.stratified(data, fraction, seed, c -> List.of(c.name()));
    }

    @Override
    public List<AnomalyScore> decode(Map<String, HostTensor> outputs) {
        float[] scores = output(outputs, SCORE).toFloats();
        long[] flags = output(outputs, ANOMALOUS).toLongs();
        HostTensor terms = outputs.get(CONTRIBUTIONS);
        float[] parts = terms == null ? new float[0] : terms.toFloats();
        List<AnomalyScore> answers = new ArrayList<>();
        for (int i = 0; i < scores.length; i++) {
            List<AnomalyScore.Reason> reasons = new ArrayList<>();
            int width = parts.length / scores.length;
            int first = i * width;
            if (width == features.size()) {
                IntStream.range(0, width)
                        .boxed()
                        .sorted(Comparator.comparingDouble((Integer j) -> -parts[first + j]))
                        .limit(REASONS)
                        .forEach(j -> reasons.add(new AnomalyScore.Reason(features.get(j), parts[first + j])));
            }
            answers.add(new AnomalyScore(scores[i], threshold().value(), flags[i] != 0, reasons));
        }
        return answers;
    }

    private static HostTensor output(Map<String, HostTensor> outputs, String name) {
        HostTensor t = outputs.get(name);
        return t == null ? HostTensor.zeros(DType.F32, Shape.of(0)) : t;
    }

    @Override
    public String monitor() {
        return AUROC;
    }

    @Override
    public Config config() {
        ThresholdRule.Threshold t = threshold();
        return Config.empty()
                .with("settings", settings)
                .with("features", features)
                // As text: JSON has no infinity.
                .with("thresholdValue", String.valueOf(t.value()))
                .with("thresholdBy", t.how())
                .with("fitted", fitted);
    }

    // ------------------------------------------------------------------------------------------- judging

    @Override
    public Evaluator<Condition> evaluator(Iterable<Condition> trainingTargets) {
        return new Judge();
    }

    /** Keeps the scores of rows with labels; rows without are counted. */
    private final class Judge implements Evaluator<Condition> {
        private final ScoredTruth scored = new ScoredTruth();
        private int unknown;
        private int flagged;

        @Override
        public void add(Map<String, HostTensor> outputs, List<Condition> targets) {
            List<AnomalyScore> answers = decode(outputs);
            for (int i = 0; i < answers.size(); i++) {
                flagged += answers.get(i).anomalous() ? 1 : 0;
                if (targets.get(i) == Condition.UNKNOWN) {
                    unknown++;
                } else {
                    scored.add(answers.get(i).score(), targets.get(i) == Condition.ANOMALOUS);
                }
            }
        }

        @Override
        public Evaluation evaluation() {
            Map<String, Estimate> metrics = new LinkedHashMap<>();
            Map<String, Double> baseline = new LinkedHashMap<>();
            ScoredTruth.Flagged at = scored.above((float) threshold().value());
            double share = scored.size() == 0 ? Double.NaN : scored.anomalies() / (double) scored.size();
            if (scored.hasBoth()) {
                int k = scored.anomalies();
                put(metrics, baseline, AUROC, scored.auroc(), 0.5);
                put(metrics, baseline, "averagePrecision", scored.averagePrecision(), share);
                put(metrics, baseline, "precisionAtK", scored.precisionAt(k), share);
                put(metrics, baseline, "f1", at.f1(), 2 * share / (1 + share));
                put(metrics, baseline, "recall", at.recall(), 1.0);
            }
            if (scored.size() > scored.anomalies()) {
                put(metrics, baseline, "falseAlarmRate", at.falseAlarmRate(), 1.0);
            }
            Config details = Config.empty()
                    .with("setting", settings.text("setting"))
                    .with("detector", fitted.config("detector"))
                    .with("threshold", String.valueOf(threshold().value()))
                    .with("thresholdBy", threshold().how())
                    .with("anomalies", scored.anomalies())
                    .with("withoutLabel", unknown)
                    .with("flagged", flagged);
            return new Evaluation(
                    metrics, baseline, "flag everything, rank at random", report(metrics, baseline), details);
        }

        private String report(Map<String, Estimate> metrics, Map<String, Double> baseline) {
            return Evaluation.table(
                            "on " + (scored.size() + unknown) + " rows, " + scored.anomalies() + " anomalies",
                            metrics,
                            baseline,
                            "no model")
                    + String.format(
                            Locale.ROOT,
                            "%n%nsetting: %s, fitted to %d rows%nthreshold %.6g: %s%nflagged: %d%s",
                            settings.text("setting"),
                            fitted.integer("fittedRows", 0),
                            threshold().value(),
                            threshold().how(),
                            flagged,
                            unknown == 0 ? "" : String.format(Locale.ROOT, "%nwithout label: %d", unknown));
        }
    }

    private static void put(
            Map<String, Estimate> metrics, Map<String, Double> baseline, String name, Estimate value, double naive) {
        metrics.put(name, value);
        baseline.put(name, naive);
    }
}
