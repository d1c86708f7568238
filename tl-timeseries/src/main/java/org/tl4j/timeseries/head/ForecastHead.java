// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.head;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.commons.math3.distribution.TDistribution;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Dataset;
import org.tl4j.data.Split;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Init;
import org.tl4j.graph.Node;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.LeastSquaresHead;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.Dim;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;
import org.tl4j.timeseries.backbone.ForecastEndpoints;
import org.tl4j.timeseries.backbone.SeriesFrame;
import org.tl4j.timeseries.dataset.Future;
import org.tl4j.timeseries.dataset.WindowDataset;
import org.tl4j.timeseries.metric.ForecastErrors;

/**
 * Forecasts all steps of the horizon at once with one linear layer: on the vector of the window, on the vector of each
 * variable, or on that of each step, whichever the network gives. What is known of the future and categories are put
 * beside the vector. Immutable.
 *
 * <p>Gives {@code forecast f32[N, H, V]} in the unit of the values; with quantiles {@code quantiles f32[N, H, V, Q]};
 * for Student's distribution {@code student_t f32[N, H, V, 3]}: location, scale and degrees of freedom.
 *
 * <p>Settings: {@code horizon}, {@code variables}, {@code known}, {@code categories} how many kinds each has,
 * {@code dropout}, {@code season}, {@code deviation} of the variables in which figures are also given, and
 * {@code loss}: {@code mse}, {@code mae}, {@code huber}, {@code quantile} (the pinball loss of Koenker and Bassett
 * 1978, for {@code quantiles}) or {@code student-t} (the negative log-likelihood, as in Salinas et al., "DeepAR",
 * 2020). Errors are measured in the deviation of each variable, or where the network scales windows one by one in the
 * deviation of the window.
 */
public final class ForecastHead implements LeastSquaresHead<Future, Forecast> {
    /** The output of points. */
    public static final String FORECAST = "forecast";

    /** The output of quantiles. */
    public static final String QUANTILES = "quantiles";

    /** The output of Student's distribution. */
    public static final String STUDENT_T = "student_t";

    private static final String TARGET = "target";
    private static final String COUNTS = "counts";
    private static final List<String> LOSSES = List.of("mse", "mae", "huber", "quantile", "student-t");
    private static final int EMBEDDING = 8;

    private final String task;
    private final Config config;
    private final int horizon;
    private final List<String> variables;
    private final List<Integer> categories;
    private final String loss;
    private final List<Double> levels;
    private final double dropout;
    private final int season;
    private final List<Double> deviation;

    private ForecastHead(String task, Config c) {
        this.task = task;
        this.config = c;
        this.horizon = Checks.positive("horizon", c.integer("horizon"));
        this.variables = c.texts("variables");
        this.categories = c.numbers("categories").stream().map(Double::intValue).toList();
        this.loss = c.text("loss", "mse");
        this.levels = c.numbers("quantiles");
        this.dropout = Checks.between("dropout", c.number("dropout", 0), 0, 0.99);
        this.season = Checks.positive("season", c.integer("season", 1));
        this.deviation = c.numbers("deviation");
        if (!LOSSES.contains(loss)) {
            throw new UnknownNameException("loss", loss, LOSSES, "choose one of these");
        }
        boolean ascend = IntStream.range(0, levels.size())
                .allMatch(i -> levels.get(i) > (i == 0 ? 0 : levels.get(i - 1)) && levels.get(i) < 1);
        boolean isOfLevels = loss.equals("quantile") || loss.equals("student-t");
        if (!ascend || isOfLevels == levels.isEmpty()) {
            throw new InvalidArgumentException(
                    "Levels of quantiles do not fit the loss '" + loss + "'.",
                    levels,
                    isOfLevels ? "ascending levels between 0 and 1" : "no levels",
                    isOfLevels
                            ? "write --quantiles 0.1,0.5,0.9"
                            : "choose --loss quantile or --loss student-t, or leave --quantiles away");
        }
    }

    /** The head of these settings. */
    public static ForecastHead restore(String task, Config config) {
        return new ForecastHead(task, config);
    }

    /** Steps that are forecast. */
    public int horizon() {
        return horizon;
    }

    /** Names of what is forecast. */
    public List<String> variables() {
        return variables;
    }

    /** Steps after which the usual pattern comes again. */
    public int season() {
        return season;
    }

