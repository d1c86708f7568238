// SPDX-License-Identifier: Apache-2.0
package org.tl4j.weights;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.tensor.HostTensor;

/**
 * The object that a PyTorch file holds, and the tensors in it: a state dict, a checkpoint with a state dict among other
 * things, or a pickled module, whose parameters and buffers are where {@code torch.nn.Module} keeps them.
 */
final class Checkpoint {
    /** Where trainers put the weights. */
    private static final List<String> STATE_KEYS = List.of(
            "state_dict", "model_state_dict", "model_state", "model", "net", "network", "module", "params", "weights");

    /** What trainers put beside them. */
    private static final Pattern TRAINING_STATE =
            Pattern.compile("(?i).*(optim|sched|scaler|rng|callback|loop|param_groups|hyper|history|loss|best_).*");

    private static final int DEEPEST = 200;
    private static final int MOST_VALUES = 1_000_000;
    private static final int SHOWN = 8;

    private final String source;
    private final TorchFile.Contents contents;
    private final Function<Object, @Nullable HostTensor> tensor;
    private final Map<String, HostTensor> found = new LinkedHashMap<>();
    private int visited;

    /**
     * @param source for errors
     * @param tensor the tensor that a value is, or null
     */
    Checkpoint(String source, TorchFile.Contents contents, Function<Object, @Nullable HostTensor> tensor) {
        this.source = source;
        this.contents = contents;
        this.tensor = tensor;
    }

    /** The tensors of a part, or, where {@code part} is empty, of the state dict. */
    Map<String, HostTensor> tensors(String part) {
        Object chosen = part.isEmpty() ? stateDict(contents.root()) : at(contents.root(), part);
        collect("", chosen, 0);
        if (found.isEmpty()) {
            throw new UnsupportedFeatureException(
                    "'" + source + "' holds no tensors that can be read without running Python.",
                    described(chosen)
                            + (contents.globals().isEmpty()
                                    ? ""
                                    : "; Python would import " + String.join(", ", shown(contents.globals()))),
                    "a state dict: names and tensors",
                    "save it in Python with torch.save(model.state_dict(), path), or as safetensors");
        }
        return found;
    }

    // ---------------------------------------------------------------------------------------- which part

    private Object at(Object root, String part) {
        if (root instanceof Map<?, ?> map) {
            Object value = map.get(part);
            if (value != null) {
                return value;
            }
            int dot = part.indexOf('.');
            if (dot > 0 && map.get(part.substring(0, dot)) instanceof Map<?, ?> inner) {
                return at(inner, part.substring(dot + 1));
            }
        }
        throw new UnknownNameException(
                "part of '" + source + "'",
                part,
                root instanceof Map<?, ?> map
                        ? map.keySet().stream().map(String::valueOf).toList()
                        : List.of(),
                "name one of the keys of the checkpoint");
    }

    /** The one part that holds the weights; that there are several is an error, for half of them would be lost. */
    private Object stateDict(Object root) {
        if (!(root instanceof Map<?, ?> map)) {
            return root;
        }
        List<String> states = new ArrayList<>();
        List<String> others = new ArrayList<>();
        for (Map.Entry<?, ?> e : map.entrySet()) {
            String key = String.valueOf(e.getKey());
            HostTensor own = tensor.apply(e.getValue());
            if (own != null && own.elements() > 1) {
                return root;
            }
            if (own != null || !holdsTensors(e.getValue())) {
                continue;
            }
            if (STATE_KEYS.contains(key)) {
                states.add(key);
            } else if (!TRAINING_STATE.matcher(key).matches()) {
                others.add(key);
            }
        }
        if (states.isEmpty()) {
            return root;
        }
        if (states.size() + others.size() > 1) {
            states.addAll(others);
            throw new InvalidArgumentException(
                    "'" + source + "' holds several sets of tensors, and one has to be chosen.",
                    String.join(", ", states),
                    "one state dict",
                    "read it with WeightFile.read(path, \"" + states.get(0) + "\")");
        }
        Object state = map.get(states.get(0));
        return state == null ? root : stateDict(state);
    }

    // -------------------------------------------------------------------------------------- what it holds

