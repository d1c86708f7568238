// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.task;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.tl4j.error.Excerpt;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.error.WeightMismatchException;
import org.tl4j.graph.Graph;
import org.tl4j.model.Backbone;
import org.tl4j.model.Backbones;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Modality;
import org.tl4j.model.Pretrained;
import org.tl4j.model.TaskHead;
import org.tl4j.onnx.OnnxReader;
import org.tl4j.serving.SavedModel;
import org.tl4j.tensor.HostTensor;
import org.tl4j.timeseries.backbone.ForecastEndpoints;
import org.tl4j.timeseries.backbone.SeriesFrame;
import org.tl4j.timeseries.dataset.Frequency;
import org.tl4j.timeseries.dataset.TimeSeries;
import org.tl4j.timeseries.dataset.WindowDataset;
import org.tl4j.timeseries.head.ForecastHead;
import org.tl4j.timeseries.input.SeriesInput;
import org.tl4j.timeseries.input.WindowInput;
import org.tl4j.weights.Weights;

/**
 * How a network for certain series is made up: which family with which settings, how values are scaled, and what the
 * head forecasts. Settings, as the command line has them: {@code family}, {@code network} (settings of the family),
 * {@code context}, {@code calendar}, {@code scaling} ({@code standard}: by mean and deviation of the training data;
 * {@code none}), {@code normalisation} (of windows one by one), {@code season}, {@code loss}, {@code quantiles},
 * {@code forecast-dropout}, {@code from}.
 */
final class SeriesNetwork {
    private static final String USUAL_FAMILY = "nlinear";
    private static final String FROM = "from";
    private static final String RESOLVED = "resolved";

    private SeriesNetwork() {}

    /** The windows themselves, which know the series they come from. */
    static WindowDataset windows(Object data) {
        if (data instanceof WindowDataset windows) {
            if (windows.isEmpty()) {
                throw new InvalidDataException(
                        "There is no window to learn from in '" + windows.name() + "'.",
                        "0 windows with " + windows.horizon() + " steps to forecast, of "
                                + windows.spans().size() + " series that are long enough",
                        "at least 1: a context and a horizon before the end of the training part",
                        "shorten --context or --horizon, give the training part more steps (--splits), or more data");
            }
            return windows;
        }
        throw new InvalidArgumentException(
                "A network for forecasting is made for windows of series.",
                data.getClass().getSimpleName(),
                "a WindowDataset",
                "make one with WindowDataset.of");
    }

    static Set<TimeSeries> series(WindowDataset windows) {
        Set<TimeSeries> all = new LinkedHashSet<>();
        windows.spans().forEach(s -> all.add(s.series()));
        return all;
    }

    /**
     * The settings, and where they name a saved model to begin with ({@code from}) that model's own for what they leave
     * open: how far it looks back, how it scales, what it is.
     */
    static Config resolved(Config settings) {
        if (!settings.has(FROM) || settings.has(RESOLVED)) {
            return settings;
        }
        SavedModel model = SavedModel.open(Path.of(settings.text(FROM)));
        Config network = model.about().config("provenance").config("backbone");
        if (!network.has("network")) {
            throw new InvalidArgumentException(
                    "Model '" + model.folder() + "' is no network of series.",
                    "a model of " + model.task(),
                    "a model that `tl finetune forecasting` or `series-classification` saved",
                    "give another folder (--from)");
        }
        String family = network.text("variant");
        if (!settings.text("family", family).equals(family)) {
            throw new InvalidArgumentException(
                    "Model '" + model.folder() + "' is of another family.",
                    "--family " + settings.text("family") + ", and a model of " + family,
                    "the family of the model",
                    "leave --family away, or train a new network (leave --from away)");
        }
        Config shape = network.config("network");
        Config input = model.about().config("input");
        Config own = Config.empty()
                .with("context", shape.integer("context"))
                .with("horizon", input.integer("horizon", 1))
                .with("scaling", shape.numbers("mean").isEmpty() ? "none" : "standard")
                .with("normalisation", shape.text("normalisation", "none"))
                .with("calendar", !input.texts("calendar").isEmpty());
        Config head = model.about().config("head");
        for (String key : List.of("loss", "quantiles", "season")) {
            own = head.has(key) ? own.with(key, head.toJson().get(key)) : own;
        }
        return own.with(settings)
                .with("family", family)
                .with("network", shape.with(settings.config("network")))
                .with(RESOLVED, true);
    }

