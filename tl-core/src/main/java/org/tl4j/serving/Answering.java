// SPDX-License-Identifier: Apache-2.0
package org.tl4j.serving;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Batches;
import org.tl4j.data.Dataset;
import org.tl4j.data.Prefetch;
import org.tl4j.engine.InferenceSession;
import org.tl4j.model.Batch;
import org.tl4j.model.Evaluation;
import org.tl4j.model.Head;
import org.tl4j.model.Illustration;
import org.tl4j.model.Preprocessor;
import org.tl4j.model.TaskHead;
import org.tl4j.tensor.HostTensor;

/**
 * Runs many examples through a preprocessor and a session, batch by batch. What is cheap to keep, such as token ids, is
 * encoded together and run in batches of like length; of what is not, such as pictures, a few batches are encoded ahead
 * of the one that runs, and no more are held.
 */
public final class Answering {
    /** Cheap examples that are encoded and sorted together. */
    private static final int WINDOW = 8192;

    private static final int AHEAD = 3;
    private static final int BATCH = 32;

    private Answering() {}

    /** Takes the answers to a batch. */
    public interface Reader {
        /** Which examples were run, and the outputs, whose first axis is in their order. */
        void read(int[] indices, Map<String, HostTensor> outputs);
    }

    /** The answers to examples, in their order and in the examples' own terms. */
    public static <X, Y, P> List<P> predict(
            List<X> examples,
            Head<X, Y, P> description,
            TaskHead<Y, P> head,
            Preprocessor<X> preprocessor,
            InferenceSession session) {
        List<P> answers = new ArrayList<>(Collections.nCopies(examples.size(), (P) null));
        run(examples::get, examples.size(), BATCH, preprocessor, session, (indices, outputs) -> {
            List<P> decoded = head.decode(outputs);
            for (int i = 0; i < indices.length; i++) {
                answers.set(indices[i], description.finished(decoded.get(i), examples.get(indices[i])));
            }
        });
        return answers;
    }

    /** Has an evaluator, and an illustration if there is one, take every example with the answer to it. */
    public static <X, Y, P> Evaluation judge(
            Dataset<X, Y> data,
            TaskHead<Y, P> head,
            TaskHead.Evaluator<Y> evaluator,
            @Nullable Illustration<X, Y, P> illustration,
            Preprocessor<X> preprocessor,
            InferenceSession session) {
        run(i -> data.get(i).input(), data.size(), BATCH, preprocessor, session, (indices, outputs) -> {
            evaluator.add(
                    outputs,
                    IntStream.of(indices).mapToObj(i -> data.get(i).target()).toList());
            if (illustration != null) {
                List<P> answers = head.decode(outputs);
                for (int i = 0; i < indices.length; i++) {
                    illustration.add(data.get(indices[i]), answers.get(i));
                }
            }
        });
        return evaluator.evaluation();
    }

    /**
     * Runs examples; the reader is called on this thread.
     *
     * @param examples by index; asked for once each, and by other threads where they are not cheap to keep
     * @param count how many there are
     * @param most examples of a batch
     */
    public static <X> void run(
            IntFunction<X> examples,
            int count,
            int most,
            Preprocessor<X> preprocessor,
            InferenceSession session,
            Reader reader) {
        if (!preprocessor.isCheapToKeep()) {
            List<int[]> batches = Batches.sequential(count, preprocessor.batch(most));
            if (batches.size() == 1) {
                // Nothing to do ahead of; threads that are made for one answer delay it.
                alike(examples, batches.get(0), preprocessor)
                        .forEach(a -> reader.read(a.indices(), session.run(a.inputs())));
                return;
            }
            try (Prefetch<List<Alike>> inputs =
                    new Prefetch<>(0, batches.size(), AHEAD, b -> alike(examples, batches.get(b), preprocessor))) {
                while (inputs.hasNext()) {
                    inputs.next().forEach(a -> reader.read(a.indices(), session.run(a.inputs())));
                }
            }
            return;
        }
        for (int from = 0; from < count; from += WINDOW) {
            int begin = from;
            List<Map<String, HostTensor>> encoded =
                    preprocessor.encodeAll(IntStream.range(begin, Math.min(count, begin + WINDOW))
                            .mapToObj(examples)
                            .toList());
            int[] lengths = encoded.stream()
                    .mapToInt(e ->
                            e.values().stream().mapToInt(HostTensor::elements).sum())
                    .toArray();
            for (int[] batch : Batches.alike(lengths, most)) {
                List<Map<String, HostTensor>> rows = new ArrayList<>();
                for (int i : batch) {
                    rows.add(encoded.get(i));
                }
                int[] indices = IntStream.of(batch).map(i -> begin + i).toArray();
                reader.read(indices, session.run(Batch.collate(rows, preprocessor.padding())));
            }
        }
    }

    /** Examples of the same shapes, which are run together: a picture that is filled up is another picture. */
    @SuppressWarnings("ArrayRecordComponent") // never leaves this class
    private record Alike(int[] indices, Map<String, HostTensor> inputs) {}

    private static <X> List<Alike> alike(IntFunction<X> examples, int[] batch, Preprocessor<X> preprocessor) {
        List<Map<String, HostTensor>> encoded = IntStream.of(batch)
                .mapToObj(i -> preprocessor.encode(examples.apply(i)))
                .toList();
        List<Alike> parts = new ArrayList<>();
        for (int[] part : Batch.alike(encoded)) {
            List<Map<String, HostTensor>> rows =
                    IntStream.of(part).mapToObj(encoded::get).toList();
            parts.add(new Alike(
                    IntStream.of(part).map(i -> batch[i]).toArray(), Batch.collate(rows, preprocessor.padding())));
        }
        return parts;
    }
}