    /** Levels of the quantiles that are forecast, or none. */
    public List<Double> levels() {
        return levels;
    }

    @Override
    public String task() {
        return task;
    }

    @Override
    public Config config() {
        return config;
    }

    // ------------------------------------------------------------------------------------------- the graph

    /** How many numbers the layer gives for each value: one, one a level, or the three of Student's distribution. */
    private int each() {
        return switch (loss) {
            case "quantile" -> levels.size();
            case "student-t" -> 3;
            default -> 1;
        };
    }

    @Override
    public void build(Graph graph, Endpoints backbone) {
        Graph g = graph.at(SCOPE);
        Value location = frame(g, backbone, SeriesFrame.LOCATION);
        Value scale = frame(g, backbone, SeriesFrame.SCALE);
        frame(g, backbone, SeriesFrame.UNIT);
        Value raw = layer(graph, backbone); // [N, H, V, each]
        Value location4 = g.unsqueeze(location, 3);
        Value scale4 = g.unsqueeze(scale, 3);
        if (loss.equals("student-t")) {
            List<Value> parts = g.add("parts", new Op.Split(3, List.of(1L, 1L, 1L)), raw);
            Value centre = g.add(g.mul(parts.get(0), scale4), location4);
            Value spread = g.mul(positive(g, parts.get(1)), scale4);
            Value freedom = g.add(g.unary(Op.UnaryKind.SOFTPLUS, parts.get(2)), g.scalar(2));
            graph.output(STUDENT_T, g.concat(3, centre, spread, freedom));
            graph.output(FORECAST, g.squeeze(centre, 3));
            return;
        }
        Value answer = g.add(g.mul(raw, scale4), location4);
        if (loss.equals("quantile")) {
            graph.output(QUANTILES, answer);
            graph.output(FORECAST, g.select(answer, 3, median()));
        } else {
            graph.output(FORECAST, g.squeeze(answer, 3));
        }
    }

    /** The level nearest to the middle. */
    private int median() {
        int best = 0;
        for (int i = 1; i < levels.size(); i++) {
            best = Math.abs(levels.get(i) - 0.5) < Math.abs(levels.get(best) - 0.5) ? i : best;
        }
        return best;
    }

    private static Value positive(Graph g, Value x) {
        return g.add(g.unary(Op.UnaryKind.SOFTPLUS, x), g.scalar(1e-6));
    }

    /** A value of the scaling, under a name by which the loss finds it again. */
    private static Value frame(Graph g, Endpoints backbone, String name) {
        Value v = backbone.outputs().get(name);
        if (v == null) {
            throw new UnsupportedFeatureException(
                    "This backbone does not say how it scales windows.",
                    backbone.outputs().keySet(),
                    "an output '" + name + "'",
                    "choose a family of series from `tl families`");
        }
        return g.at(name).unary(Op.UnaryKind.IDENTITY, v);
    }

    private Value layer(Graph graph, Endpoints backbone) {
        Graph g = graph.at(SCOPE);
        int v = variables.size();
        int each = each();
        Value steps = backbone.outputs().get(ForecastEndpoints.STEPS);
        Value byVariable = backbone.outputs().get(ForecastEndpoints.VARIABLES);
        if (steps != null) {
            Value x = beside(g, backbone, steps, true);
            return g.reshape(linear(g, x, v * each), 0, horizon, v, each);
        }
        if (byVariable != null) {
            Value x = beside(g, backbone, byVariable, false);
            Value out = g.reshape(linear(g, x, horizon * each), 0, v, horizon, each);
            return g.transpose(out, 0, 2, 1, 3);
        }
        Value x = beside(g, backbone, g.unsqueeze(backbone.requirePooled(), 1), false); // [N, 1, D]
        return g.reshape(linear(g, x, horizon * v * each), 0, horizon, v, each);
    }

    private Value linear(Graph g, Value x, int out) {
        Init init = new Init.FanIn(x.shape().size(x.shape().rank() - 1));
        return g.linear("forecast", g.dropout(x, dropout), out, true, init, Init.zeros());
    }

