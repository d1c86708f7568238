// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.dataset;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Table;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.model.Config;

/**
 * Reads interactions: {@code ratings.dat} with {@code user::item::rating::time}, as MovieLens and MovieTweetings have
 * it, or any {@link Table} with columns for user and item and perhaps for rating and time.
 *
 * <p>Settings: {@code user-column}, {@code item-column}, {@code rating-column}, {@code time-column}, by name or by
 * number from 1; without them the usual names are looked for, and in a file without a header the first columns are
 * user, item, rating and time. {@code positive-from}: rows with a lower rating are no interactions.
 */
public final class InteractionReader {
    private static final String SEPARATOR = "::";
    private static final List<String> USER = List.of("user", "user_id", "userid", "customer", "customer_id", "visitor");
    private static final List<String> ITEM =
            List.of("item", "item_id", "itemid", "movie", "movie_id", "movieid", "product", "product_id", "productid");
    private static final List<String> RATING = List.of("rating", "ratings", "score", "stars");
    private static final List<String> TIME = List.of("time", "timestamp", "date", "unix_time");

    private final Path file;
    private final Config settings;
    private final List<String> notes = new ArrayList<>();

    private InteractionReader(Path file, Config settings) {
        this.file = file;
        this.settings = settings;
    }

    /**
     * What a file holds.
     *
     * @param rows each pair of a user and an item once, the latest, in the order of the file
     * @param rated whether there are ratings
     * @param timed whether there are times
     * @param notes what was guessed or left out, a sentence each
     */
    public record Content(List<InteractionRow> rows, boolean rated, boolean timed, List<String> notes) {
        /** Keeps copies. */
        public Content {
            rows = List.copyOf(rows);
            notes = List.copyOf(notes);
        }
    }

    /**
     * Reads a file.
     *
     * @throws InvalidDataException that names row and column of a cell that is missing or no number, or says that there
     *     is nothing to read
     * @throws UnknownNameException if a column is not there
     */
    public static Content read(Path file, Config settings) {
        return new InteractionReader(file, settings).read();
    }

    private Content read() {
        Table table = table();
        notes.addAll(table.notes());
        int user = column(table, "user", USER, 0);
        int item = column(table, "item", ITEM, 1);
        int rating = optional(table, "rating", RATING, 2);
        int time = optional(table, "time", TIME, 3);
        if (table.rows().isEmpty()) {
            throw empty("a header and no rows");
        }
        double least = least();
        List<InteractionRow> rows = new ArrayList<>();
        int low = 0;
        for (Table.Row row : table.rows()) {
            String who = named(table, row, user, "user");
            String what = named(table, row, item, "item");
            float given = rating < 0 ? 1 : rating(table, row, rating);
            long when = time < 0 ? row.line() : time(table, row, time);
            if (given < least) {
                low++;
            } else {
                rows.add(new InteractionRow(who, new Interaction(what, given, when), row.source()));
            }
        }
        if (low > 0) {
            notes.add(String.format(
                    Locale.ROOT, "%s: %,d rows with a rating below %s are no interactions.", table.name(), low, least));
        }
        if (rows.isEmpty()) {
            throw empty(low + " rows, all with a rating below " + least);
        }
        if (time < 0) {
            notes.add(table.name() + ": there is no column of times; a later row counts as later.");
        }
        return new Content(latest(rows, table.name()), rating >= 0, time >= 0, notes);
    }

