// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.task;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.tl4j.graph.Value;
import org.tl4j.model.Config;
import org.tl4j.onnx.OnnxModel;
import org.tl4j.onnx.OnnxReader;
import org.tl4j.recsys.dataset.User;
import org.tl4j.recsys.factorisation.Factors;
import org.tl4j.recsys.factorisation.ImplicitAls;
import org.tl4j.recsys.input.UserInput;
import org.tl4j.recsys.neighbour.ItemNeighbours;
import org.tl4j.serving.SavedModel;
import org.tl4j.tensor.HostTensor;
import org.tl4j.weights.Weights;

/**
 * Which of the items that a user had speak for a recommended one. For {@code item-knn} what each adds to the score; for
 * {@code als} the terms of section 5 of Hu, Koren and Volinsky (ICDM 2008), which sum to the score as it was solved for
 * by itself. Other families cannot tell.
 */
public final class Reasons {
    private final List<String> items;
    private final UserInput users;
    private final Source source;

    private Reasons(List<String> items, UserInput users, Source source) {
        this.items = items;
        this.users = users;
        this.source = source;
    }

    private interface Source {
        /** What each item of the history, ascending, adds for an item. */
        double[] terms(int item, int[] history);
    }

    /**
     * An item that the user had, and what it adds to the score.
     *
     * @param item its id
     * @param weight the higher, the more it speaks for the recommendation
     */
    public record Reason(String item, double weight) {}

    /** The reasons of a saved model; empty where its family has none. */
    public static Optional<Reasons> of(SavedModel model) {
        Config head = model.about().config("head");
        Config recommender = head.config("recommender");
        OnnxModel onnx = OnnxReader.read(model.onnx());
        String family = recommender.text("family", "");
        Optional<Source> source = Optional.empty();
        if (family.equals(ItemNeighbours.ID)) {
            source = find(onnx, ItemNeighbours.NEIGHBOURS)
                    .flatMap(near -> find(onnx, ItemNeighbours.SIMILARITIES)
                            .map(alike -> (Source) new Neighbours(near.toLongs(), alike.toFloats(), width(near))));
        } else if (family.equals(ImplicitAls.ID)
                && recommender.text("strength", "").equals("one")) {
            source = find(onnx, Factors.ITEMS)
                    .map(y -> ImplicitAls.terms(
                                    y.toFloats(),
                                    width(y),
                                    recommender.number("alpha"),
                                    recommender.number("regularisation"))::of);
        }
        UserInput input = UserInput.of(model.about().config("input"), model.folder());
        return source.map(s -> new Reasons(head.texts("items"), input, s));
    }

    private static int width(HostTensor t) {
        return (int) t.shape().size(1);
    }

    /** Of the weights, or, where it holds whole numbers, of the constants of the graph. */
    private static Optional<HostTensor> find(OnnxModel onnx, String name) {
        Weights weights = onnx.weights();
        Optional<HostTensor> weight = weights.names().stream()
                .filter(n -> isCalled(n, name))
                .findFirst()
                .map(weights::get);
        return weight.or(() -> onnx.graph().nodes().stream()
                .flatMap(n -> n.inputs().stream())
                .filter(v -> isCalled(v.name(), name) && v.origin() instanceof Value.Constant)
                .findFirst()
                .map(Value::constant));
    }

    private static boolean isCalled(String full, String name) {
        return full.equals(name) || full.endsWith("." + name);
    }

    private static final class Neighbours implements Source {
        private final long[] near;
        private final float[] alike;
        private final int width;

        Neighbours(long[] near, float[] alike, int width) {
            this.near = near;
            this.alike = alike;
            this.width = width;
        }

        @Override
        public double[] terms(int item, int[] history) {
            double[] terms = new double[history.length];
            for (int k = item * width; k < (item + 1) * width; k++) {
                int at = Arrays.binarySearch(history, (int) near[k]);
                if (at >= 0) {
                    terms[at] += alike[k];
                }
            }
            return terms;
        }
    }

    /** The strongest reasons for an item, at most so many; none where nothing speaks for it. */
    public List<Reason> of(User user, String item, int most) {
        int[] history =
                users.items(user).stream().mapToInt(Integer::intValue).sorted().toArray();
        double[] terms = source.terms(items.indexOf(item), history);
        List<Reason> reasons = new ArrayList<>();
        for (int k = 0; k < history.length; k++) {
            if (terms[k] > 0) {
                reasons.add(new Reason(items.get(history[k]), terms[k]));
            }
        }
        reasons.sort(Comparator.comparingDouble(r -> -r.weight()));
        return List.copyOf(reasons.subList(0, Math.min(most, reasons.size())));
    }
}