    /** The vectors {@code [N, R, D]} with what is known of the future and the categories beside them. */
    private Value beside(Graph g, Endpoints backbone, Value x, boolean isByStep) {
        List<Value> parts = new ArrayList<>(List.of(x));
        long rows = x.shape().size(1);
        Value known = backbone.outputs().get(SeriesFrame.FUTURE_KNOWN);
        if (known != null) {
            parts.add(isByStep ? known : spread(g, g.flatten(known, 1), rows));
        }
        Value category = backbone.outputs().get(SeriesFrame.CATEGORY);
        for (int s = 0; category != null && s < categories.size(); s++) {
            Value kind = g.at("category")
                    .embedding(
                            String.valueOf(s),
                            g.select(category, 1, s),
                            categories.get(s),
                            EMBEDDING,
                            -1,
                            new Init.Normal(0.1));
            parts.add(spread(g, kind, rows));
        }
        return parts.size() == 1 ? x : g.concat(2, parts.toArray(Value[]::new));
    }

    /** {@code [N, D] -> [N, R, D]}. */
    private static Value spread(Graph g, Value x, long rows) {
        return g.add("tile", new Op.Tile(), g.unsqueeze(x, 1), g.integers(1, rows, 1))
                .get(0);
    }

    private static Value found(Graph graph, String name) {
        return graph.value(SCOPE + "." + name + ".identity:out");
    }

    @Override
    public void buildLoss(Graph graph) {
        Graph g = graph.at(SCOPE).at("loss");
        Shape shape = Shape.of(List.of(Dim.named("N"), Dim.of(horizon), Dim.of(variables.size())));
        Value target = graph.input(TARGET, DType.F32, shape);
        Value counts = graph.input(COUNTS, DType.F32, shape);
        Value loss1 = g.mul(errors(graph, g, target), counts);
        Value scale = graph.input(LOSS_SCALE, DType.F32, Shape.SCALAR);
        graph.output(LOSS, g.mul(g.reduce(Op.ReduceKind.SUM, loss1, false, 0, 1, 2), scale));
    }

    /** {@code f32[N, H, V]}. */
    private Value errors(Graph graph, Graph g, Value target) {
        Value unit = found(graph, SeriesFrame.UNIT);
        if (loss.equals("student-t")) {
            return unlikelihood(g, graph.output(STUDENT_T), target, unit);
        }
        if (loss.equals("quantile")) {
            Value d =
                    g.div(g.sub(g.unsqueeze(target, 3), graph.output(QUANTILES)), g.unsqueeze(unit, 3)); // [N, H, V, Q]
            float[] level = new float[levels.size()];
            for (int i = 0; i < level.length; i++) {
                level[i] = levels.get(i).floatValue();
            }
            Value q = g.constant("levels", HostTensor.of(level, level.length));
            Value pinball = g.binary(Op.BinaryKind.MAX, g.mul(q, d), g.mul(g.sub(q, g.scalar(1)), d));
            return g.reduce(Op.ReduceKind.MEAN, pinball, false, 3);
        }
        Value d = g.div(g.sub(graph.output(FORECAST), target), unit);
        return switch (loss) {
            case "mae" -> g.unary(Op.UnaryKind.ABS, d);
            case "huber" -> {
                // Quadratic up to 1, then linear: PyTorch's SmoothL1Loss.
                Value size = g.unary(Op.UnaryKind.ABS, d);
                Value small = g.clip(size, 0, 1);
                yield g.sub(g.mul(small, size), g.mul(g.scalar(0.5), g.mul(small, small)));
            }
            default -> g.mul(d, d);
        };
    }

    /** Minus the logarithm of Student's density, up to the logarithm of the unit. */
    private static Value unlikelihood(Graph g, Value parameters, Value target, Value unit) {
        List<Value> parts = g.add("parameters", new Op.Split(3, List.of(1L, 1L, 1L)), parameters);
        Value centre = g.squeeze(parts.get(0), 3);
        Value spread = g.squeeze(parts.get(1), 3);
        Value freedom = g.squeeze(parts.get(2), 3);
        Value z = g.div(g.sub(target, centre), spread);
        Value half = g.mul(g.add(freedom, g.scalar(1)), g.scalar(0.5));
        Value tail = g.mul(half, log(g, g.add(g.scalar(1), g.div(g.mul(z, z), freedom))));
        Value size = log(g, g.div(spread, unit));
        Value normal = g.add(
                g.sub(logGamma(g, g.mul(freedom, g.scalar(0.5))), logGamma(g, half)),
                g.mul(g.scalar(0.5), log(g, g.mul(freedom, g.scalar(Math.PI)))));
        return g.add(g.add(tail, size), normal);
    }

