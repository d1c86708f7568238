// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tensor;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A length that follows from an open one as windows slide over it: {@code floor((axis + plus) / step) + offset}.
 *
 * <p>Convolution and pooling turn lengths of this kind into others of this kind, so that a whole network of them still
 * knows its feature maps by the height and width of the picture: {@code [N, 512, (H + 31)/32, (W + 31)/32]}. Two ways
 * to the same length get the same text, which is the name of their {@link Dim}.
 *
 * @param axis the name of the open length
 * @param plus from 0 to {@code step - 1}
 * @param step at least 1
 * @param offset any number
 */
public record StridedLength(String axis, long plus, long step, long offset) {
    private static final Pattern FORM = Pattern.compile(
            "(?:" + "\\((.+) \\+ (\\d{1,15})\\)/(\\d{1,15})" + "|(.+)/(\\d{1,15})" + "|(.+?)" + ")( [+-] \\d{1,15})?");

    /** Brings every such length into its one form. */
    public StridedLength {
        offset += Math.floorDiv(plus, step);
        plus = Math.floorMod(plus, step);
    }

    /** What the name of an open axis says; empty where the length is known or has no name. */
    public static Optional<StridedLength> of(Dim dim) {
        if (!dim.isNamed()) {
            return Optional.empty();
        }
        Matcher m = FORM.matcher(dim.name());
        if (!m.matches()) {
            return Optional.of(new StridedLength(dim.name(), 0, 1, 0));
        }
        String axis = m.group(1) != null ? m.group(1) : m.group(4) != null ? m.group(4) : m.group(6);
        long step = number(m.group(3), number(m.group(5), 1));
        return Optional.of(
                step == 0
                        ? new StridedLength(dim.name(), 0, 1, 0)
                        : new StridedLength(axis, number(m.group(2), 0), step, number(m.group(7), 0)));
    }

    private static long number(@Nullable String text, long otherwise) {
        return text == null ? otherwise : Long.parseLong(text.replaceAll("[ +]", ""));
    }

    /**
     * How often a window fits.
     *
     * @param span elements that the window reaches over, {@code dilation (kernel - 1) + 1}
     * @param stride elements from one window to the next
     * @param pads elements added before and after together
     */
    public StridedLength windows(long span, long stride, long pads) {
        return moved(pads - span).divided(stride).moved(1);
    }

    /** Divided by a number of at least 1 and rounded down. */
    public StridedLength divided(long by) {
        // floor((floor(x / s) + b) / t) = floor((x + s b) / (s t)) for whole numbers, s and t above 0.
        return new StridedLength(axis, plus + step * offset, step * by, 0);
    }

    /** This many elements more, or fewer. */
    public StridedLength moved(long elements) {
        return new StridedLength(axis, plus, step, offset + elements);
    }

    /** The length where the axis is this long. */
    public long at(long axisLength) {
        return Math.floorDiv(axisLength + plus, step) + offset;
    }

    /** An open axis of this length. */
    public Dim dim() {
        return Dim.named(toString());
    }

    @Override
    public String toString() {
        String divided = step == 1 ? axis : (plus == 0 ? axis : "(" + axis + " + " + plus + ")") + "/" + step;
        return offset == 0 ? divided : divided + (offset > 0 ? " + " : " - ") + Math.abs(offset);
    }
}
