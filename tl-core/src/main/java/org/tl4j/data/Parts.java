// SPDX-License-Identifier: Apache-2.0
package org.tl4j.data;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tl4j.error.InvalidDataException;

/** The names by which people call the parts of their data: {@code train}, {@code validation} and {@code test}. */
public final class Parts {
    private static final Set<String> NAMES = Set.of("train", "validation", "test");

    private Parts() {}

    /** The part of that name; empty for a word that is none. */
    public static String of(String word) {
        String part = Split.partName(word);
        return NAMES.contains(part) ? part : "";
    }

    /** As above, of the folder's name. */
    public static String of(Path folder) {
        return of(String.valueOf(folder.getFileName()));
    }

    /** The part that a cell of a split column names; {@code source} says where the cell is, for the error. */
    public static String inColumn(String word, String source) {
        String part = of(word);
        if (part.isEmpty()) {
            throw new InvalidDataException(
                    "The split column names a part that is not known.",
                    "'" + word + "' at " + source,
                    "train, validation or test",
                    "rename the value");
        }
        return part;
    }

    /** Whether these folders are parts, one of them to train on, rather than classes. */
    public static boolean areIn(List<Path> folders) {
        return folders.stream().noneMatch(f -> of(f).isEmpty())
                && folders.stream().anyMatch(f -> of(f).equals("train"));
    }

    /** Refuses two folders whose names are words for one part. */
    public static void requireDistinct(Path root, List<Path> folders) {
        Set<String> seen = new HashSet<>();
        for (Path folder : folders) {
            if (!seen.add(of(folder))) {
                throw new InvalidDataException(
                        "Folder '" + root + "' holds one part in two folders.",
                        "'" + folder.getFileName() + "' and another word for '" + of(folder) + "'",
                        "train, val and test",
                        "put them together, or rename one");
            }
        }
    }

    /** A data set for each part; none where there is but the part without a name. */
    public static <X, Y> Map<String, Dataset<X, Y>> datasets(String name, Map<String, List<Example<X, Y>>> byPart) {
        Map<String, Dataset<X, Y>> parts = new LinkedHashMap<>();
        byPart.forEach((part, some) -> {
            if (!part.isEmpty()) {
                parts.put(part, Dataset.of(name + " (" + part + ")", some));
            }
        });
        return parts;
    }
}
