// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Batches;
import org.tl4j.data.Prefetch;
import org.tl4j.engine.InferenceSession;
import org.tl4j.error.EngineFailureException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Value;
import org.tl4j.model.Batch;
import org.tl4j.tensor.Dim;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;
import org.tl4j.tensor.StridedLength;

/**
 * What the frozen prefix of a graph answers for each example, computed once. Small features lie in memory, large ones
 * in a memory-mapped file that is deleted with the cache.
 *
 * <p>Examples are run in batches of like length, several at once, and each keeps only its own part: padding is cut off
 * again, so that what is kept for an example does not depend on its neighbours' lengths.
 */
final class FeatureCache implements AutoCloseable {
    private static final int BATCH = 32;
    private static final long SEGMENT = 1L << 30;

    private final List<Map<String, HostTensor>> rows;
    private final @Nullable Path file;
    private final long bytes;

    private FeatureCache(List<Map<String, HostTensor>> rows, @Nullable Path file, long bytes) {
        this.rows = rows;
        this.file = file;
        this.bytes = bytes;
    }

    /**
     * Runs the prefix over all examples.
     *
     * @param prefix the graph whose outputs are kept
     * @param session that runs it
     * @param view which view of the examples; see {@link Examples#get}
     * @param encode the targets of an example as tensors, which are kept with its features
     * @param memory features above this many bytes go to a file
     */
    static <Y> FeatureCache fill(
            Graph prefix,
            InferenceSession session,
            Examples<Y> examples,
            long view,
            Function<Y, Map<String, HostTensor>> encode,
            Map<String, Double> padding,
            long memory,
            TrainingListener listener) {
        int n = examples.size();
        int[] lengths = IntStream.range(0, n).map(examples::length).toArray();
        List<Map<String, HostTensor>> rows = new ArrayList<>(Collections.nCopies(n, Map.of()));
        Store store = new Store(memory);
        int concurrency = session.concurrency();
        boolean isFilledUp = IntStream.of(lengths).anyMatch(l -> l != 0);
        List<int[]> batches = Batches.alike(lengths, examples.batch(BATCH));
        // Twice as many batches as run at once are under way: no thread waits, and memory does not depend on the data.
        try (Prefetch<List<Map<String, HostTensor>>> answers =
                new Prefetch<>(0, batches.size(), 2 * concurrency, concurrency, b -> {
                    List<Examples.Prepared<Y>> some = IntStream.of(batches.get(b))
                            .mapToObj(i -> examples.get(i, view))
                            .toList();
                    return answers(prefix, session, some, encode, padding, isFilledUp);
                })) {
            int done = 0;
            for (int[] batch : batches) {
                List<Map<String, HostTensor>> own = answers.next();
                for (int i = 0; i < batch.length; i++) {
                    rows.set(batch[i], store.keep(own.get(i)));
                }
                done += batch.length;
                listener.progress("frozen layers", done, n);
            }
        } catch (RuntimeException | Error e) {
            store.discard();
            throw e;
        }
        return new FeatureCache(rows, store.file, store.written);
    }

    /**
     * What the prefix answers for each example of a batch, and the targets. Pictures that differ in size are run apart:
     * one that was filled up would have other features at its border.
     */
    private static <Y> List<Map<String, HostTensor>> answers(
            Graph prefix,
            InferenceSession session,
            List<Examples.Prepared<Y>> examples,
            Function<Y, Map<String, HostTensor>> encode,
            Map<String, Double> padding,
            boolean isFilledUp) {
        List<Map<String, HostTensor>> inputs =
                examples.stream().map(e -> only(prefix, e.inputs())).toList();
        List<Map<String, HostTensor>> rows = new ArrayList<>(Collections.nCopies(inputs.size(), Map.of()));
        List<int[]> parts =
                isFilledUp ? List.of(IntStream.range(0, inputs.size()).toArray()) : Batch.alike(inputs);
        for (int[] part : parts) {
            Map<String, HostTensor> answers = session.run(
                    Batch.collate(IntStream.of(part).mapToObj(inputs::get).toList(), padding));
            for (int i = 0; i < part.length; i++) {
                Map<String, HostTensor> row = own(prefix, inputs.get(part[i]), answers, i);
                row.putAll(encode.apply(examples.get(part[i]).target()));
                rows.set(part[i], row);
            }
        }
        return rows;
    }

    /** The features of one example by the names at the cut, and its targets, without the batch axis. */
    Map<String, HostTensor> get(int index) {
        return rows.get(index);
    }

    /** Size of all features. */
    long bytes() {
        return bytes;
    }

    /** Whether they lie in a file. */
    boolean isOnDisk() {
        return file != null;
    }

    @Override
    public void close() {
        rows.clear();
        if (file != null) {
            delete(file);
        }
    }

    private static Map<String, HostTensor> only(Graph graph, Map<String, HostTensor> inputs) {
        Map<String, HostTensor> kept = new LinkedHashMap<>(inputs);
        kept.keySet().retainAll(graph.inputs().keySet());
        return kept;
    }