    private void collect(String name, Object value, int depth) {
        if (depth > DEEPEST || ++visited > MOST_VALUES) {
            throw new CorruptFileException(
                    "'" + source + "' holds something that goes on without end.",
                    depth > DEEPEST
                            ? "more than " + DEEPEST + " levels, at '" + name + "'"
                            : "more than " + MOST_VALUES + " values",
                    "a state dict: names and tensors",
                    "save it in Python with torch.save(model.state_dict(), path)");
        }
        HostTensor t = tensor.apply(value);
        if (t != null) {
            if (found.put(name, t) != null) {
                throw new InvalidArgumentException(
                        "'" + source + "' holds two tensors of one name.",
                        name,
                        "a name of its own for each",
                        "choose a part of it with WeightFile.read(path, part)");
            }
        } else if (value instanceof Map<?, ?> map) {
            map.forEach((k, v) -> collect(below(name, k), v, depth + 1));
        } else if (value instanceof List<?> list) {
            for (int i = 0; i < list.size(); i++) {
                collect(below(name, i), list.get(i), depth + 1);
            }
        } else if (value instanceof Pickle.Call c) {
            collectObject(name, c, depth);
        }
    }

    /** Parameters, buffers and parts of a module; entries of what is like a dictionary. Other objects are not run. */
    private void collectObject(String name, Pickle.Call object, int depth) {
        if (isScripted(object)) {
            object.state().forEach(s -> collect(name, s, depth + 1));
            return;
        }
        boolean isModule = false;
        for (Object state : object.state()) {
            if (state instanceof Map<?, ?> fields && fields.get("_modules") instanceof Map<?, ?> modules) {
                isModule = true;
                for (String key : List.of("_parameters", "_buffers")) {
                    if (fields.get(key) instanceof Map<?, ?> own) {
                        Object passing = fields.get("_non_persistent_buffers_set");
                        own.forEach((k, v) -> {
                            if (!(passing instanceof List<?> names && names.contains(k))) {
                                collect(below(name, k), v, depth + 1);
                            }
                        });
                    }
                }
                modules.forEach((k, v) -> collect(below(name, k), v, depth + 1));
            }
        }
        if (isModule) {
            return;
        }
        object.entries().forEach((k, v) -> collect(below(name, k), v, depth + 1));
        if (holdsTensors(object.arguments()) || holdsTensors(object.state()) || holdsTensors(object.items())) {
            throw new UnsupportedFeatureException(
                    "'" + source + "' holds tensors that only Python code can make.",
                    (name.isEmpty() ? "the whole" : "'" + name + "'") + " would be made by " + object.function(),
                    "tensors, dictionaries of them, or a torch.nn.Module",
                    "save it in Python with torch.save(model.state_dict(), path), or choose another part");
        }
    }

    /** Whether an object is a TorchScript module, whose state is its attributes by name. */
    private static boolean isScripted(Pickle.Call object) {
        return object.function() instanceof Pickle.Global g
                && (g.module().equals("__torch__") || g.module().startsWith("__torch__."));
    }

    private static String below(String name, Object key) {
        return name.isEmpty() ? String.valueOf(key) : name + "." + key;
    }

    /** Whether a tensor lies anywhere in a value. Every value is looked at once, however often it is named. */
    private boolean holdsTensors(Object value) {
        Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<Object> open = new ArrayDeque<>(List.of(value));
        while (!open.isEmpty()) {
            Object next = open.pop();
            if (!seen.add(next)) {
                continue;
            }
            if (tensor.apply(next) != null) {
                return true;
            }
            if (next instanceof Map<?, ?> map) {
                open.addAll(map.values());
            } else if (next instanceof List<?> list) {
                open.addAll(list);
            } else if (next instanceof Pickle.Call c) {
                open.addAll(c.arguments());
                open.addAll(c.state());
                open.addAll(c.items());
                open.addAll(c.entries().values());
            }
        }
        return false;
    }

    // -------------------------------------------------------------------------------------------- in errors

    private static String described(Object value) {
        if (value instanceof Map<?, ?> map) {
            return map.isEmpty()
                    ? "an empty dictionary"
                    : "a dictionary of "
                            + String.join(
                                    ", ",
                                    shown(map.keySet().stream()
                                            .map(String::valueOf)
                                            .toList()));
        }
        if (value instanceof List<?> list) {
            return "a list of " + list.size();
        }
        if (value instanceof Pickle.Call c) {
            return "an object made by " + c.function();
        }
        return value instanceof String || value instanceof Number ? "'" + value + "'" : "no dictionary";
    }

    private static List<String> shown(java.util.Collection<String> names) {
        List<String> first = new ArrayList<>(names.stream().limit(SHOWN).toList());
        if (names.size() > SHOWN) {
            first.add("and " + (names.size() - SHOWN) + " more");
        }
        return first;
    }
}
