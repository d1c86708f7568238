// SPDX-License-Identifier: Apache-2.0
package org.tl4j.weights;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Value;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;

/**
 * How the names of a file become the names of a graph. Rules apply in the order in which they were added; each method
 * gives a changed copy.
 */
public final class WeightMapping {
    private record Rule(Pattern pattern, String replacement) {}

    private final List<Rule> rules;
    private final List<String> ignored;
    private final boolean allowUnexpected;

    private WeightMapping(List<Rule> rules, List<String> ignored, boolean allowUnexpected) {
        this.rules = List.copyOf(rules);
        this.ignored = List.copyOf(ignored);
        this.allowUnexpected = allowUnexpected;
    }

    /** Names as they are; whatever is missing, unexpected or misshaped fails. */
    public static WeightMapping strict() {
        return new WeightMapping(List.of(), List.of(), false);
    }

    /** Takes a prefix off every name that has it. */
    public WeightMapping strip(String prefix) {
        return rename("^" + Pattern.quote(prefix), "");
    }

    /** Replaces what a regular expression finds in a name. */
    public WeightMapping rename(String regex, String replacement) {
        List<Rule> more = new ArrayList<>(rules);
        more.add(new Rule(Pattern.compile(regex), replacement));
        return new WeightMapping(more, ignored, allowUnexpected);
    }

    /** The scale and shift of norms as TensorFlow named them. */
    public WeightMapping tensorFlowNorms() {
        return rename("\\.gamma$", ".weight").rename("\\.beta$", ".bias");
    }

    /** Leaves out names that begin so after renaming. */
    public WeightMapping ignore(String prefix) {
        List<String> more = new ArrayList<>(ignored);
        more.add(prefix);
        return new WeightMapping(rules, more, allowUnexpected);
    }

    /** Names that no parameter wants are reported but do not fail. */
    public WeightMapping allowUnexpected() {
        return new WeightMapping(rules, ignored, true);
    }

    /**
     * What fits.
     *
     * @param weights one tensor for each parameter of the graph, in the graph's element types
     * @param report what came of each name
     */
    public record Loaded(Weights weights, WeightReport report) {}

    /**
     * Matches weights to a graph.
     *
     * @throws org.tl4j.error.WeightMismatchException with the whole report
     */
    public Loaded load(Graph graph, Weights file) {
        Loaded all = match(graph, file);
        all.report().orThrow(allowUnexpected);
        return all;
    }

    /** Matches weights to a graph and only reports what does not fit. */
    public Loaded match(Graph graph, Weights file) {
        Map<String, HostTensor> named = new LinkedHashMap<>();
        Map<String, String> renamed = new LinkedHashMap<>();
        Map<String, String> origins = new LinkedHashMap<>();
        file.tensors().forEach((name, tensor) -> {
            String to = renamed(name, graph);
            String clash = origins.put(to, name);
            if (clash != null) {
                throw new InvalidArgumentException(
                        "Two weights of the file become one parameter.",
                        "'" + clash + "' and '" + name + "' both become '" + to + "'",
                        "one tensor a parameter",
                        "choose a part of the checkpoint, such as its state_dict");
            }
            if (!to.equals(name)) {
                renamed.put(name, to);
            }
            named.put(to, tensor);
        });
        Map<String, HostTensor> fitting = new LinkedHashMap<>();
        List<String> missing = new ArrayList<>();
        List<String> misshaped = new ArrayList<>();
        Map<String, String> cast = new LinkedHashMap<>();
        for (Map.Entry<String, Value> p : graph.parameters().entrySet()) {
            HostTensor t = named.get(p.getKey());
            if (t == null) {
                // A counter that older checkpoints lack changes no answer.
                if (p.getKey().endsWith("num_batches_tracked")) {
                    fitting.put(
                            p.getKey(), HostTensor.zeros(DType.I64, p.getValue().shape()));
                } else {
                    missing.add(p.getKey());
                }
            } else if (!t.shape().equals(p.getValue().shape())) {
                misshaped.add(p.getKey() + " is " + t.shape() + ", not "
                        + p.getValue().shape());
            } else {
                if (t.dtype() != p.getValue().dtype()) {
                    cast.put(p.getKey(), t.dtype().toString());
                }
                fitting.put(p.getKey(), t.cast(p.getValue().dtype()));
            }
        }
        Set<String> unexpected = new LinkedHashSet<>(named.keySet());
        unexpected.removeAll(graph.parameters().keySet());
        unexpected.removeIf(n -> ignored.stream().anyMatch(n::startsWith));
        return new Loaded(
                Weights.of(fitting),
                new WeightReport(
                        List.copyOf(fitting.keySet()), missing, List.copyOf(unexpected), misshaped, renamed, cast));
    }

    /** A name that the graph has is left alone: `bert.` is stripped only where that is needed. */
    private String renamed(String name, Graph graph) {
        if (graph.parameters().containsKey(name)) {
            return name;
        }
        String to = name;
        for (Rule r : rules) {
            to = r.pattern().matcher(to).replaceAll(r.replacement());
        }
        return to;
    }
}