    /**
     * The part of a batch's answers that belongs to one example: its row, each open axis as long as the example's own.
     */
    private static Map<String, HostTensor> own(
            Graph prefix, Map<String, HostTensor> inputs, Map<String, HostTensor> answers, int row) {
        Map<String, Long> lengths = new LinkedHashMap<>();
        prefix.inputs().forEach((name, v) -> {
            HostTensor t = inputs.get(name);
            if (t != null) {
                for (int i = 1; i < v.shape().rank(); i++) {
                    Dim d = v.shape().dim(i);
                    if (d.isNamed()) {
                        lengths.put(d.name(), t.shape().size(i - 1));
                    }
                }
            }
        });
        Map<String, HostTensor> own = new LinkedHashMap<>();
        for (Map.Entry<String, Value> output : prefix.outputs().entrySet()) {
            HostTensor answer = Batch.row(Objects.requireNonNull(answers.get(output.getKey())), row);
            Shape shape = answer.shape();
            for (int i = 0; i < shape.rank(); i++) {
                Dim d = output.getValue().shape().dim(i + 1);
                long whole = shape.size(i);
                long ownLength = StridedLength.of(d)
                        .filter(l -> lengths.containsKey(l.axis()))
                        .map(l -> l.at(lengths.getOrDefault(l.axis(), whole)))
                        .orElse(whole);
                shape = shape.with(i, Dim.of(ownLength));
            }
            own.put(output.getKey(), crop(answer, shape));
        }
        return own;
    }

    /** The corner of a tensor. */
    static HostTensor crop(HostTensor t, Shape to) {
        if (t.shape().equals(to)) {
            return t;
        }
        int rank = to.rank();
        int unit = t.dtype().bytes();
        ByteBuffer from = t.bytes();
        ByteBuffer out = HostTensor.allocate(t.dtype(), to.elements());
        int run = (int) to.size(rank - 1) * unit;
        long[] index = new long[rank];
        for (int at = 0; at < out.capacity(); at += run) {
            long offset = 0;
            for (int i = 0; i < rank; i++) {
                offset = offset * t.shape().size(i) + index[i];
            }
            out.put(at, from, (int) offset * unit, run);
            for (int i = rank - 2; i >= 0 && ++index[i] == to.size(i); i--) {
                index[i] = 0;
            }
        }
        return HostTensor.of(t.dtype(), to, out);
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            System.getLogger(FeatureCache.class.getName())
                    .log(System.Logger.Level.WARNING, "the feature cache '" + file + "' could not be deleted", e);
        }
    }

    /** Keeps tensors in memory up to a limit, and in a mapped file from there on. */
    private static final class Store {
        private final long memory;
        private long written;
        private @Nullable Path file;
        private @Nullable ByteBuffer segment;
        private long fileSize;

        Store(long memory) {
            this.memory = memory;
        }

        Map<String, HostTensor> keep(Map<String, HostTensor> tensors) {
            Map<String, HostTensor> kept = new LinkedHashMap<>();
            tensors.forEach((name, t) -> kept.put(name, written < memory ? inMemory(t) : inFile(t)));
            return kept;
        }

        /** A copy of its own: a row of a batch would keep the whole batch alive. */
        private HostTensor inMemory(HostTensor t) {
            ByteBuffer copy = HostTensor.allocate(t.dtype(), t.elements());
            copy.put(0, t.bytes(), 0, copy.capacity());
            written += copy.capacity();
            return HostTensor.of(t.dtype(), t.shape(), copy);
        }

        private HostTensor inFile(HostTensor t) {
            int size = t.bytes().remaining();
            ByteBuffer place = segment;
            if (place == null || place.remaining() < size) {
                place = map(Math.max(size, SEGMENT));
                segment = place;
            }
            ByteBuffer own = place.slice(place.position(), size);
            own.put(0, t.bytes(), 0, size);
            // Every tensor begins at a multiple of 64 bytes, where vector instructions like it.
            place.position(Math.min(place.limit(), place.position() + (size + 63) / 64 * 64));
            written += size;
            return HostTensor.of(t.dtype(), t.shape(), own);
        }

        private ByteBuffer map(long size) {
            try {
                if (file == null) {
                    file = Files.createTempFile("tl4j-features-", ".bin");
                    file.toFile().deleteOnExit();
                }
                try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                    ByteBuffer mapped = channel.map(FileChannel.MapMode.READ_WRITE, fileSize, size);
                    fileSize += size;
                    return mapped;
                }
            } catch (IOException e) {
                throw new EngineFailureException(
                        "Frozen features could not be written to a file.",
                        e.getMessage(),
                        size + " bytes free in the directory for temporary files",
                        "free some space, name another one with -Djava.io.tmpdir, or give the JVM more memory",
                        e);
            }
        }

        void discard() {
            if (file != null) {
                delete(file);
            }
        }
    }
}
