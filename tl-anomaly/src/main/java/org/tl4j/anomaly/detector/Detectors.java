// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.detector;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.model.Config;

/** The families by name, with the options that each knows. */
public final class Detectors {
    private static final Map<String, Kind> KINDS = kinds();

    /** Families that do not take just any rows: they need weights, or the maps of a backbone. */
    private static final Map<String, Kind> PARTICULAR = Map.of(
            PretrainedAutoencoder.ID,
            new Kind(List.of("weights", "epochs", "batch", "rate"), PretrainedAutoencoder::of),
            PatchMemoryBank.ID,
            new Kind(List.of("channels", "strides", "fraction", "most"), Detectors::patches));

    private Detectors() {}

    private record Kind(List<String> options, Function<Config, DetectorFamily> make) {}

    private static Map<String, Kind> kinds() {
        Map<String, Kind> kinds = new LinkedHashMap<>();
        IsolationForest forest = IsolationForest.defaults();
        kinds.put(
                IsolationForest.ID,
                new Kind(
                        List.of("trees", "sample-size", "extension"),
                        c -> new IsolationForest(
                                c.integer("trees", forest.trees()),
                                c.integer("sample-size", forest.sampleSize()),
                                c.integer("extension", forest.extension()))));
        OneClassSvm svm = OneClassSvm.defaults();
        kinds.put(
                OneClassSvm.ID,
                new Kind(
                        List.of("nu", "gamma", "tolerance", "scaling"),
                        c -> new OneClassSvm(
                                c.number("nu", svm.nu()),
                                c.number("gamma", svm.gamma()),
                                c.number("tolerance", svm.tolerance()),
                                c.text("scaling", svm.scaling()))));
        LinearOneClassSvm linear = LinearOneClassSvm.defaults();
        kinds.put(
                LinearOneClassSvm.ID,
                new Kind(
                        List.of("nu", "gamma", "features", "epochs", "scaling"),
                        c -> new LinearOneClassSvm(
                                c.number("nu", linear.nu()),
                                c.number("gamma", linear.gamma()),
                                c.integer("features", linear.features()),
                                c.integer("epochs", linear.epochs()),
                                c.text("scaling", linear.scaling()))));
        kinds.put(ShrinkageGaussian.ID, new Kind(List.of(), c -> new ShrinkageGaussian()));
        NearestNeighbours near = NearestNeighbours.defaults();
        kinds.put(
                NearestNeighbours.ID,
                new Kind(
                        List.of("k", "scaling"),
                        c -> new NearestNeighbours(c.integer("k", near.k()), c.text("scaling", near.scaling()))));
        MemoryBank bank = MemoryBank.defaults();
        kinds.put(
                MemoryBank.ID,
                new Kind(
                        List.of("fraction", "least", "scaling"),
                        c -> new MemoryBank(
                                c.number("fraction", bank.fraction()),
                                c.integer("least", bank.least()),
                                c.text("scaling", bank.scaling()))));
        kinds.put(Ecod.ID, new Kind(List.of(), c -> new Ecod()));
        Hbos hbos = Hbos.defaults();
        kinds.put(
                Hbos.ID,
                new Kind(
                        List.of("bins", "regulariser"),
                        c -> new Hbos(c.integer("bins", hbos.bins()), c.number("regulariser", hbos.regulariser()))));
        kinds.put(Autoencoder.ID, autoencoder(Autoencoder.defaults()));
        kinds.put(Autoencoder.VARIATIONAL_ID, autoencoder(Autoencoder.variational()));
        kinds.put(SignalAutoencoder.CONVOLUTIONAL_ID, signal(SignalAutoencoder.convolutional()));
        kinds.put(SignalAutoencoder.LSTM_ID, signal(SignalAutoencoder.lstm()));
        return kinds;
    }

    private static PatchMemoryBank patches(Config c) {
        PatchMemoryBank usual = PatchMemoryBank.defaults();
        return new PatchMemoryBank(
                c.integer("channels", usual.channels()),
                c.has("strides")
                        ? c.numbers("strides").stream().map(Double::intValue).toList()
                        : usual.strides(),
                c.number("fraction", usual.fraction()),
                c.integer("most", usual.most()));
    }

    private static Kind signal(SignalAutoencoder usual) {
        return new Kind(
                List.of("window", "hidden", "code", "epochs", "batch", "rate", "scaling"),
                c -> new SignalAutoencoder(
                        usual.cell(),
                        c.integer("window", usual.window()),
                        c.integer("hidden", usual.hidden()),
                        c.integer("code", usual.code()),
                        c.integer("epochs", usual.epochs()),
                        c.integer("batch", usual.batch()),
                        c.number("rate", usual.rate()),
                        c.text("scaling", usual.scaling())));
    }

    private static Kind autoencoder(Autoencoder usual) {
        return new Kind(
                List.of("hidden", "code", "beta", "epochs", "batch", "rate", "scaling"),
                c -> new Autoencoder(
                        c.has("hidden") ? List.of(c.integer("hidden")) : usual.hidden(),
                        c.integer("code", usual.code()),
                        c.number("beta", usual.beta()),
                        c.integer("epochs", usual.epochs()),
                        c.integer("batch", usual.batch()),
                        c.number("rate", usual.rate()),
                        c.text("scaling", usual.scaling())));
    }

    /** The names of all families for any rows, those to try first at the front. */
    public static List<String> ids() {
        return List.copyOf(KINDS.keySet());
    }

    /** All families for any rows, with their usual numbers. */
    public static List<DetectorFamily> all() {
        return ids().stream().map(id -> named(id, Config.empty())).toList();
    }

    /**
     * The family of that name.
     *
     * @param options numbers by their names, such as {@code trees}; those that are not given have their usual value
     */
    public static DetectorFamily named(String id, Config options) {
        Kind kind = KINDS.getOrDefault(id, PARTICULAR.get(id));
        if (kind == null) {
            Set<String> known = new LinkedHashSet<>(KINDS.keySet());
            known.addAll(PARTICULAR.keySet());
            throw new UnknownNameException("family", id, known, "`tl families` lists them");
        }
        Set<String> unknown = new TreeSet<>(options.keys());
        unknown.removeAll(kind.options());
        if (!unknown.isEmpty()) {
            throw new InvalidArgumentException(
                    "The family '" + id + "' has no such option.",
                    unknown,
                    kind.options().isEmpty() ? "no options" : kind.options(),
                    "take it out, or choose another family");
        }
        return kind.make().apply(options);
    }
}
