// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.task;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.model.Config;
import org.tl4j.onnx.OnnxReader;
import org.tl4j.recsys.dataset.History;
import org.tl4j.recsys.dataset.InteractionMatrix;
import org.tl4j.recsys.factorisation.Factors;
import org.tl4j.recsys.factorisation.ImplicitAls;
import org.tl4j.recsys.factorisation.ItemFactors;
import org.tl4j.recsys.family.RecommenderFamily;
import org.tl4j.recsys.head.Recommenders;
import org.tl4j.serving.SavedModel;
import org.tl4j.tensor.HostTensor;
import org.tl4j.weights.Weights;

/**
 * A family of recommenders with the settings that were given, or with what a model that was saved before ({@code from})
 * knows of items. Then {@code als} keeps the vectors of items and folds users in; {@code fine-tuning-sweeps} sweeps
 * change all of them.
 */
final class EarlierModel {
    private static final String FROM = "from";
    private static final String SWEEPS = "fine-tuning-sweeps";

    /** What other commands and tasks may have set, and what says how data are read. */
    private static final Set<String> ELSEWHERE = Set.of(
            "family",
            FROM,
            "label-smoothing",
            "class-weights",
            "head-dropout",
            "split",
            "positive-from",
            "user-column",
            "item-column",
            "rating-column",
            "time-column");

    private EarlierModel() {}

    /** The family of the model that the settings name. */
    static String family(Config settings) {
        return recommender(model(settings)).text("family");
    }

    private static Config recommender(SavedModel model) {
        return model.about().config("head").config("recommender");
    }

    static SavedModel model(Config settings) {
        SavedModel model = SavedModel.read(Path.of(settings.text(FROM)));
        if (!model.task().equals(RecommendationTask.NAME)) {
            throw new InvalidArgumentException(
                    "Model '" + model.folder() + "' recommends nothing.",
                    "a model of " + model.task(),
                    "a model of " + RecommendationTask.NAME,
                    "give another folder (--from)");
        }
        return model;
    }

    static Config about(Config settings) {
        SavedModel model = model(settings);
        return Config.empty()
                .with("source", model.folder().toString())
                .with("sha256", model.about().textMap("files").getOrDefault("model.onnx", ""));
    }

    /** Refuses settings that nobody reads. */
    static void requireKnown(String family, Config settings, List<String> options) {
        Set<String> unknown = new TreeSet<>(settings.keys());
        unknown.removeAll(ELSEWHERE);
        unknown.removeAll(options);
        if (!unknown.isEmpty()) {
            List<String> known = new ArrayList<>(options);
            known.addAll(List.of("split", "positive-from"));
            throw new UnknownNameException(
                    "setting of family '" + family + "'",
                    unknown.iterator().next(),
                    known,
                    "write --set NAME=VALUE with one of these");
        }
    }

    /** The family of that name. */
    static RecommenderFamily family(String id, List<History> train, Config settings) {
        List<String> options = new ArrayList<>(Recommenders.options(id));
        if (!settings.has(FROM)) {
            requireKnown(id, settings, options);
            return Recommenders.named(id, settings);
        }
        SavedModel model = model(settings);
        Config earlier = recommender(model);
        if (!id.equals(ImplicitAls.ID) || !earlier.text("family").equals(ImplicitAls.ID)) {
            throw new UnsupportedFeatureException(
                    "Family '" + id + "' cannot go on from model '" + model.folder() + "'.",
                    "a model of family " + earlier.text("family"),
                    "family als and a model of it, or a network and a model of the same network",
                    "leave --family away, or learn anew (leave --from away)");
        }
        options.add(SWEEPS);
        requireKnown(id, settings, options);
        // What the settings leave open is as it was in the earlier model.
        ImplicitAls als = (ImplicitAls) Recommenders.named(id, earlier.with(settings));
        Weights weights = OnnxReader.read(model.onnx()).weights();
        String name = weights.names().stream()
                .filter(n -> n.equals(Factors.ITEMS) || n.endsWith("." + Factors.ITEMS))
                .findFirst()
                .orElseThrow(() -> new UnknownNameException(
                        "tensor of model '" + model.folder() + "'",
                        Factors.ITEMS,
                        weights.names(),
                        "fine-tune it anew with this version"));
        HostTensor items = weights.get(name);
        ItemFactors known = ItemFactors.of(model.about().config("head").texts("items"), items.toFloats());
        return als.from(known, InteractionMatrix.items(train), settings.integer(SWEEPS, 0));
    }
}