    private double least() {
        if (!settings.has("positive-from")) {
            return Double.NEGATIVE_INFINITY;
        }
        String text = settings.text("positive-from");
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            throw new InvalidDataException(
                    "'positive-from' is no rating.",
                    "'" + text + "'",
                    "a number",
                    "write --set positive-from=7, say",
                    e);
        }
    }

    private InvalidDataException empty(String found) {
        return new InvalidDataException(
                "'" + file.getFileName() + "' holds no interactions.",
                found,
                "at least one row with a user and an item",
                "check the path, the columns, and positive-from");
    }

    // ------------------------------------------------------------------------------------------- columns

    private Table table() {
        String name = String.valueOf(file.getFileName());
        if (!name.toLowerCase(Locale.ROOT).endsWith(".dat")) {
            return Table.read(file, Table.Header.of(given("user"), given("item"), given("rating"), given("time")));
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
        List<Table.Row> rows = new ArrayList<>();
        int width = 0;
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).isBlank()) {
                continue;
            }
            List<List<String>> cells = new ArrayList<>();
            for (String cell : lines.get(i).split(SEPARATOR, -1)) {
                cells.add(List.of(cell));
            }
            String source = name + " line " + (i + 1);
            width = width == 0 ? cells.size() : width;
            if (cells.size() != width || width < 2) {
                throw new InvalidDataException(
                        source + " does not hold what the other lines do.",
                        cells.size() + " cells: '" + lines.get(i) + "'",
                        Math.max(2, width) + " cells with '" + SEPARATOR + "' between them",
                        "correct the line");
            }
            rows.add(new Table.Row(source, i + 1L, cells));
        }
        if (rows.isEmpty()) {
            throw empty(lines.size() + " lines, all blank");
        }
        List<String> columns = new ArrayList<>();
        for (int i = 1; i <= width; i++) {
            columns.add(String.valueOf(i));
        }
        return new Table(name, Table.Format.CSV, false, columns, rows, List.of());
    }

    private @Nullable String given(String role) {
        String key = role + "-column";
        return settings.has(key) ? settings.text(key) : null;
    }

    private int column(Table table, String role, List<String> usual, int place) {
        int found = optional(table, role, usual, place);
        if (found < 0) {
            throw new UnknownNameException(
                    "column of the " + role + "s",
                    usual.get(0),
                    table.columns(),
                    "say which it is: --" + role + "-column");
        }
        return found;
    }

    private int optional(Table table, String role, List<String> usual, int place) {
        String given = given(role);
        if (given != null) {
            return table.column(given);
        }
        if (!table.header()) {
            return place < table.columns().size() ? place : -1;
        }
        List<String> names = table.columns().stream()
                .map(c -> c.strip().toLowerCase(Locale.ROOT).replace(' ', '_'))
                .toList();
        return usual.stream()
                .mapToInt(names::indexOf)
                .filter(i -> i >= 0)
                .findFirst()
                .orElse(-1);
    }

    // ------------------------------------------------------------------------------------------- cells

    private static String place(Table table, Table.Row row, int column) {
        return row.source() + ", column '" + table.columns().get(column) + "'";
    }

    private static String named(Table table, Table.Row row, int column, String role) {
        String id = row.text(column).strip();
        if (id.isEmpty()) {
            throw new InvalidDataException(
                    place(table, row, column) + " names no " + role + ".",
                    "an empty cell",
                    "the id of " + (role.equals("item") ? "an item" : "a user"),
                    "fill the cell, or take the row out");
        }
        return id;
    }

    private static float rating(Table table, Table.Row row, int column) {
        String text = row.text(column).strip();
        float value = Float.NaN;
        try {
            value = Float.parseFloat(text);
        } catch (NumberFormatException e) {
            // Reported below, as are NaN and infinity.
        }
        if (!Float.isFinite(value)) {
            throw new InvalidDataException(
                    place(table, row, column) + " holds no rating.",
                    text.isEmpty() ? "an empty cell" : "'" + text + "'",
                    "a finite number",
                    "correct the cell, or name another column (--rating-column)");
        }
        return value;
    }

    /** Seconds since 1970, or a date in ISO's notation. */
    private static long time(Table table, Table.Row row, int column) {
        String text = row.text(column).strip();
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException notWhole) {
            try {
                return text.contains("T")
                        ? Instant.parse(text.endsWith("Z") ? text : text + "Z").getEpochSecond()
                        : LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toEpochSecond();
            } catch (DateTimeException e) {
                throw new InvalidDataException(
                        place(table, row, column) + " holds no time.",
                        text.isEmpty() ? "an empty cell" : "'" + text + "'",
                        "seconds since 1970, 2024-05-31 or 2024-05-31T12:00:00Z",
                        "correct the cell, or name another column (--time-column)",
                        e);
            }
        }
    }

    /** Of rows of one user and one item the latest stays; of equally late ones the last. */
    private List<InteractionRow> latest(List<InteractionRow> rows, String name) {
        record Pair(String user, String item) {}
        Map<Pair, InteractionRow> kept = new LinkedHashMap<>();
        String first = "";
        int again = 0;
        for (InteractionRow row : rows) {
            Pair pair = new Pair(row.user(), row.interaction().item());
            InteractionRow before = kept.get(pair);
            if (before != null) {
                first = again == 0 ? row.source() + " and " + before.source() : first;
                again++;
            }
            if (before == null
                    || row.interaction().time() >= before.interaction().time()) {
                kept.put(pair, row);
            }
        }
        if (again > 0) {
            notes.add(String.format(
                    Locale.ROOT,
                    "%s: %,d rows repeat a user and an item (%s, first); the latest of each was kept.",
                    name,
                    again,
                    first));
        }
        return List.copyOf(kept.values());
    }
}
