// SPDX-License-Identifier: Apache-2.0
package org.tl4j.graph;

import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.tl4j.error.UnknownNameException;
import org.tl4j.graph.Op.ActivationKind;
import org.tl4j.graph.Op.UnaryKind;
import org.tl4j.tensor.Shape;

/**
 * Activation functions by the names that published configurations give them ({@code hidden_act}): those of Hugging Face
 * Transformers and a few that PyTorch adds. All keep the shape.
 */
public final class Activations {
    /** Given a scope for parameters and x, adds the nodes. */
    private interface Recipe {
        Value add(Graph g, Value x);
    }

    private static final Map<String, Recipe> RECIPES = recipes();

    private Activations() {}

    /** Every name that {@link #apply} knows, sorted. */
    public static Set<String> names() {
        return RECIPES.keySet();
    }

    /**
     * Adds the activation of a name.
     *
     * @param g the scope of the activation's parameters; {@code prelu} alone has one, {@code weight f32[1]}
     * @param name as published, such as {@code gelu_new}
     * @param x any {@code f32}
     * @return of x's shape
     */
    public static Value apply(Graph g, String name, Value x) {
        Recipe recipe = RECIPES.get(name);
        if (recipe == null) {
            throw new UnknownNameException("activation", name, names(), "correct the configuration's activation");
        }
        return recipe.add(g, x);
    }

    private static Map<String, Recipe> recipes() {
        Map<String, Recipe> r = new TreeMap<>();
        Recipe exact = Graph::gelu;
        Recipe tanh = (g, x) -> g.add("gelu", new Op.Gelu(true), x).get(0);
        r.put("gelu", exact);
        r.put("gelu_python", exact);
        // Transformers writes the tanh approximation out in several ways that differ by rounding alone.
        for (String name :
                new String[] {"gelu_new", "gelu_fast", "gelu_accurate", "gelu_python_tanh", "gelu_pytorch_tanh"}) {
            r.put(name, tanh);
        }
        r.put("gelu_10", (g, x) -> g.clip(g.gelu(x), -10, 10));
        r.put("quick_gelu", (g, x) -> g.mul(x, g.unary(UnaryKind.SIGMOID, g.mul(x, g.scalar(1.702)))));
        r.put("relu", Graph::relu);
        r.put("relu2", (g, x) -> {
            Value positive = g.relu(x);
            return g.mul(positive, positive);
        });
        r.put("relu6", (g, x) -> g.clip(x, 0, 6));
        r.put("leaky_relu", activation(ActivationKind.LEAKY_RELU, 0.01, 0));
        r.put("prelu", (g, x) -> {
            Value slope = g.parameter("weight", Shape.of(1), new Init.Fill(0.25));
            return g.add("prelu", new Op.Activation(ActivationKind.PRELU, 0, 0), x, slope)
                    .get(0);
        });
        r.put("elu", activation(ActivationKind.ELU, 1, 0));
        r.put("selu", activation(ActivationKind.SELU, 1.6732632423543772, 1.0507009873554805));
        r.put("sigmoid", unary(UnaryKind.SIGMOID));
        r.put("silu", unary(UnaryKind.SILU));
        r.put("swish", unary(UnaryKind.SILU));
        r.put("hardswish", unary(UnaryKind.HARD_SWISH));
        r.put("hardsigmoid", activation(ActivationKind.HARD_SIGMOID, 1 / 6.0, 0.5));
        r.put("tanh", unary(UnaryKind.TANH));
        r.put("mish", unary(UnaryKind.MISH));
        r.put("softplus", unary(UnaryKind.SOFTPLUS));
        r.put("laplace", Activations::laplace);
        r.put("linear", (g, x) -> x);
        return Collections.unmodifiableMap(r);
    }

    private static Recipe unary(UnaryKind kind) {
        return (g, x) -> g.unary(kind, x);
    }

    private static Recipe activation(ActivationKind kind, double alpha, double beta) {
        return (g, x) ->
                g.add("activation", new Op.Activation(kind, alpha, beta), x).get(0);
    }

    /**
     * {@code (1 + erf((x - sqrt(1/2)) / (sqrt(2) sigma))) / 2}; Ma et al. 2022, "Mega", arXiv:2209.10655, equation 7.
     */
    private static Value laplace(Graph g, Value x) {
        double sigma = 0.282095;
        Value scaled = g.mul(g.sub(x, g.scalar(0.707107)), g.scalar(1 / (sigma * Math.sqrt(2))));
        return g.mul(g.add(g.unary(UnaryKind.ERF, scaled), g.scalar(1)), g.scalar(0.5));
    }
}
