// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.head;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.tl4j.error.UnknownNameException;
import org.tl4j.model.Config;
import org.tl4j.recsys.baseline.Popularity;
import org.tl4j.recsys.factorisation.BayesianRanking;
import org.tl4j.recsys.factorisation.ImplicitAls;
import org.tl4j.recsys.factorisation.RatingFactorisation;
import org.tl4j.recsys.family.RecommenderFamily;
import org.tl4j.recsys.family.Strength;
import org.tl4j.recsys.neighbour.ItemNeighbours;

/** The families that are computed at once, by name, with the options that each knows. */
public final class Recommenders {
    private static final Map<String, Kind> KINDS = kinds();

    private Recommenders() {}

    private record Kind(List<String> options, Function<Config, RecommenderFamily> make) {}

    private static Map<String, Kind> kinds() {
        Map<String, Kind> kinds = new LinkedHashMap<>();
        kinds.put(
                ImplicitAls.ID,
                new Kind(List.of("factors", "alpha", "regularisation", "iterations", "strength"), Recommenders::als));
        BayesianRanking bpr = BayesianRanking.defaults();
        kinds.put(
                BayesianRanking.ID,
                new Kind(
                        List.of("factors", "rate", "regularisation", "iterations"),
                        c -> new BayesianRanking(
                                c.integer("factors", bpr.factors()),
                                c.number("rate", bpr.rate()),
                                c.number("regularisation", bpr.regularisation()),
                                c.integer("iterations", bpr.epochs()))));
        ItemNeighbours near = ItemNeighbours.defaults();
        kinds.put(
                ItemNeighbours.ID,
                new Kind(
                        List.of("k", "shrinkage"),
                        c -> new ItemNeighbours(c.integer("k", near.k()), c.number("shrinkage", near.shrinkage()))));
        RatingFactorisation mf = RatingFactorisation.defaults();
        kinds.put(
                RatingFactorisation.ID,
                new Kind(
                        List.of("factors", "rate", "regularisation", "iterations"),
                        c -> new RatingFactorisation(
                                c.integer("factors", mf.factors()),
                                c.number("rate", mf.rate()),
                                c.number("regularisation", mf.regularisation()),
                                c.integer("iterations", mf.epochs()))));
        kinds.put(Popularity.ID, new Kind(List.of(), c -> new Popularity()));
        return kinds;
    }

    private static ImplicitAls als(Config c) {
        ImplicitAls usual = ImplicitAls.defaults();
        return new ImplicitAls(
                c.integer("factors", usual.factors()),
                c.number("alpha", usual.alpha()),
                c.number("regularisation", usual.regularisation()),
                c.integer("iterations", usual.iterations()),
                Strength.named(c.text("strength", usual.strength().toString())));
    }

    /** Their names, those to try first at the front. */
    public static List<String> ids() {
        return List.copyOf(KINDS.keySet());
    }

    /** All, with their usual numbers. */
    public static List<RecommenderFamily> all() {
        return ids().stream().map(id -> named(id, Config.empty())).toList();
    }

    /** Whether there is one of that name. */
    public static boolean has(String id) {
        return KINDS.containsKey(id);
    }

    /** The names of a family's options. */
    public static List<String> options(String id) {
        return kind(id).options();
    }

    /**
     * The family of that name.
     *
     * @param options numbers by their names, such as {@code factors}; those that are not given have their usual value
     */
    public static RecommenderFamily named(String id, Config options) {
        return kind(id).make().apply(options);
    }

    private static Kind kind(String id) {
        Kind kind = KINDS.get(id);
        if (kind == null) {
            throw new UnknownNameException("family", id, KINDS.keySet(), "`tl families` lists them");
        }
        return kind;
    }
}