    /** As the reader has it where nothing is said. */
    private static int context(Config settings, int horizon) {
        return settings.integer("context", 2 * horizon);
    }

    static WindowInput input(WindowDataset train, Config settings) {
        return WindowInput.of(
                        series(train),
                        context(settings, train.horizon()),
                        train.horizon(),
                        settings.flag("calendar", false))
                .readWith(settings);
    }

    /** By which numbers values are brought to a common size, learned from the part to train on alone. */
    record Scaling(List<Double> mean, List<Double> deviation) {
        static Scaling none() {
            return new Scaling(List.of(), List.of());
        }

        static Scaling of(WindowDataset train, Config settings) {
            Set<TimeSeries> all = series(train);
            // One series has one unit; many of them, as in M4, have none in common.
            String usual = all.size() == 1 ? "standard" : "none";
            String way = settings.text("scaling", usual);
            return switch (way) {
                case "none" -> none();
                case "standard" ->
                    standard(train, all.iterator().next().variables().size());
                default ->
                    throw new UnknownNameException("scaling", way, List.of("standard", "none"), "choose one of these");
            };
        }

        /** Of the covariates of the past alone, which have a common unit even where series do not. */
        static Scaling ofObserved(WindowDataset train, Config settings) {
            int count = series(train).iterator().next().observed().size();
            return count == 0 || settings.text("scaling", "standard").equals("none")
                    ? none()
                    : of(parts(train), count, TimeSeries::observed);
        }

        /** Over everything up to the end of the part to train on. */
        private static Scaling standard(WindowDataset train, int variables) {
            return of(parts(train), variables, TimeSeries::value);
        }

        private static List<Part> parts(WindowDataset train) {
            // A series that gaps cut into several spans counts once.
            Map<TimeSeries, Integer> ends = new LinkedHashMap<>();
            train.spans().forEach(s -> ends.merge(s.series(), s.end(), Math::max));
            List<Part> parts = new ArrayList<>();
            ends.forEach((series, end) -> parts.add(new Part(series, end)));
            return parts;
        }

        /** Over series as they are. */
        static Scaling ofSeries(List<TimeSeries> all, int variables) {
            return of(all.stream().map(s -> new Part(s, s.length())).toList(), variables, TimeSeries::value);
        }

        private record Part(TimeSeries series, int end) {}

        /** Numbers of a series, by row and step. */
        private interface Numbers {
            float at(TimeSeries series, int row, int step);
        }

        /** Population deviation, as scikit-learn's StandardScaler has it. */
        private static Scaling of(List<Part> parts, int variables, Numbers numbers) {
            List<Double> mean = new ArrayList<>();
            List<Double> deviation = new ArrayList<>();
            for (int v = 0; v < variables; v++) {
                double sum = 0;
                long n = 0;
                for (Part p : parts) {
                    for (int t = 0; t < p.end(); t++) {
                        float value = numbers.at(p.series(), v, t);
                        if (!Float.isNaN(value)) {
                            sum += value;
                            n++;
                        }
                    }
                }
                double centre = n == 0 ? 0 : sum / n;
                double squares = 0;
                for (Part p : parts) {
                    for (int t = 0; t < p.end(); t++) {
                        float value = numbers.at(p.series(), v, t);
                        if (!Float.isNaN(value)) {
                            squares += (value - centre) * (value - centre);
                        }
                    }
                }
                double spread = n == 0 ? 0 : Math.sqrt(squares / n);
                mean.add(centre);
                // A constant variable is left in its unit.
                deviation.add(spread > 1e-12 * Math.max(1, Math.abs(centre)) ? spread : 1);
            }
            return new Scaling(mean, deviation);
        }

        boolean isNone() {
            return mean.isEmpty();
        }
    }

    static int season(Collection<TimeSeries> series, Config settings) {
        Frequency frequency = series.iterator().next().frequency();
        return settings.integer("season", frequency == null ? 1 : frequency.season());
    }

