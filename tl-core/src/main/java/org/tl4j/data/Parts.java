// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.dataset;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tl4j.data.Dataset;
import org.tl4j.data.Example;
import org.tl4j.data.Split;
import org.tl4j.error.InvalidDataException;

/** The names by which people call the parts of their data: {@code train}, {@code validation} and {@code test}. */
final class Parts {
    private static final Set<String> NAMES = Set.of("train", "validation", "test");

    private Parts() {}

    /** The part of that name; empty for a word that is none. */
    static String of(String word) {
        String part = Split.partName(word);
        return NAMES.contains(part) ? part : "";
    }

    static String of(Path folder) {
        return of(String.valueOf(folder.getFileName()));
    }

    /** Whether these folders are parts, one of them to train on, rather than classes. */
    static boolean areIn(List<Path> folders) {
        return folders.stream().noneMatch(f -> of(f).isEmpty())
                && folders.stream().anyMatch(f -> of(f).equals("train"));
    }

    static void requireDistinct(Path root, List<Path> folders) {
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
    static <X, Y> Map<String, Dataset<X, Y>> datasets(String name, Map<String, List<Example<X, Y>>> byPart) {
        Map<String, Dataset<X, Y>> parts = new LinkedHashMap<>();
        byPart.forEach((part, some) -> {
            if (!part.isEmpty()) {
                parts.put(part, Dataset.of(name + " (" + part + ")", some));
            }
        });
        return parts;
    }
}
