// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.task;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Dataset;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.WeightMismatchException;
import org.tl4j.graph.Graph;
import org.tl4j.model.Backbone;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Modality;
import org.tl4j.model.Pretrained;
import org.tl4j.model.TaskHead;
import org.tl4j.onnx.OnnxReader;
import org.tl4j.recsys.backbone.NeuralCollaborativeFiltering;
import org.tl4j.recsys.dataset.History;
import org.tl4j.recsys.dataset.InteractionMatrix;
import org.tl4j.recsys.dataset.User;
import org.tl4j.recsys.head.PairHead;
import org.tl4j.recsys.input.UserInput;
import org.tl4j.serving.SavedModel;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.weights.Weights;

/**
 * A network for certain interactions. Settings: {@code mf_dim}, {@code layers}, {@code negatives} (drawn for each
 * interaction), {@code gmf-weights} and {@code mlp-weights} (published files: layers are taken over, embeddings of the
 * new users and items are new), {@code from} (a saved model of the same network: its layers and the embeddings of items
 * that it knows are taken over, users are new).
 */
final class RecommenderNetwork {
    private static final String GMF = "gmf-weights";
    private static final String MLP = "mlp-weights";
    private static final String PREDICTION = TaskHead.SCOPE + ".prediction.";

    /** Each of the two halves that NeuMF is put together from counts half: equation 13 of the paper. */
    private static final float HALF = 0.5f;

    private static final List<String> OPTIONS = List.of("mf_dim", "layers", "negatives", GMF, MLP);

    private RecommenderNetwork() {}

    /** Whether there is a network of that name. */
    static boolean has(String family) {
        return new NeuralCollaborativeFiltering().variants().stream().anyMatch(v -> v.id().equals(family));
    }

    static PairHead head(String task, Dataset<User, History> train, Config settings) {
        String family = settings.has("family") ? settings.text("family") : EarlierModel.family(settings);
        EarlierModel.requireKnown(family, settings, OPTIONS);
        return PairHead.of(
                task,
                train.targets(),
                settings.integer("negatives", 4),
                Config.empty().with("family", family));
    }

    private static Backbone.Variant variant(String family) {
        return new NeuralCollaborativeFiltering()
                .variants().stream()
                        .filter(v -> v.id().equals(family))
                        .findFirst()
                        .orElseThrow();
    }

    static Supplier<Pretrained> network(String family, Dataset<User, History> train, Config settings) {
        UserInput input = RecommendationTask.input(train, true);
        List<String> items = InteractionMatrix.items(train.targets());
        Config sizes = variant(family).config();
        SavedModel earlier = settings.has("from") ? EarlierModel.model(settings) : null;
        Weights gmf = published(settings, GMF);
        Weights mlp = published(settings, MLP);
        if (earlier != null) {
            Config network = earlier.about().config("provenance").config("backbone");
            if (!network.text("variant", "").equals(family)) {
                throw new InvalidArgumentException(
                        "Model '" + earlier.folder() + "' is of another family.",
                        network.text("variant", "no network"),
                        family,
                        "leave --family away, or learn anew (leave --from away)");
            }
            sizes = network.config("network");
        }
        sizes = sizes.with(sizes(gmf, mlp));
        for (String key : List.of("mf_dim", "layers")) {
            sizes = settings.has(key) ? sizes.with(key, settings.toJson().get(key)) : sizes;
        }
        Config config = sizes.with("users", input.users().size()).with("items", items.size());
        Config about = Config.empty()
                .with("source", source(settings, earlier))
                .with("variant", family)
                .with("network", config);
        Weights begin = earlier == null ? fused(family, gmf, mlp) : taken(earlier);
        return () -> {
            Graph graph = new Graph();
            Endpoints endpoints = new NeuralCollaborativeFiltering().build(graph, config);
            return new Pretrained(
                    family,
                    Modality.INTERACTIONS,
                    graph,
                    endpoints,
                    fitting(graph, begin, items, earlier),
                    input.inMemory(),
                    null,
                    about);
        };
    }

    private static String source(Config settings, @Nullable SavedModel earlier) {
        if (earlier != null) {
            return earlier.folder().toString();
        }
        List<String> files = new ArrayList<>();
        for (String key : List.of(GMF, MLP)) {
            if (settings.has(key)) {
                files.add(settings.text(key));
            }
        }
        return files.isEmpty() ? "random weights" : String.join(", ", files);
    }

    // ------------------------------------------------------------------------------------------- published weights