    static ForecastHead head(String task, WindowDataset train, Config given) {
        Config settings = resolved(given);
        WindowInput input = input(train, settings);
        Scaling scaling = Scaling.of(train, settings);
        List<Double> levels = settings.numbers("quantiles");
        return ForecastHead.restore(
                task,
                Config.empty()
                        .with("horizon", train.horizon())
                        .with("variables", input.variables())
                        .with("known", input.known())
                        .with("categories", input.categories())
                        .with("dropout", settings.number("forecast-dropout", 0))
                        .with("season", season(series(train), settings))
                        .with("deviation", scaling.deviation())
                        .with("loss", settings.text("loss", levels.isEmpty() ? "mse" : "quantile"))
                        .with("quantiles", levels));
    }

    /** A family's network for these windows, with weights that are still to be drawn. */
    static Supplier<Pretrained> network(WindowDataset train, Config given, Backbones backbones) {
        Config settings = resolved(given);
        String name = settings.text("family", USUAL_FAMILY);
        WindowInput input = input(train, settings);
        Scaling scaling = Scaling.of(train, settings);
        Named named = family(name, backbones);
        Config shape = Config.empty()
                .with("context", input.context())
                .with("horizon", input.horizon())
                .with("variables", input.variables().size())
                .with("known", input.known())
                .with("categories", input.categories())
                .with("mean", scaling.mean())
                .with("deviation", scaling.deviation())
                .with("observed", input.observed().size());
        if (!input.observed().isEmpty()) {
            Scaling observed = Scaling.ofObserved(train, settings);
            shape = shape.with("observed_mean", observed.mean()).with("observed_deviation", observed.deviation());
        }
        Config published = named.variant().config();
        String usual = published.text("normalisation", "none");
        if (scaling.isNone() && !usual.equals("revin")) {
            // Without a common unit each window has to be brought to a size of its own.
            usual = usual.equals("last") ? "last-scaled" : "revin";
        }
        Config config = published
                .with(settings.config("network"))
                .with(shape)
                .with("normalisation", settings.text("normalisation", usual));
        return begun(
                settings,
                about -> pretrained(name, named.family(), config, input.config(), about, named(given)),
                model -> isAlike(
                                head(model.task(), train, settings).config(),
                                model.about().config("head"))
                        && input.context() == model.about().config("input").integer("context", 0));
    }

    /**
     * A family's network for whole series.
     *
     * @param isAlike whether all series are of one length
     */
    static Supplier<Pretrained> classifier(
            List<TimeSeries> train, boolean isAlike, int longest, int variables, Config given, Backbones backbones) {
        Config settings = resolved(given);
        String name = settings.text("family", "rocket");
        Named named = family(name, backbones);
        // Recurrent networks alone read series of any length; they do so where there are such.
        boolean isOpen = !settings.has(FROM)
                && !isAlike
                && !settings.has("context")
                && List.of("lstm", "gru").contains(named.family().id());
        int context = isOpen ? 0 : settings.integer("context", longest);
        Config published = named.variant().config();
        Scaling scaling = isOpen ? Scaling.ofSeries(train, variables) : Scaling.none();
        Config config = published
                .with(settings.config("network"))
                .with("context", context)
                .with("horizon", 1)
                .with("variables", variables)
                .with("mean", scaling.mean())
                .with("deviation", scaling.deviation())
                .with("normalisation", isOpen ? "none" : settings.text("normalisation", "revin"));
        SeriesInput input = SeriesInput.of(context, variables);
        return begun(
                settings,
                about -> pretrained(name, named.family(), config, input.config(), about, named(given)),
                model -> false);
    }

    /**
     * A network with weights that are still to be drawn, or with those of the saved model that the settings name.
     *
     * @param network builds it, told where it comes from
     * @param keepsHead whether that model's head goes on, too
     */
    private static Supplier<Pretrained> begun(
            Config settings, Function<Config, Pretrained> network, Predicate<SavedModel> keepsHead) {
        if (!settings.has(FROM)) {
            return () -> network.apply(Config.empty().with("source", "random weights"));
        }
        Path folder = Path.of(settings.text(FROM));
        SavedModel model = SavedModel.read(folder);
        Weights weights = OnnxReader.read(model.onnx()).weights();
        boolean isKept = keepsHead.test(model);
        Config about = Config.empty()
                .with("source", folder.toString())
                .with("sha256", model.about().textMap("files").getOrDefault("model.onnx", ""))
                .with("head", isKept ? "that of the model" : "new");
        return () -> {
            Pretrained p = network.apply(about);
            return p.withWeights(fitting(folder, p.graph(), weights, isKept));
        };
    }

