// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.input;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.tl4j.data.Fingerprint;
import org.tl4j.error.Checks;

/**
 * What the pixels of a mask file stand for. A pixel is a number (grey, or an index into a palette), or a colour.
 *
 * @param kind whether pixels are numbers or colours
 * @param classes the class of each number or {@code 0xRRGGBB} colour; whatever is not here is unknown and refused
 */
public record MaskCodes(Kind kind, Map<Integer, Integer> classes) implements Fingerprint.Part {
    /** Whether pixels are numbers or colours. */
    public enum Kind {
        NUMBER,
        COLOUR
    }

    /** Keeps a copy. */
    public MaskCodes {
        classes = Collections.unmodifiableMap(new TreeMap<>(classes));
    }

    /** Numbers that are the classes themselves, 0 to {@code count - 1}; {@link Mask#IGNORE} stays what it is. */
    public static MaskCodes indices(int count) {
        Checks.positive("count", count);
        Map<Integer, Integer> classes = new TreeMap<>();
        for (int i = 0; i < count; i++) {
            classes.put(i, i);
        }
        classes.put(Mask.IGNORE, Mask.IGNORE);
        return new MaskCodes(Kind.NUMBER, classes);
    }

    /** The numbers of class 0, 1 and so on: {@code numbers(List.of(0, 255))} for black and white. */
    public static MaskCodes numbers(List<Integer> ofClasses) {
        return new MaskCodes(Kind.NUMBER, inOrder(ofClasses));
    }

    /** The colours {@code 0xRRGGBB} of class 0, 1 and so on. */
    public static MaskCodes colours(List<Integer> ofClasses) {
        return new MaskCodes(Kind.COLOUR, inOrder(ofClasses));
    }

    /** With one number or colour more whose pixels do not count. */
    public MaskCodes ignoring(int code) {
        Map<Integer, Integer> more = new TreeMap<>(classes);
        more.put(code, Mask.IGNORE);
        return new MaskCodes(kind, more);
    }

    private static Map<Integer, Integer> inOrder(List<Integer> codes) {
        Map<Integer, Integer> classes = new TreeMap<>();
        for (int i = 0; i < codes.size(); i++) {
            classes.put(codes.get(i), i);
        }
        return classes;
    }

    /** A number or colour as people write it. */
    String written(int code) {
        return kind == Kind.COLOUR ? String.format("#%06x", code) : String.valueOf(code);
    }

    @Override
    public void addTo(Fingerprint fingerprint) {
        fingerprint.add(kind).add(classes);
    }

    @Override
    public String toString() {
        return classes.size() > 12
                ? classes.size() + " " + (kind == Kind.COLOUR ? "colours" : "numbers")
                : classes.keySet().stream().map(this::written).collect(Collectors.joining(", "));
    }
}
