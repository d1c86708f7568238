// SPDX-License-Identifier: Apache-2.0
package org.tl4j.error;

import java.util.Arrays;
import java.util.Locale;

/**
 * An enum whose constants users choose by name. A constant is written in lower case with dashes: {@code SHORTER_SIDE}
 * is {@code shorter-side}.
 */
public final class Choice {
    private Choice() {}

    /** The name of a constant as users write it. */
    public static String name(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * The constant of a name, in upper or lower case.
     *
     * @param kind what is chosen, such as {@code decoder}
     * @param name as a user wrote it
     * @param fix what to do about another name
     * @throws UnknownNameException if none is called so
     */
    public static <E extends Enum<E>> E of(Class<E> choices, String kind, String name, String fix) {
        E[] all = choices.getEnumConstants();
        String wanted = name.toLowerCase(Locale.ROOT);
        return Arrays.stream(all)
                .filter(c -> name(c).equals(wanted))
                .findFirst()
                .orElseThrow(() -> new UnknownNameException(
                        kind, name, Arrays.stream(all).map(Choice::name).toList(), fix));
    }
}