    /** Whether a head does what another one does, but for names and figures. */
    private static boolean isAlike(Config a, Config b) {
        return a.integer("horizon", 0) == b.integer("horizon", 0)
                && a.texts("variables").size() == b.texts("variables").size()
                && a.integer("known", 0) == b.integer("known", 0)
                && a.numbers("categories").equals(b.numbers("categories"))
                && a.text("loss", "").equals(b.text("loss", ""))
                && a.numbers("quantiles").equals(b.numbers("quantiles"));
    }

    private static Weights fitting(Path folder, Graph graph, Weights weights, boolean keepsHead) {
        Map<String, HostTensor> kept = new LinkedHashMap<>();
        List<String> problems = new ArrayList<>();
        graph.parameters().forEach((name, v) -> {
            HostTensor t = weights.find(name);
            if (t == null || !t.shape().equals(v.shape())) {
                problems.add(name + ": " + (t == null ? "absent" : t.shape()) + ", needed " + v.shape());
            } else {
                kept.put(name, t);
            }
        });
        if (!problems.isEmpty()) {
            throw new WeightMismatchException(
                    "The network of model '" + folder + "' does not fit these series.",
                    problems.size() + " parameters: " + Excerpt.of(problems, 5),
                    "the same variables, covariates and context",
                    "give data of the same kind, or train a new network (leave --from away)");
        }
        weights.tensors().forEach((name, t) -> {
            if (keepsHead && name.startsWith(TaskHead.SCOPE + ".")) {
                kept.put(name, t);
            }
        });
        return Weights.of(kept);
    }

    /** Settings of the family that somebody wrote, rather than a model's. */
    private static Set<String> named(Config given) {
        return given.has(RESOLVED) ? Set.of() : given.config("network").keys();
    }

    private static Pretrained pretrained(
            String name, Backbone family, Config config, Config input, Config about, Set<String> named) {
        Graph graph = new Graph();
        Set<String> asked = new TreeSet<>();
        Endpoints endpoints = family.build(graph, config.watched(asked));
        for (String setting : named) {
            if (!asked.contains(setting)) {
                throw new UnknownNameException(
                        "setting of family '" + family.id() + "'",
                        setting,
                        asked,
                        "write --network NAME=VALUE with one of these");
            }
        }
        List<String> observed = input.texts("observed");
        if (!observed.isEmpty() && !graph.inputs().containsKey(SeriesFrame.PAST_OBSERVED)) {
            throw new UnsupportedFeatureException(
                    "Family '" + family.id() + "' does not read covariates of the past alone.",
                    "--past-columns " + String.join(",", observed),
                    "a family that reads a window step by step: lstm, gru, transformer, informer and their variants",
                    "choose one of these with --family, or leave --past-columns away");
        }
        boolean offers = endpoints.pooled() != null
                || endpoints.outputs().containsKey(ForecastEndpoints.STEPS)
                || endpoints.outputs().containsKey(ForecastEndpoints.VARIABLES);
        if (!offers) {
            throw new UnsupportedFeatureException(
                    "Family '" + family.id() + "' gives nothing to forecast from.",
                    endpoints.outputs().keySet(),
                    "a vector of the window, of each variable or of each step",
                    "choose another one from `tl families`");
        }
        return new Pretrained(
                name,
                Modality.SERIES,
                graph,
                endpoints,
                Weights.none(),
                input,
                null,
                about.with("variant", name).with("family", family.id()).with("network", config));
    }

    /** A family and which of its published sizes is meant. */
    record Named(Backbone family, Backbone.Variant variant) {}

    static Named family(String name, Backbones backbones) {
        List<String> known = new ArrayList<>();
        for (Backbone b : backbones.all()) {
            if (b.modality() != Modality.SERIES) {
                continue;
            }
            for (Backbone.Variant v : b.variants()) {
                if (v.id().equals(name)) {
                    return new Named(b, v);
                }
                known.add(v.id());
            }
        }
        throw new UnknownNameException("family of series", name, known, "`tl families --task forecasting` lists them");
    }
}
