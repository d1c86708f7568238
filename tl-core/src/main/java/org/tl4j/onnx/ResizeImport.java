// SPDX-License-Identifier: Apache-2.0
package org.tl4j.onnx;

import java.util.List;
import java.util.Optional;
import org.tl4j.graph.Op;
import org.tl4j.graph.Op.BinaryKind;
import org.tl4j.graph.Op.ResizeKind;
import org.tl4j.graph.Value;
import org.tl4j.tensor.Dim;
import org.tl4j.tensor.HostTensor;

/**
 * ONNX has a dozen ways to resize; those that PyTorch has, too, are read. The rest is refused, because a picture that
 * is off by half a pixel is wrong in silence.
 */
final class ResizeImport {
    private ResizeImport() {}

    /** Inputs x, roi, scales, sizes; in opset 10, x and scales. */
    static void resize(OnnxNode n) {
        boolean old = n.opset() < 11;
        n.ignore("extrapolation_value", "exclude_outside", "antialias", "keep_aspect_ratio_policy");
        if (n.integer("antialias", 0) != 0 || n.integer("exclude_outside", 0) != 0) {
            throw n.refused("antialias or exclude_outside", "0");
        }
        if (n.says("axes")) {
            throw n.refused("axes " + n.integers("axes").orElseThrow(), "scales or sizes of all axes");
        }
        String mode = n.text("mode", "nearest");
        String coordinates = old ? "asymmetric" : n.text("coordinate_transformation_mode", "half_pixel");
        String rounding = old ? "floor" : n.text("nearest_mode", "round_prefer_floor");
        double a = n.real("cubic_coeff_a", -0.75);
        int scalesAt = old ? 1 : 2;
        boolean bySize = !old && n.has(3);
        Optional<float[]> scales = bySize || !n.has(scalesAt) ? Optional.empty() : Optional.of(scales(n, scalesAt));
        read(n, mode, coordinates, rounding, a, bySize ? Optional.of(n.in(3)) : Optional.empty(), scales);
    }

    /** Opsets before 10: scales by input or attribute, corners matched at the first pixel. */
    static void upsample(OnnxNode n) {
        float[] scales;
        if (n.has(1)) {
            scales = scales(n, 1);
        } else {
            List<Float> written = n.reals("scales");
            scales = new float[written.size()];
            for (int i = 0; i < scales.length; i++) {
                scales[i] = written.get(i);
            }
        }
        read(n, n.text("mode", "nearest"), "asymmetric", "floor", -0.75, Optional.empty(), Optional.of(scales));
    }

    private static float[] scales(OnnxNode n, int input) {
        if (!n.in(input).isConstant()) {
            throw n.refused("scales that only a run knows", "constant scales, or sizes");
        }
        return n.in(input).constant().toFloats();
    }

    private static void read(
            OnnxNode n,
            String mode,
            String coordinates,
            String rounding,
            double cubic,
            Optional<Value> sizes,
            Optional<float[]> scales) {
        if (n.rank(0) != 4 || scales.isPresent() && scales.get().length != 4) {
            throw n.refused("x " + n.in(0).type(), "[N, C, H, W] and four scales or sizes");
        }
        Value size = sizes.isPresent()
                ? lastTwo(n, sizes.get())
                : scaled(n, scales.orElseThrow(() -> n.refused("neither scales nor sizes", "one of them")));
        ResizeKind kind = switch (mode) {
            case "nearest" -> ResizeKind.NEAREST;
            case "linear", "bilinear" -> ResizeKind.BILINEAR;
            case "cubic" -> ResizeKind.BICUBIC;
            default -> throw n.refused("mode = " + mode, "nearest, linear or cubic");
        };
        if (kind == ResizeKind.NEAREST) {
            boolean plain = coordinates.equals("asymmetric") && rounding.equals("floor");
            if (!plain && !repeatsPixels(n, coordinates, rounding, size, scales)) {
                throw n.refused(
                        "nearest with " + coordinates + " and " + rounding,
                        "asymmetric and floor, or half_pixel with a whole factor");
            }
            n.give(new Op.Resize(kind, false), n.in(0), size);
            return;
        }
        if (kind == ResizeKind.BICUBIC && cubic != -0.75) {
            throw n.refused("cubic_coeff_a = " + cubic, "-0.75");
        }
        boolean corners = coordinates.equals("align_corners");
        if (!corners && !coordinates.equals("half_pixel") && !coordinates.equals("pytorch_half_pixel")) {
            throw n.refused(mode + " with " + coordinates, "half_pixel, pytorch_half_pixel or align_corners");
        }
        n.give(new Op.Resize(kind, corners), n.in(0), size);
    }

    private static Value lastTwo(OnnxNode n, Value sizes) {
        return n.step(new Op.Slice(), sizes, n.integers(2), n.integers(4), n.integers(0), n.integers(1));
    }

    /** A factor that gives no whole number is refused: the runtime then keeps the factor, PyTorch the size. */
    private static Value scaled(OnnxNode n, float[] scales) {
        if (scales[0] != 1 || scales[1] != 1) {
            throw n.refused("scales " + scales[0] + ", " + scales[1] + " of batch and channels", "1, 1");
        }
        Value[] lengths = new Value[2];
        for (int i = 0; i < 2; i++) {
            Dim d = n.shape(0).dim(i + 2);
            float scale = scales[i + 2];
            if (d.isFixed() && d.size() * (double) scale % 1 == 0) {
                lengths[i] = n.integers((long) (d.size() * (double) scale));
            } else if (scale % 1 == 0) {
                Value length = n.step(new Op.Gather(0), n.step(new Op.ShapeOf(), n.in(0)), n.integers(i + 2));
                lengths[i] =
                        n.step(BinaryKind.MUL, length, n.graph().constant(HostTensor.of(new long[] {(long) scale}, 1)));
            } else {
                throw n.refused("scale " + scale + " of " + n.shape(0), "a factor that gives a whole length");
            }
        }
        return n.step(new Op.Concat(0), lengths[0], lengths[1]);
    }

    /** Whether each pixel is simply repeated, so that the ways of rounding agree with one another. */
    private static boolean repeatsPixels(
            OnnxNode n, String coordinates, String rounding, Value size, Optional<float[]> scales) {
        for (int i = 0; i < 2; i++) {
            double factor;
            if (scales.isPresent()) {
                factor = scales.get()[i + 2];
            } else if (size.isConstant() && n.shape(0).dim(i + 2).isFixed()) {
                factor = size.constant().longAt(i) / (double) n.shape(0).size(i + 2);
            } else {
                return false;
            }
            boolean halves = coordinates.contains("half_pixel") && rounding.startsWith("round_") && factor % 1 == 0;
            boolean corner = coordinates.equals("asymmetric")
                    && rounding.equals("round_prefer_floor")
                    && (factor == 1 || factor == 2);
            if (!halves && !corner) {
                return false;
            }
        }
        return true;
    }
}
