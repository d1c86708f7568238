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
import org.tl4j.anomaly.detector.PatchMemoryBank;
import org.tl4j.anomaly.metric.AlarmedEpisodes;
import org.tl4j.anomaly.metric.Episode;
import org.tl4j.anomaly.metric.NabScore;
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
 * f32[N]}, {@code anomalous bool[N]} and, where the detector tells, {@code contributions f32[N, F]} and {@code places
 * f32[N, P]}.
 */
public final class AnomalyHead implements FeatureHead<Condition, AnomalyScore> {
    private static final String SCORE = "score";
    private static final String ANOMALOUS = "anomalous";
    private static final String CONTRIBUTIONS = "contributions";
    private static final String PLACES = "places";
    private static final String OPTIONS = "detector-options";
    private static final String AUROC = "auroc";
    private static final String ORDER = "order";
    private static final String KEPT = "calibration";

    /** The share of the rows that the threshold is chosen on. */
    private static final double HELD_OUT = 0.2;

    /** Fewer rows are too few to hold some out. */
    private static final int ENOUGH = 10;

    private static final int REASONS = 3;

    /** More scores of held-out rows than these are not kept: they say how fine a p-value can be. */
    private static final int CALIBRATION = 1000;

    private final String task;
    private final Config settings;
    private final List<String> features;
    private final @Nullable Detector detector;
    private final ThresholdRule.@Nullable Threshold threshold;
    private final double[] calibration;
    private final Config fitted;

