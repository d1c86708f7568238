// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Batches;
import org.tl4j.data.Prefetch;
import org.tl4j.engine.InferenceSession;
import org.tl4j.error.WriteFailedException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Value;
import org.tl4j.model.Batch;
import org.tl4j.tensor.DType;
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
    private static final long PAGE = 1L << 16;

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
        Path folder = Path.of(System.getProperty("java.io.tmpdir"));
        return fill(prefix, session, examples, view, encode, padding, memory, folder, SEGMENT, listener);
    }

    /** The same with the folder of the file, and how much of it is mapped at once. */
    static <Y> FeatureCache fill(
            Graph prefix,
            InferenceSession session,
            Examples<Y> examples,
            long view,
            Function<Y, Map<String, HostTensor>> encode,
            Map<String, Double> padding,
            long memory,
            Path folder,
            long segment,
            TrainingListener listener) {
        int n = examples.size();
        int[] lengths = IntStream.range(0, n).map(examples::length).toArray();
        List<Map<String, HostTensor>> rows = new ArrayList<>(Collections.nCopies(n, Map.of()));
        Store store = new Store(memory, folder, segment);
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
                store.part = (double) done / n;
                listener.progress("frozen layers", done, n);
            }
            store.finish();
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
        List<Map<String, HostTensor>> targets =
                examples.stream().map(e -> encode.apply(e.target())).toList();
        List<Map<String, HostTensor>> inputs = new ArrayList<>();
        for (int i = 0; i < targets.size(); i++) {
            // A target may say itself what is to be answered for, in place of what the example is asked for elsewhere.
            Map<String, HostTensor> all = new LinkedHashMap<>(examples.get(i).inputs());
            all.putAll(targets.get(i));
            inputs.add(only(prefix, all));
        }
        List<Map<String, HostTensor>> rows = new ArrayList<>(Collections.nCopies(inputs.size(), Map.of()));
        List<int[]> parts =
                isFilledUp ? List.of(IntStream.range(0, inputs.size()).toArray()) : Batch.alike(inputs);
        for (int[] part : parts) {
            Map<String, HostTensor> answers = session.run(
                    Batch.collate(IntStream.of(part).mapToObj(inputs::get).toList(), padding));
            for (int i = 0; i < part.length; i++) {
                Map<String, HostTensor> row = own(prefix, inputs.get(part[i]), answers, i);
                row.putAll(targets.get(part[i]));
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

    /**
     * Keeps tensors in memory up to a limit, and in a file from there on, which is mapped when all is written. What was
     * mapped before it was written would end the whole process on a full disk.
     */
    private static final class Store {
        private final long memory;
        private final Path folder;
        private final long segment;
        private final List<Written> places = new ArrayList<>();
        private long written;
        private double part;
        private @Nullable Path file;
        private @Nullable FileChannel channel;
        private long windowBegin;
        private long end;

        /**
         * A tensor in the file.
         *
         * @param row that it belongs to
         * @param window where the part of the file begins that is mapped for it
         */
        private record Written(
                Map<String, HostTensor> row,
                String name,
                DType dtype,
                Shape shape,
                long window,
                long offset,
                int size) {}

        Store(long memory, Path folder, long segment) {
            this.memory = memory;
            this.folder = folder;
            this.segment = segment;
        }

        /** The tensors; those that lie in the file are among them after {@link #finish}. */
        Map<String, HostTensor> keep(Map<String, HostTensor> tensors) {
            Map<String, HostTensor> kept = new LinkedHashMap<>();
            tensors.forEach((name, t) -> {
                if (written < memory) {
                    kept.put(name, inMemory(t));
                } else {
                    places.add(inFile(kept, name, t));
                }
            });
            return kept;
        }

        /** A copy of its own: a row of a batch would keep the whole batch alive. */
        private HostTensor inMemory(HostTensor t) {
            ByteBuffer copy = HostTensor.allocate(t.dtype(), t.elements());
            copy.put(0, t.bytes(), 0, copy.capacity());
            written += copy.capacity();
            return HostTensor.of(t.dtype(), t.shape(), copy);
        }

        private Written inFile(Map<String, HostTensor> row, String name, HostTensor t) {
            ByteBuffer bytes = t.bytes().slice();
            int size = bytes.remaining();
            try {
                FileChannel out = open();
                // Every tensor begins at a multiple of 64 bytes, where vector instructions like it, and a window at one
                // of the pages of every system.
                long offset = (end + 63) / 64 * 64;
                if (offset + size - windowBegin > segment && offset > windowBegin) {
                    offset = (end + PAGE - 1) / PAGE * PAGE;
                    windowBegin = offset;
                }
                for (long at = offset; bytes.hasRemaining(); ) {
                    at += out.write(bytes, at);
                }
                end = offset + size;
                written += size;
                return new Written(row, name, t.dtype(), t.shape(), windowBegin, offset, size);
            } catch (IOException e) {
                throw failed(size, e);
            }
        }

        private FileChannel open() throws IOException {
            FileChannel out = channel;
            if (out == null) {
                Path made = Files.createTempFile(folder, "tl4j-features-", ".bin");
                file = made;
                if (made.getFileSystem().equals(FileSystems.getDefault())) {
                    made.toFile().deleteOnExit();
                }
                out = FileChannel.open(made, StandardOpenOption.READ, StandardOpenOption.WRITE);
                channel = out;
            }
            return out;
        }

        /** Puts the tensors of the file into their rows. */
        void finish() {
            try (FileChannel in = channel) {
                if (in == null) {
                    return;
                }
                Map<Long, Long> ends = new TreeMap<>();
                places.forEach(w -> ends.merge(w.window(), w.offset() + w.size(), Math::max));
                Map<Long, ByteBuffer> windows = new TreeMap<>();
                for (Map.Entry<Long, Long> e : ends.entrySet()) {
                    windows.put(
                            e.getKey(), in.map(FileChannel.MapMode.READ_ONLY, e.getKey(), e.getValue() - e.getKey()));
                }
                for (Written w : places) {
                    ByteBuffer window = Objects.requireNonNull(windows.get(w.window()));
                    ByteBuffer own = window.slice((int) (w.offset() - w.window()), w.size());
                    w.row().put(w.name(), HostTensor.of(w.dtype(), w.shape(), own));
                }
                places.clear();
            } catch (IOException e) {
                throw failed(0, e);
            }
        }

        private WriteFailedException failed(long size, IOException e) {
            String free;
            try {
                free = Files.getFileStore(folder).getUsableSpace() + " bytes free";
            } catch (IOException unknown) {
                e.addSuppressed(unknown);
                free = "free space not known";
            }
            return new WriteFailedException(
                    "Frozen features could not be written to '" + (file == null ? folder : file) + "' after " + end
                            + " bytes.",
                    e.getClass().getSimpleName() + ": " + e.getMessage() + "; " + free,
                    "room for " + (part > 0 ? "about " + Math.round(written / part - written) : size) + " bytes more",
                    "free some space, name another folder with -Djava.io.tmpdir, or give the JVM more memory",
                    e);
        }

        void discard() {
            places.clear();
            FileChannel out = channel;
            if (out != null) {
                try {
                    out.close();
                } catch (IOException e) {
                    System.getLogger(FeatureCache.class.getName())
                            .log(System.Logger.Level.DEBUG, "the feature cache '" + file + "' could not be closed", e);
                }
            }
            if (file != null) {
                delete(file);
            }
        }
    }
}
