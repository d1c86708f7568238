// SPDX-License-Identifier: Apache-2.0
package org.tl4j.weights;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Value;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;

/**
 * How the names of a file become the names of a graph. Rules apply in the order in which they were added, to a name
 * that the graph does not have, and only until it has it: {@code bert.} is stripped where that is needed and nowhere
 * else. Each method gives a changed copy.
 *
 * <pre>{@code
 * Weights fitting = WeightMapping.strict()
 *         .unwrap()
 *         .strip("bert.")
 *         .tensorFlowNorms()
 *         .ignore("cls.")
 *         .load(graph, WeightFile.read(file))
 *         .weights();
 * }</pre>
 */
public final class WeightMapping {
    private static final Pattern WRAPPERS = Pattern.compile("^(module|model|_orig_mod|_forward_module)\\.");

    /** Buffers that a network makes anew, and that some versions of a library nevertheless saved. */
    private static final Pattern REMADE = Pattern.compile("(^|\\.)(position_ids|num_batches_tracked)$");

    /**
     * A change of names.
     *
     * @param isRepeated whether it goes on until nothing changes
     */
    private record Rule(Pattern pattern, String replacement, boolean isRepeated) {}

    private final List<Rule> rules;
    private final List<Pattern> ignored;
    private final boolean isUnexpectedAllowed;

    private WeightMapping(List<Rule> rules, List<Pattern> ignored, boolean isUnexpectedAllowed) {
        this.rules = List.copyOf(rules);
        this.ignored = List.copyOf(ignored);
        this.isUnexpectedAllowed = isUnexpectedAllowed;
    }

    /**
     * Names as they are; whatever is missing, unexpected or misshaped fails. Only {@code position_ids} and
     * {@code num_batches_tracked}, which change no answer, may be there or not.
     */
    public static WeightMapping strict() {
        return new WeightMapping(List.of(), List.of(REMADE), false);
    }

    /** Takes a prefix off every name that has it. */
    public WeightMapping strip(String prefix) {
        return with(new Rule(Pattern.compile("^" + Pattern.quote(prefix)), "", false));
    }

    /**
     * Takes off what training puts around a network, as often as it is there: {@code module.} (several devices),
     * {@code model.}, {@code _orig_mod.} (a compiled network), {@code _forward_module.}.
     */
    public WeightMapping unwrap() {
        return with(new Rule(WRAPPERS, "", true));
    }

    /** Replaces what a regular expression finds in a name. */
    public WeightMapping rename(String regex, String replacement) {
        return with(new Rule(Pattern.compile(regex), replacement, false));
    }

    /** The scale and shift of norms as TensorFlow named them: {@code gamma} and {@code beta}. */
    public WeightMapping tensorFlowNorms() {
        return rename("\\.gamma$", ".weight").rename("\\.beta$", ".bias");
    }

    /** Leaves out names that no parameter has and that begin so, in the file or after renaming. */
    public WeightMapping ignore(String prefix) {
        return ignoreMatching("^" + Pattern.quote(prefix));
    }

    /** Leaves out names that no parameter has and in which a regular expression finds something. */
    public WeightMapping ignoreMatching(String regex) {
        List<Pattern> more = new ArrayList<>(ignored);
        more.add(Pattern.compile(regex));
        return new WeightMapping(rules, more, isUnexpectedAllowed);
    }

    /** Names that no parameter wants are reported but do not fail. */
    public WeightMapping allowUnexpected() {
        return new WeightMapping(rules, ignored, true);
    }

    private WeightMapping with(Rule rule) {
        List<Rule> more = new ArrayList<>(rules);
        more.add(rule);
        return new WeightMapping(more, ignored, isUnexpectedAllowed);
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
        if (isUnexpectedAllowed) {
            all.report().orThrowAllowingUnexpected();
        } else {
            all.report().orThrow();
        }
        return all;
    }

    /** Matches weights to a graph and only reports what does not fit. */
    public Loaded match(Graph graph, Weights file) {
        Map<String, Value> parameters = graph.parameters();
        Map<String, String> origins = new LinkedHashMap<>();
        Map<String, String> renamed = new LinkedHashMap<>();
        Set<String> unexpected = new LinkedHashSet<>();
        for (String name : file.names()) {
            String to = renamed(name, parameters.keySet());
            if (!parameters.containsKey(to)) {
                if (!isIgnored(name) && !isIgnored(to)) {
                    unexpected.add(name);
                }
            } else {
                claim(file, name, to, origins);
                if (!to.equals(name)) {
                    renamed.put(name, to);
                }
            }
        }
        Map<String, HostTensor> fitting = new LinkedHashMap<>();
        List<String> missing = new ArrayList<>();
        List<String> misshaped = new ArrayList<>();
        Map<String, String> cast = new LinkedHashMap<>();
        parameters.forEach((name, p) -> {
            String origin = origins.get(name);
            if (origin == null) {
                // A counter that checkpoints of old versions lack changes no answer.
                if (name.endsWith("num_batches_tracked")) {
                    fitting.put(name, HostTensor.zeros(p.dtype(), p.shape()));
                } else {
                    missing.add(name);
                }
                return;
            }
            HostTensor given = file.get(origin);
            HostTensor fit = fitted(given, p.dtype(), p.shape());
            if (fit == null) {
                misshaped.add(name + " is " + given.type() + ", not " + p.dtype() + p.shape());
                return;
            }
            if (fit.dtype() != given.dtype()) {
                cast.put(name, given.dtype() + " to " + fit.dtype());
            }
            fitting.put(name, fit);
        });
        return new Loaded(
                Weights.of(fitting),
                new WeightReport(
                        List.copyOf(fitting.keySet()), missing, List.copyOf(unexpected), misshaped, renamed, cast));
    }

    /** Two names of a file may become one parameter only where their tensors are the same. */
    private static void claim(Weights file, String name, String parameter, Map<String, String> origins) {
        String other = origins.putIfAbsent(parameter, name);
        if (other != null && !file.get(other).bitEquals(file.get(name))) {
            throw new InvalidArgumentException(
                    "Two weights of the file become one parameter.",
                    "'" + other + "' and '" + name + "' both become '" + parameter + "'",
                    "one tensor a parameter",
                    "choose a part of the checkpoint, such as its state_dict");
        }
    }

    private boolean isIgnored(String name) {
        return ignored.stream().anyMatch(p -> p.matcher(name).find());
    }

    private String renamed(String name, Collection<String> parameters) {
        String to = name;
        for (Rule r : rules) {
            String before;
            do {
                if (parameters.contains(to)) {
                    return to;
                }
                before = to;
                to = r.pattern().matcher(to).replaceAll(r.replacement());
            } while (r.isRepeated() && !to.equals(before));
        }
        return to;
    }

    /** A tensor as a parameter's type, or null where values would be lost. */
    private static @Nullable HostTensor fitted(HostTensor given, DType dtype, Shape shape) {
        boolean isScalar = shape.rank() == 0 && given.shape().equals(Shape.of(1)); // as PyTorch 0.3 saved them
        if (!isScalar && !given.shape().equals(shape)) {
            return null;
        }
        HostTensor t = isScalar ? given.reshape() : given;
        boolean isNarrowed = t.dtype().isFloat()
                ? dtype != DType.F32 && dtype != DType.F64
                : dtype.isFloat() || t.dtype().bytes() > dtype.bytes() || dtype != DType.I32 && dtype != DType.I64;
        return t.dtype() == dtype ? t : isNarrowed ? null : t.cast(dtype);
    }
}