    private static Value log(Graph g, Value x) {
        return g.unary(Op.UnaryKind.LOG, x);
    }

    /** Stirling's series for x + 6, brought back to x > 0; off by less than 1e-9 of float's own rounding. */
    private static Value logGamma(Graph g, Value x) {
        Value product = x;
        for (int i = 1; i < 6; i++) {
            product = g.mul(product, g.add(x, g.scalar(i)));
        }
        Value y = g.add(x, g.scalar(6));
        Value series = g.sub(g.div(g.scalar(1 / 12.0), y), g.div(g.scalar(1 / 360.0), g.mul(y, g.mul(y, y))));
        Value main = g.sub(g.mul(g.sub(y, g.scalar(0.5)), log(g, y)), y);
        return g.sub(g.add(g.add(main, g.scalar(0.5 * Math.log(2 * Math.PI))), series), log(g, product));
    }

    // ------------------------------------------------------------------------------------------- at once

    @Override
    public String whyNot() {
        return loss.equals("mse") ? "categories, whose vectors are learned" : "loss " + loss;
    }

    @Override
    public Optional<Regression> regression(Graph graph) {
        if (!loss.equals("mse") || !categories.isEmpty()) {
            return Optional.empty();
        }
        Graph g = graph.at(SCOPE).at("regression");
        Node linear = graph.nodes().stream()
                .filter(n -> n.op() instanceof Op.Linear && n.input(1).name().equals(SCOPE + ".forecast.weight"))
                .findFirst()
                .orElseThrow();
        Value x = linear.input(0);
        x = x.origin() instanceof Value.Output made && made.node().op() instanceof Op.Dropout
                ? made.node().input(0)
                : x; // [N, R, D]
        Value scale = found(graph, SeriesFrame.SCALE);
        Value target = graph.value(TARGET);
        Value counts = graph.value(COUNTS);
        Value response = g.div(g.sub(target, found(graph, SeriesFrame.LOCATION)), scale); // [N, H, V]
        Value factor = g.div(scale, found(graph, SeriesFrame.UNIT)); // [N | 1, 1, V]
        Value weight = g.mul(g.mul(factor, factor), counts); // [N, H, V]
        long rows = x.shape().size(1);
        boolean isByVariable =
                rows == variables.size() && linear.input(1).shape().size(0) == horizon;
        if (isByVariable) {
            return Optional.of(new Regression(
                    x,
                    g.transpose(response, 0, 2, 1),
                    g.reduce(Op.ReduceKind.MIN, weight, false, 1),
                    linear.input(1).name(),
                    linear.input(2).name()));
        }
        boolean isByStep = rows == horizon && linear.input(1).shape().size(0) == variables.size();
        Value row = isByStep
                ? g.reduce(Op.ReduceKind.MIN, weight, false, 2)
                : g.reduce(Op.ReduceKind.MIN, g.flatten(weight, 1), true, 1);
        return Optional.of(new Regression(
                x,
                isByStep ? response : g.unsqueeze(g.flatten(response, 1), 1),
                row,
                linear.input(1).name(),
                linear.input(2).name()));
    }

    // ------------------------------------------------------------------------------------------- targets and answers

    @Override
    public Map<String, HostTensor> encode(Future target) {
        if (target.horizon() != horizon || target.series().variables().size() != variables.size()) {
            throw new InvalidDataException(
                    "Series '" + target.series().name() + "' is not what this head forecasts.",
                    target.horizon() + " steps of " + target.series().variables(),
                    horizon + " steps of " + variables,
                    "give windows of this horizon (--horizon) and these variables (--target-column)");
        }
        int width = variables.size();
        float[] values = new float[horizon * width];
        float[] counts = new float[horizon * width];
        for (int h = 0; h < horizon; h++) {
            for (int v = 0; v < width; v++) {
                float value = target.value(v, h);
                boolean isThere = !Float.isNaN(value);
                values[h * width + v] = isThere ? value : 0;
                counts[h * width + v] = isThere ? 1 : 0;
            }
        }
        return Map.of(TARGET, HostTensor.of(values, horizon, width), COUNTS, HostTensor.of(counts, horizon, width));
    }

