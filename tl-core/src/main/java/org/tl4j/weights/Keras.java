// SPDX-License-Identifier: Apache-2.0
package org.tl4j.weights;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tl4j.error.InvalidDataException;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;

/**
 * Weights that Keras saved, as a graph takes them: {@code conv1/conv1/kernel:0 f32[kH, kW, in, out]} becomes
 * {@code conv1.weight f32[out, in, kH, kW]}. The layers keep their names.
 *
 * <table>
 * <caption>What becomes of what</caption>
 * <tr><td>{@code kernel [kH, kW, in, out]}</td><td>{@code weight [out, in, kH, kW]}</td></tr>
 * <tr><td>{@code kernel [in, out]}</td><td>{@code weight [out, in]}</td></tr>
 * <tr><td>{@code depthwise_kernel [kH, kW, in, m]}</td><td>{@code weight [in * m, 1, kH, kW]}</td></tr>
 * <tr><td>{@code gamma}, {@code beta}</td><td>{@code weight}, {@code bias}</td></tr>
 * <tr><td>{@code moving_mean}, {@code moving_variance}</td><td>{@code running_mean}, {@code running_var}</td></tr>
 * </table>
 */
public final class Keras {
    private static final Pattern NAME =
            Pattern.compile("(?:model_weights\\.)?(.+)\\.(kernel|depthwise_kernel|bias|gamma|beta|moving_mean"
                    + "|moving_variance)(?::0)?");
    private static final Pattern REPEATED = Pattern.compile("(.+)\\.\\1");
    private static final Pattern TELLING = Pattern.compile(".*\\.(kernel|depthwise_kernel|moving_mean)(:0)?");

    private static final Map<String, String> NAMES = Map.of(
            "kernel", "weight",
            "depthwise_kernel", "weight",
            "bias", "bias",
            "gamma", "weight",
            "beta", "bias",
            "moving_mean", "running_mean",
            "moving_variance", "running_var");

    private Keras() {}

    /** Whether the names are Keras'. */
    public static boolean looksLike(Weights weights) {
        return weights.names().stream().anyMatch(n -> TELLING.matcher(n).matches());
    }

    /** The weights under a graph's names and in its layout; what is no weight of a layer is left out. */
    public static Weights layers(Weights saved) {
        Map<String, HostTensor> layers = new LinkedHashMap<>();
        saved.tensors().forEach((name, t) -> {
            Matcher m = NAME.matcher(name);
            if (!m.matches() || name.startsWith("optimizer_weights.")) {
                return;
            }
            Matcher repeated = REPEATED.matcher(m.group(1));
            String layer = repeated.matches() ? repeated.group(1) : m.group(1);
            layers.put(layer + "." + NAMES.get(m.group(2)), laidOut(name, m.group(2), t));
        });
        return Weights.of(layers);
    }

    private static HostTensor laidOut(String name, String kind, HostTensor t) {
        int rank = t.shape().rank();
        if (kind.equals("depthwise_kernel") && rank == 4) {
            HostTensor channelsFirst = permuted(t, 2, 3, 0, 1);
            long[] s = channelsFirst.shape().toArray();
            return channelsFirst.reshape(s[0] * s[1], 1, s[2], s[3]);
        }
        if (kind.equals("kernel") && rank == 4) {
            return permuted(t, 3, 2, 0, 1);
        }
        if (kind.equals("kernel") && rank == 2) {
            return permuted(t, 1, 0);
        }
        if (kind.endsWith("kernel")) {
            throw new InvalidDataException(
                    "Weight '" + name + "' has a layout that is not known.",
                    t.type(),
                    "[kH, kW, in, out] or [in, out]",
                    "export the model to ONNX and name that file");
        }
        return t;
    }

    private static HostTensor permuted(HostTensor t, int... axes) {
        HostTensor in = t.cast(DType.F32);
        float[] from = in.toFloats();
        int rank = axes.length;
        long[] shape = new long[rank];
        int[] stride = new int[rank];
        for (int i = 0; i < rank; i++) {
            shape[i] = in.shape().size(axes[i]);
            stride[i] = 1;
            for (int j = axes[i] + 1; j < rank; j++) {
                stride[i] *= (int) in.shape().size(j);
            }
        }
        float[] out = new float[from.length];
        long[] index = new long[rank];
        for (int at = 0; at < out.length; at++) {
            int source = 0;
            for (int i = 0; i < rank; i++) {
                source += (int) index[i] * stride[i];
            }
            out[at] = from[source];
            for (int i = rank - 1; i >= 0 && ++index[i] == shape[i]; i--) {
                index[i] = 0;
            }
        }
        return HostTensor.of(out, shape);
    }
}
