// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.dataset;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import org.tl4j.data.ParquetRows;
import org.tl4j.data.TextFile;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.InvalidDataException;

/**
 * Goes through the rows of a file without keeping them: {@code .csv}, {@code .tsv}, also {@code .gz}, {@code .parquet}.
 */
final class SeriesRows {
    private SeriesRows() {}

    /** Takes rows one at a time. */
    @FunctionalInterface
    interface Sink {
        /**
         * Takes a row.
         *
         * @param line where it stands in the file, from 1; of a Parquet file the number of the row
         */
        void row(long line, List<String> cells);
    }

    /** Calls the sink with each row that is not blank; the names of a Parquet file's columns come first, as line 0. */
    static void read(Path file, Sink sink) {
        String name = file.toString().toLowerCase(Locale.ROOT);
        if (name.endsWith(".parquet")) {
            ParquetRows.read(file, sink::row);
            return;
        }
        if (!Files.isRegularFile(file)) {
            TextFile.read(file); // refuses with what is there instead
        }
        String shown = String.valueOf(file.getFileName());
        try (InputStream in = Files.newInputStream(file);
                InputStream plain = name.endsWith(".gz") ? new GZIPInputStream(in) : in;
                BufferedReader reader = new BufferedReader(
                        new InputStreamReader(
                                plain,
                                StandardCharsets.UTF_8
                                        .newDecoder()
                                        .onMalformedInput(CodingErrorAction.REPORT)
                                        .onUnmappableCharacter(CodingErrorAction.REPORT)),
                        1 << 16)) {
            read(shown, reader, sink);
        } catch (UncheckedIOException | IOException e) {
            Throwable cause = e instanceof UncheckedIOException && e.getCause() != null ? e.getCause() : e;
            if (cause instanceof CharacterCodingException) {
                // The strict reader names the line.
                TextFile.read(file);
            }
            throw new CorruptFileException(
                    "'" + shown + "' cannot be read.",
                    String.valueOf(cause.getMessage()),
                    "a whole file",
                    "fetch or pack the file again",
                    e);
        }
    }

    private static void read(String name, BufferedReader reader, Sink sink) throws IOException {
        char delimiter = delimiter(name, reader);
        long line = 1;
        try (CsvReader<CsvRecord> rows = CsvReader.builder()
                .fieldSeparator(delimiter)
                .quoteCharacter('"')
                .extraFieldStrategy(FieldMismatchStrategy.IGNORE)
                .missingFieldStrategy(FieldMismatchStrategy.IGNORE)
                .allowUnclosedQuote(false)
                .ofCsvRecord((Reader) reader)) {
            for (CsvRecord row : rows) {
                line = row.getStartingLineNumber();
                if (row.getFieldCount() > 1 || !row.getField(0).isBlank()) {
                    sink.row(line, row.getFields());
                }
            }
        } catch (CsvParseException e) {
            throw new InvalidDataException(
                    "'" + name + "' has a quoted cell that does not end where it should.",
                    "after line " + line + ": " + e.getMessage(),
                    "cells in double quotes, a quote inside written twice",
                    "close the quote, or export the file again",
                    e);
        }
    }

    /** What stands most often in the first line, which is looked at and put back; a byte order mark is taken away. */
    private static char delimiter(String name, BufferedReader reader) throws IOException {
        reader.mark(1 << 15);
        if (reader.read() == 0xfeff) {
            reader.mark(1 << 15);
        } else {
            reader.reset();
        }
        int[] counts = new int[3];
        boolean quoted = false;
        for (int i = 0; i < (1 << 15) - 1; i++) {
            int c = reader.read();
            if (c < 0 || !quoted && c == '\n') {
                break;
            }
            quoted ^= c == '"';
            int which = quoted ? -1 : ",;\t".indexOf(c);
            if (which >= 0) {
                counts[which]++;
            }
        }
        reader.reset();
        if (counts[0] + counts[1] + counts[2] == 0) {
            return name.toLowerCase(Locale.ROOT).contains(".tsv") ? '\t' : ',';
        }
        return counts[2] > counts[0] && counts[2] > counts[1] ? '\t' : counts[1] > counts[0] ? ';' : ',';
    }
}