    /** The tensors of a Keras file of the authors' under the graph's names, or null where none is named. */
    private static @Nullable Weights published(Config settings, String key) {
        return settings.has(key) ? PublishedWeights.read(Path.of(settings.text(key))) : null;
    }

    private static Config sizes(@Nullable Weights gmf, @Nullable Weights mlp) {
        Config sizes = Config.empty();
        if (gmf != null) {
            sizes = sizes.with(
                    "mf_dim", gmf.get("item_embedding.weight").shape().size(1));
        }
        if (mlp != null) {
            List<Long> widths = new ArrayList<>();
            widths.add(2 * mlp.get("item_embedding.weight").shape().size(1));
            for (int i = 1; mlp.find("layer" + i + ".weight") != null; i++) {
                widths.add(mlp.get("layer" + i + ".weight").shape().size(0));
            }
            sizes = sizes.with("layers", widths);
        }
        return sizes;
    }

    /** The layers and the prediction of published halves; embeddings belong to users and items of other data. */
    private static Weights fused(String family, @Nullable Weights gmf, @Nullable Weights mlp) {
        Map<String, HostTensor> all = new LinkedHashMap<>();
        if (mlp != null) {
            mlp.tensors().forEach((name, t) -> {
                if (name.startsWith("layer")) {
                    all.put(name, t);
                }
            });
        }
        Weights one = family.equals("gmf") ? gmf : family.equals("mlp") ? mlp : null;
        if (one != null) {
            all.put(PREDICTION + "weight", one.get("prediction.weight"));
            all.put(PREDICTION + "bias", one.get("prediction.bias"));
        } else if (gmf != null && mlp != null) {
            float[] a = gmf.get("prediction.weight").toFloats();
            float[] b = mlp.get("prediction.weight").toFloats();
            float[] weight = new float[a.length + b.length];
            for (int k = 0; k < weight.length; k++) {
                weight[k] = HALF * (k < a.length ? a[k] : b[k - a.length]);
            }
            float bias = HALF
                    * (gmf.get("prediction.bias").toFloats()[0]
                            + mlp.get("prediction.bias").toFloats()[0]);
            all.put(PREDICTION + "weight", HostTensor.of(weight, 1, weight.length));
            all.put(PREDICTION + "bias", HostTensor.of(new float[] {bias}, 1));
        }
        return Weights.of(all);
    }

    // ------------------------------------------------------------------------------------------- a saved model

    private static Weights taken(SavedModel model) {
        Map<String, HostTensor> kept = new LinkedHashMap<>();
        OnnxReader.read(model.onnx()).weights().tensors().forEach((name, t) -> {
            if (!name.contains("user")) {
                kept.put(name, t);
            }
        });
        return Weights.of(kept);
    }

    /** What the graph takes of the weights to begin with; rows of items by their names, new ones drawn. */
    private static Weights fitting(Graph graph, Weights begin, List<String> items, @Nullable SavedModel earlier) {
        Weights drawn = Weights.initial(graph, 0);
        List<String> known =
                earlier == null ? List.of() : earlier.about().config("head").texts("items");
        Map<String, Integer> rows = InteractionMatrix.numbers(known);
        Map<String, HostTensor> taken = new LinkedHashMap<>();
        List<String> problems = new ArrayList<>();
        graph.parameters().forEach((name, v) -> {
            HostTensor t = begin.find(name);
            if (t == null) {
                return;
            }
            if (name.contains("item") && t.shape().size(1) == v.shape().size(1)) {
                taken.put(name, rows(t.cast(DType.F32), drawn.get(name), items, rows));
            } else if (t.shape().equals(v.shape())) {
                taken.put(name, t);
            } else {
                problems.add(name + ": " + t.shape() + ", needed " + v.shape());
            }
        });
        begin.tensors().forEach((name, t) -> {
            if (name.startsWith(TaskHead.SCOPE + ".")) {
                taken.put(name, t);
            }
        });
        if (!problems.isEmpty()) {
            throw new WeightMismatchException(
                    "The weights to begin with are of another size.",
                    problems,
                    "the sizes of the network",
                    "leave mf_dim and layers away: they follow from the weights");
        }
        return Weights.of(taken);
    }

    private static HostTensor rows(HostTensor from, HostTensor drawn, List<String> items, Map<String, Integer> rows) {
        int width = (int) drawn.shape().size(1);
        float[] source = from.toFloats();
        float[] to = drawn.toFloats();
        for (int i = 0; i < items.size(); i++) {
            Integer row = rows.get(items.get(i));
            if (row != null) {
                System.arraycopy(source, row * width, to, i * width, width);
            }
        }
        return HostTensor.of(to, items.size(), width);
    }
}