    private AnomalyHead(
            String task,
            Config settings,
            List<String> features,
            @Nullable Detector detector,
            ThresholdRule.@Nullable Threshold threshold,
            double[] calibration,
            Config fitted) {
        this.task = task;
        this.settings = settings;
        this.features = List.copyOf(features);
        this.detector = detector;
        this.threshold = threshold;
        this.calibration = calibration;
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
     *     learn from, {@code threshold}; each may be absent. {@code order}, {@code any} or {@code time}, says whether
     *     rows come in time: then the last of them are held out, not some of all, and alarms are judged by episodes,
     *     too
     * @param features names of the backbone's features for reasons, or empty
     */
    public static AnomalyHead of(String task, Config settings, List<String> features) {
        Config own = Config.empty()
                .with("family", settings.text("family", IsolationForest.ID))
                .with(OPTIONS, settings.config(OPTIONS))
                .with("setting", settings.text("setting", Setting.UNSUPERVISED.toString()))
                .with("threshold", settings.text("threshold", "false-alarm-rate:0.05"))
                .with(ORDER, settings.text(ORDER, "any"));
        // Wrong names are refused now, not after the backbone ran.
        Detectors.named(own.text("family"), own.config(OPTIONS));
        Setting.named(own.text("setting"));
        ThresholdRule.parse(own.text("threshold"));
        return new AnomalyHead(task, own, features, null, null, new double[0], Config.empty());
    }

    /** The head that was saved with a model: it reads answers, its detector is in the graph. */
    public static AnomalyHead restore(String task, Config config) {
        ThresholdRule.Threshold saved = new ThresholdRule.Threshold(
                Double.parseDouble(config.text("thresholdValue")), config.text("thresholdBy"));
        double[] scores = config.has(KEPT)
                ? config.numbers(KEPT).stream().mapToDouble(Double::doubleValue).toArray()
                : new double[0];
        return new AnomalyHead(
                task,
                config.config("settings"),
                config.texts("features"),
                null,
                saved,
                scores,
                config.config("fitted"));
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

    /** Scores of rows that were held out from fitting, in no order; none where all rows were fitted. */
    public double[] calibration() {
        return calibration.clone();
    }

    private boolean isInTime() {
        return settings.text(ORDER, "any").equals("time");
    }

    // ------------------------------------------------------------------------------------------- fitting

    private DetectorFamily family() {
        return Detectors.named(settings.text("family"), settings.config(OPTIONS));
    }

    /** Where the family looks at places of images, notes how many channels they have. */
    @Override
    public AnomalyHead on(Endpoints backbone) {
        if (!(family() instanceof PatchMemoryBank patches)) {
            return this;
        }
        Config known =
                settings.config(OPTIONS).with("channels", patches.on(backbone).channels());
        return new AnomalyHead(task, settings.with(OPTIONS, known), features, detector, threshold, calibration, fitted);
    }

    /** The backbone's vector, or the places of an image one after another. */
    @Override
    public Value features(Graph graph, Endpoints backbone) {
        return family() instanceof PatchMemoryBank patches
                ? patches.places(graph.at(SCOPE), backbone)
                : backbone.requirePooled();
    }

    @Override
    public AnomalyHead fit(float[][] rows, List<Condition> targets, long seed) {
        Setting setting = Setting.named(settings.text("setting"));
        int[] chosen = learned(setting, targets, seed, isInTime());
        int held = chosen.length < ENOUGH ? 0 : Math.max(1, (int) Math.round(HELD_OUT * chosen.length));
        int[] fit = Arrays.copyOfRange(chosen, held, chosen.length);
        Arrays.sort(fit);
        Detector made = family().fit(at(rows, fit), seed);
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
        double[] kept =
                held == 0 ? new double[0] : made.scores(at(rows, Arrays.copyOf(chosen, Math.min(held, CALIBRATION))));
        if (isInTime()) {
            found = new ThresholdRule.Threshold(
                    found.value(),
                    found.how() + "; these are the last rows, and it holds while the series goes on as there");
        }
        Config about = Config.empty()
                .with("detector", made.describe())
                .with("fittedRows", fit.length)
                .with("thresholdRows", judged.length);
        List<String> names = features.size() == made.width() ? features : List.of();
        return new AnomalyHead(task, settings, names, made, found, kept, about);
    }

    /** The rows to learn from, those to hold out first: in an order drawn from the seed, or the last in time. */
    private static int[] learned(Setting setting, List<Condition> targets, long seed, boolean inTime) {
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
        if (inTime) {
            // Windows overlap: one beside a window that was fitted would say too little.
            int n = rows.length;
            return IntStream.range(0, n).map(i -> rows[n - 1 - i]).toArray();
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
        if (!isFitted()) {
            return;
        }
        Value read = features(graph, backbone);
        Detector made = detector()
                .orElseThrow(() -> new UnsupportedFeatureException(
                        "A restored head does not hold its detector.",
                        "the head of a saved model",
                        "a head that was fitted in this run",
                        "use the graph that was saved with it"));
        Graph scope = graph.at(SCOPE);
        Detector.Answer answer = made.build(scope, read);
        graph.output(SCORE, answer.score());
        graph.output(
                ANOMALOUS, scope.binary(Op.BinaryKind.GREATER, answer.score(), scope.constant(HostTensor.scalar((float)
                        threshold().value()))));
        Value terms = answer.contributions();
        if (terms != null) {
            graph.output(CONTRIBUTIONS, terms);
        }
        Value places = answer.patches();
        if (places != null) {
            graph.output(PLACES, places);
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
        if (isInTime()) {
            int cut = data.size() - Math.max(1, (int) Math.round(fraction * data.size()));
            return new Split<>(
                    data.subset(data.name() + ", first", IntStream.range(0, cut).toArray()),
                    data.subset(
                            data.name() + ", last",
                            IntStream.range(cut, data.size()).toArray()));
        }
        return Split.stratified(data, fraction, seed, c -> List.of(c.name()));
    }

    @Override
    public List<AnomalyScore> decode(Map<String, HostTensor> outputs) {
        float[] scores = output(outputs, SCORE).toFloats();
        long[] flags = output(outputs, ANOMALOUS).toLongs();
        HostTensor terms = outputs.get(CONTRIBUTIONS);
        float[] parts = terms == null ? new float[0] : terms.toFloats();
        HostTensor map = outputs.get(PLACES);
        float[] places = map == null ? new float[0] : map.toFloats();
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
            int many = places.length / scores.length;
            int begin = i * many;
            List<Float> own = IntStream.range(begin, begin + many)
                    .mapToObj(p -> places[p])
                    .toList();
            answers.add(new AnomalyScore(scores[i], threshold().value(), flags[i] != 0, reasons, own));
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
                .with(KEPT, Arrays.stream(calibration).boxed().toList())
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
        private final List<AnomalyScore> inOrder = new ArrayList<>();
        private final List<Condition> truth = new ArrayList<>();
        private int unknown;
        private int flagged;

        @Override
        public void add(Map<String, HostTensor> outputs, List<Condition> targets) {
            List<AnomalyScore> answers = decode(outputs);
            if (isInTime()) {
                inOrder.addAll(answers);
                truth.addAll(targets);
            }
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
            Config episodes = isInTime() && scored.hasBoth() && unknown == 0 ? episodes() : Config.empty();
            Config details = Config.empty()
                    .with("setting", settings.text("setting"))
                    .with("detector", fitted.config("detector"))
                    .with("threshold", String.valueOf(threshold().value()))
                    .with("thresholdBy", threshold().how())
                    .with("anomalies", scored.anomalies())
                    .with("withoutLabel", unknown)
                    .with("flagged", flagged);
            details = episodes.keys().isEmpty() ? details : details.with("episodes", episodes);
            return new Evaluation(
                    metrics,
                    baseline,
                    "flag everything, rank at random",
                    report(metrics, baseline) + lines(episodes),
                    details);
        }

        /** Alarms against episodes, and what the benchmark of series says of them. */
        private Config episodes() {
            boolean[] alarms = new boolean[inOrder.size()];
            boolean[] anomalous = new boolean[alarms.length];
            double[] raised = new double[alarms.length];
            for (int i = 0; i < alarms.length; i++) {
                alarms[i] = inOrder.get(i).anomalous();
                anomalous[i] = truth.get(i) == Condition.ANOMALOUS;
                raised[i] = alarms[i] ? 1 : 0;
            }
            List<Episode> episodes = Episode.of(anomalous);
            AlarmedEpisodes found = new AlarmedEpisodes().add(alarms, episodes);
            NabScore nab = NabScore.ofAllRows().add(raised, episodes);
            Config all = Config.empty()
                    .with("episodes", found.episodes())
                    .with("found", found.recall().value())
                    .with("runsOfAlarms", found.runs())
                    .with("true", found.precision().value())
                    .with("f1", found.f1())
                    // As text: JSON has no NaN.
                    .with("meanDelay", String.format(Locale.ROOT, "%.1f", found.meanDelay()));
            for (NabScore.Profile p : NabScore.Profile.all()) {
                all = all.with("nab-" + p.name(), nab.at(p, 1).normalised());
            }
            return all;
        }

        private static String lines(Config episodes) {
            if (episodes.keys().isEmpty()) {
                return "";
            }
            StringBuilder out = new StringBuilder(String.format(
                    Locale.ROOT,
                    "%nepisodes: %d, found %.2f; runs of alarms: %d, true %.2f; F1 %.3f; first alarm after %s rows",
                    episodes.integer("episodes"),
                    episodes.number("found"),
                    episodes.integer("runsOfAlarms"),
                    episodes.number("true"),
                    episodes.number("f1"),
                    episodes.text("meanDelay")));
            episodes.keys().stream()
                    .filter(k -> k.startsWith("nab-"))
                    .forEach(k -> out.append(
                            String.format(Locale.ROOT, "%nNAB score, %s: %.2f", k.substring(4), episodes.number(k))));
            return out.toString();
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
