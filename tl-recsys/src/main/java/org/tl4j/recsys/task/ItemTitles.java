// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.task;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.tl4j.data.Table;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.MissingArtifactException;

/** Names of items for people. */
public final class ItemTitles {
    private static final String SEPARATOR = "::";

    private final Map<String, String> titles;

    private ItemTitles(Map<String, String> titles) {
        this.titles = Map.copyOf(titles);
    }

    /** Every item is called by its id. */
    public static ItemTitles none() {
        return new ItemTitles(Map.of());
    }

    /**
     * Reads {@code movies.dat} with {@code ID::TITLE} and more, or a table whose first two columns are these.
     *
     * @throws InvalidDataException that names the line which has no title
     */
    public static ItemTitles read(Path file) {
        Map<String, String> titles = new HashMap<>();
        if (!String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT).endsWith(".dat")) {
            for (Table.Row row : Table.read(file).rows()) {
                titles.put(row.text(0), row.text(1));
            }
            return new ItemTitles(titles);
        }
        List<String> lines;
        try {
            lines = Files.readAllLines(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new MissingArtifactException(
                    "'" + file + "' cannot be read.",
                    Files.exists(file) ? String.valueOf(e.getMessage()) : "no such file",
                    "a readable file in UTF-8",
                    "check the path",
                    e);
        }
        for (int i = 0; i < lines.size(); i++) {
            String[] cells = lines.get(i).split(SEPARATOR, -1);
            if (cells.length < 2) {
                throw new InvalidDataException(
                        file.getFileName() + " line " + (i + 1) + " has no title.",
                        "'" + lines.get(i) + "'",
                        "ID" + SEPARATOR + "TITLE",
                        "correct the line");
            }
            titles.put(cells[0], cells[1]);
        }
        return new ItemTitles(titles);
    }

    /** The title of an item, or its id where none is known. */
    public String of(String item) {
        return titles.getOrDefault(item, item);
    }
}
