// SPDX-License-Identifier: Apache-2.0
package org.tl4j.data;

import blue.strategic.parquet.Hydrator;
import blue.strategic.parquet.ParquetReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.hadoop.metadata.ParquetMetadata;
import org.apache.parquet.io.ParquetDecodingException;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimeUnit;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimestampLogicalTypeAnnotation;
import org.apache.parquet.schema.PrimitiveType;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.UnsupportedFeatureException;

/**
 * The rows of a Parquet file as texts, one after the other: numbers as Java writes them, dates and times as ISO 8601,
 * times that are adjusted to UTC with {@code Z}, and an empty cell for null. Columns are flat.
 */
public final class ParquetRows {
    private static final Set<CompressionCodecName> CODECS = EnumSet.of(
            CompressionCodecName.UNCOMPRESSED,
            CompressionCodecName.SNAPPY,
            CompressionCodecName.ZSTD,
            CompressionCodecName.LZ4_RAW);

    private ParquetRows() {}

    /** Takes rows one at a time. */
    @FunctionalInterface
    public interface Sink {
        /**
         * Takes a row.
         *
         * @param row from 1; the names of the columns come first, as row 0
         */
        void row(long row, List<String> cells);
    }

    /**
     * Goes through a file.
     *
     * @throws CorruptFileException if it is no Parquet file, or not whole
     * @throws UnsupportedFeatureException if a column holds lists or groups, or is packed with gzip, say, which needs
     *     Hadoop
     */
    public static void read(Path file, Sink sink) {
        if (!Files.isRegularFile(file)) {
            TextFile.read(file); // refuses with what is there instead
        }
        String name = String.valueOf(file.getFileName());
        ParquetMetadata metadata;
        try {
            metadata = ParquetReader.readMetadata(file.toFile());
        } catch (IOException | RuntimeException e) {
            throw corrupt(name, e);
        }
        refuseCodecs(name, metadata);
        List<ColumnDescriptor> columns = metadata.getFileMetaData().getSchema().getColumns();
        Map<String, Integer> places = new HashMap<>();
        Map<String, PrimitiveType> types = new HashMap<>();
        List<String> names = new ArrayList<>();
        for (ColumnDescriptor c : columns) {
            if (c.getPath().length != 1 || c.getMaxRepetitionLevel() > 0) {
                throw new UnsupportedFeatureException(
                        "Column '" + String.join(".", c.getPath()) + "' of '" + name + "' is not flat.",
                        c.getPrimitiveType(),
                        "numbers, texts, dates or times",
                        "write the file without this column, or with one column for each of its values");
            }
            places.put(c.getPath()[0], names.size());
            types.put(c.getPath()[0], c.getPrimitiveType());
            names.add(c.getPath()[0]);
        }
        sink.row(0, List.copyOf(names));
        Hydrator<String[], String[], String> hydrator = new Hydrator<>() {
            @Override
            public String[] start() {
                String[] row = new String[names.size()];
                Arrays.fill(row, "");
                return row;
            }

            @Override
            public String[] add(String[] row, String heading, Object value) {
                Integer place = places.get(heading);
                PrimitiveType type = types.get(heading);
                if (place != null && type != null && value != null) {
                    row[place] = text(type, value);
                }
                return row;
            }

            @Override
            public String[] finish(String[] row) {
                return row;
            }
        };
        try (Stream<String[]> rows =
                ParquetReader.streamContent(file.toFile(), hydrator, path -> String.join(".", path))) {
            long[] row = {0};
            rows.forEach(cells -> sink.row(++row[0], Arrays.asList(cells)));
        } catch (IOException | UncheckedIOException | ParquetDecodingException e) {
            throw corrupt(name, e);
        }
    }

    /** The others need Hadoop itself. */
    private static void refuseCodecs(String name, ParquetMetadata metadata) {
        metadata.getBlocks().stream()
                .flatMap(b -> b.getColumns().stream())
                .map(ColumnChunkMetaData::getCodec)
                .filter(codec -> !CODECS.contains(codec))
                .findFirst()
                .ifPresent(codec -> {
                    throw new UnsupportedFeatureException(
                            "'" + name + "' is packed in a way that cannot be read.",
                            codec,
                            "one of " + CODECS,
                            "write it with pandas: frame.to_parquet(file, compression='snappy')");
                });
    }

    private static CorruptFileException corrupt(String name, Exception e) {
        return new CorruptFileException(
                "'" + name + "' cannot be read as Parquet.",
                String.valueOf(e.getMessage()),
                "a whole Parquet file",
                "write the file again",
                e);
    }

    private static String text(PrimitiveType type, Object value) {
        LogicalTypeAnnotation logical = type.getLogicalTypeAnnotation();
        if (logical instanceof TimestampLogicalTypeAnnotation stamp && value instanceof Long l) {
            long parts = stamp.getUnit() == TimeUnit.MILLIS
                    ? 1000
                    : stamp.getUnit() == TimeUnit.MICROS ? 1_000_000 : 1_000_000_000;
            Instant instant =
                    Instant.ofEpochSecond(Math.floorDiv(l, parts), Math.floorMod(l, parts) * (1_000_000_000 / parts));
            return stamp.isAdjustedToUTC()
                    ? instant.toString()
                    : instant.atOffset(ZoneOffset.UTC).toLocalDateTime().toString();
        }
        if (logical instanceof LogicalTypeAnnotation.DateLogicalTypeAnnotation && value instanceof Integer days) {
            return LocalDate.ofEpochDay(days).toString();
        }
        return String.valueOf(value);
    }
}
