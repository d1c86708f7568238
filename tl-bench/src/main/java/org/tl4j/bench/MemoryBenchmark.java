// SPDX-License-Identifier: Apache-2.0
package org.tl4j.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.tl4j.bench.Comparison.Better;
import org.tl4j.bench.Comparison.Rival;
import org.tl4j.engine.TrainingSession;
import org.tl4j.model.Classification;
import org.tl4j.model.TaskHead;
import org.tl4j.serving.Predictor;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tuning.Trainable;

/**
 * Resident memory over many steps, as the system counts it: what leaks a little in every step shows after 10,000. Texts
 * are short and of different lengths, for the sake of time and because equal lengths would hide what allocators do.
 */
final class MemoryBenchmark implements Benchmark {
    private static final String RESIDENT = "resident";
    private static final int CHECKPOINTS = 20;
    private static final int ROWS = 4;
    private static final int LONGEST = 24;

    @Override
    public String name() {
        return "memory";
    }

    @Override
    public String title() {
        return "resident memory, MiniLM-L6, batches of 4 texts of 2 to 24 tokens, Java heap at most 1 GB";
    }

    @Override
    public List<Comparison> comparisons(Setup setup) {
        return List.of(
                row("training", "resident after 10,000 steps, all layers"),
                row("inference", "resident after 10,000 answered batches"));
    }

    private static Comparison row(String name, String title) {
        return new Comparison(
                name, title, "MB", Better.LESS, List.of(new Rival("eager", "PyTorch eager")), 0, 1, 0, 0, Map.of());
    }

    private static int steps(Setup setup) {
        return setup.of(10_000, 40);
    }

    @Override
    public void prepare(String comparison, Setup setup) {
        MiniLm shared = new MiniLm(setup);
        shared.writeSaved();
        shared.writeTexts("memory", MiniLm.texts(256, 1, 2));
    }

    /** The median of the last checkpoints less that of those after the first tenth, for each side. */
    @Override
    public String remark(Map<String, List<Double>> tl4j, Map<String, List<Double>> rival) {
        return "grew by " + growth(tl4j) + " after the first tenth of the steps, Python by " + growth(rival)
                + "; TL4J at each twentieth: " + all(tl4j) + "; Python: " + all(rival);
    }

    private static String all(Map<String, List<Double>> series) {
        return series.getOrDefault(RESIDENT, List.of()).stream()
                .map(m -> Long.toString(Math.round(m)))
                .reduce((a, b) -> a + " " + b)
                .orElse("");
    }

    private static String growth(Map<String, List<Double>> series) {
        List<Double> resident = series.getOrDefault(RESIDENT, List.of());
        if (resident.size() < CHECKPOINTS) {
            return "an unknown amount";
        }
        double early = new Sample(resident.subList(CHECKPOINTS / 10, CHECKPOINTS / 10 + 3)).median();
        double late = new Sample(resident.subList(CHECKPOINTS - 3, CHECKPOINTS)).median();
        return String.format(Locale.ROOT, "%.1f MB", late - early);
    }

    @Override
    public Side open(String comparison, Setup setup) {
        return comparison.equals("training") ? new Training(setup) : new Inference(setup);
    }

    /** Runs steps and notes resident memory at equal distances. */
    private static Side.Measured watch(int steps, Runnable step) {
        List<Double> resident = new ArrayList<>();
        for (int i = 1; i <= steps; i++) {
            step.run();
            if (i % (steps / CHECKPOINTS) == 0) {
                resident.add(Machine.residentMegabytes());
            }
        }
        return new Side.Measured(resident.get(resident.size() - 1), Map.of(RESIDENT, resident));
    }

    private static final class Training implements Side {
        private final int steps;
        private final Random random = new Random(11);
        private final TrainingSession session;
        private long seed;

        Training(Setup setup) {
            steps = steps(setup);
            Trainable<List<String>, Classification> model = new MiniLm(setup).trainable(true);
            session = StepBenchmark.session(model, StepBenchmark.trained(model, "all"));
        }

        @Override
        public Map<String, List<Double>> verify() {
            return Map.of();
        }

        @Override
        public Measured measure() {
            return watch(steps, () -> {
                session.backward(batch(), seed++);
                session.step(1e-6, 1);
            });
        }

        private Map<String, HostTensor> batch() {
            int length = 2 + random.nextInt(LONGEST - 1);
            long[] ids = random.longs((long) ROWS * length, 1000, 30000).toArray();
            Map<String, HostTensor> batch = new LinkedHashMap<>(MiniLm.batch(ids, ROWS, new long[] {0, 1, 2, 3}));
            batch.put(TaskHead.LOSS_SCALE, HostTensor.scalar(1f / ROWS));
            return batch;
        }

        @Override
        public void close() {
            session.close();
        }
    }

    private static final class Inference implements Side {
        private final int steps;
        private final Random random = new Random(11);
        private final List<String> texts = MiniLm.texts(256, 1, 2);
        private final Predictor<String, List<String>, Classification> predictor;

        Inference(Setup setup) {
            steps = steps(setup);
            predictor = new MiniLm(setup).predictor();
        }

        @Override
        public Map<String, List<Double>> verify() {
            return Map.of();
        }

        @Override
        public Measured measure() {
            return watch(steps, () -> {
                int from = random.nextInt(texts.size() - ROWS);
                predictor.predict(texts.subList(from, from + ROWS));
            });
        }

        @Override
        public void close() {
            predictor.close();
        }
    }
}