    /** Windows by the million are alike; the first tells whether they fit. */
    @Override
    public void requireKnown(Dataset<?, Future> data) {
        if (!(data instanceof WindowDataset)) {
            LeastSquaresHead.super.requireKnown(data);
        } else if (!data.isEmpty()) {
            LeastSquaresHead.super.requireKnown(Dataset.of(data.name(), List.of(data.get(0))));
        }
    }

    @Override
    public double weight(Map<String, HostTensor> targets) {
        HostTensor counts = Objects.requireNonNull(targets.get(COUNTS), COUNTS);
        double sum = 0;
        for (float c : counts.toFloats()) {
            sum += c;
        }
        return sum;
    }

    /** The last windows of each series are held out. */
    @Override
    @SuppressWarnings("unchecked") // windows in, windows out
    public <X> Split<X, Future> split(Dataset<X, Future> data, double fraction, long seed) {
        return data instanceof WindowDataset windows
                ? (Split<X, Future>) windows.split(fraction)
                : Split.last(data, fraction);
    }

    @Override
    public List<Forecast> decode(Map<String, HostTensor> outputs) {
        HostTensor points = Objects.requireNonNull(outputs.get(FORECAST), FORECAST);
        List<String> steps =
                IntStream.rangeClosed(1, horizon).mapToObj(String::valueOf).toList();
        List<Forecast> forecasts = new ArrayList<>();
        for (int n = 0; n < points.shape().size(0); n++) {
            double[][] point = new double[variables.size()][horizon];
            for (int v = 0; v < point.length; v++) {
                for (int h = 0; h < horizon; h++) {
                    point[v][h] = points.doubleAt((n * horizon + h) * point.length + v);
                }
            }
            Map<Double, double[][]> quantiles = new LinkedHashMap<>();
            double[][][] all = quantiles(outputs, n);
            for (int q = 0; q < all.length; q++) {
                quantiles.put(levels.get(q), all[q]);
            }
            forecasts.add(new Forecast(variables, steps, point, quantiles));
        }
        return forecasts;
    }

    /** {@code [level][variable][horizon]}, ascending: levels that cross are put in order. */
    private double[][][] quantiles(Map<String, HostTensor> outputs, int n) {
        int width = variables.size();
        double[][][] all = new double[levels.size()][width][horizon];
        HostTensor direct = outputs.get(QUANTILES);
        HostTensor student = outputs.get(STUDENT_T);
        double[] column = new double[levels.size()];
        for (int h = 0; h < horizon && !levels.isEmpty(); h++) {
            for (int v = 0; v < width; v++) {
                int at = (n * horizon + h) * width + v;
                for (int q = 0; q < column.length; q++) {
                    column[q] = direct != null ? direct.doubleAt(at * column.length + q) : student(student, at, q);
                }
                Arrays.sort(column);
                for (int q = 0; q < column.length; q++) {
                    all[q][v][h] = column[q];
                }
            }
        }
        return all;
    }

    private double student(@Nullable HostTensor parameters, int at, int level) {
        HostTensor p = Objects.requireNonNull(parameters, STUDENT_T);
        double freedom = p.doubleAt(at * 3 + 2);
        return p.doubleAt(at * 3)
                + p.doubleAt(at * 3 + 1)
                        * new TDistribution(null, freedom).inverseCumulativeProbability(levels.get(level));
    }

    // ------------------------------------------------------------------------------------------- how good it is

    @Override
    public Evaluator<Future> evaluator(Iterable<Future> trainingTargets) {
        return new ForecastEvaluator(this);
    }

    private double @Nullable [] deviations() {
        return deviation.isEmpty()
                ? null
                : deviation.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /** Errors of forecasts of this kind, nothing added yet. */
    public ForecastErrors measured(boolean isPointsAlone) {
        return new ForecastErrors(season, isPointsAlone ? List.of() : levels, deviations());
    }

    @Override
    public String monitor() {
        return LOSS;
    }

    @Override
    public boolean equals(@Nullable Object o) {
        return o instanceof ForecastHead other && task.equals(other.task) && config.equals(other.config);
    }

    @Override
    public int hashCode() {
        return Objects.hash(task, config);
    }

    @Override
    public String toString() {
        return task + " " + config;
    }
}
