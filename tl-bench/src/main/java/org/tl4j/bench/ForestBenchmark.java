// SPDX-License-Identifier: Apache-2.0
package org.tl4j.bench;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.tl4j.anomaly.detector.IsolationForest;
import org.tl4j.bench.Comparison.Better;
import org.tl4j.bench.Comparison.Rival;
import org.tl4j.error.WriteFailedException;

/** An isolation forest of 100 trees on 256 rows each: fitted to a table and scoring all its rows. */
final class ForestBenchmark implements Benchmark {
    private static final int WIDTH = 20;
    private static final int VERIFIED_ROWS = 1000;

    @Override
    public String name() {
        return "forest";
    }

    @Override
    public String title() {
        return "isolation forest of 100 trees, fit and scores of 1,000,000 rows of 20 columns";
    }

    @Override
    public List<Comparison> comparisons(Setup setup) {
        return List.of(
                row(setup, "seconds", "fit and score", "s", 5),
                row(setup, "resident", "resident memory after fit and score", "MB", 1));
    }

    private static Comparison row(Setup setup, String name, String title, String unit, double target) {
        return new Comparison(
                name,
                title,
                unit,
                Better.LESS,
                List.of(new Rival("sklearn", "scikit-learn")),
                setup.of(1, 0),
                setup.of(5, 1),
                target,
                0,
                // Trees are drawn at random on either side: means over rows and trees agree, not each score.
                Map.of("mean score", 2e-2));
    }

    private static Path file(Setup setup) {
        return setup.folder().resolve("forest.f32");
    }

    @Override
    public void prepare(String comparison, Setup setup) {
        int n = setup.of(1_000_000, 5_000);
        SplittableRandom random = new SplittableRandom(17);
        ByteBuffer bytes = ByteBuffer.allocate(4 * n * WIDTH).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < n; i++) {
            double spread = i % 100 == 0 ? 6 : 1;
            for (int j = 0; j < WIDTH; j++) {
                // A sum of uniform numbers is nearly normal.
                double sum = random.nextDouble() + random.nextDouble() + random.nextDouble() - 1.5;
                bytes.putFloat((float) (spread * sum));
            }
        }
        try {
            Files.createDirectories(setup.folder());
            Files.write(file(setup), bytes.array());
        } catch (IOException e) {
            throw unreadable(setup, e);
        }
    }

    private static WriteFailedException unreadable(Setup setup, IOException e) {
        return new WriteFailedException(
                "'" + file(setup) + "' cannot be written or read.",
                String.valueOf(e.getMessage()),
                "a folder that can be written to",
                "name another one with --folder",
                e);
    }

    private static float[][] rows(Setup setup) {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file(setup)), 1 << 16)) {
            float[][] rows = new float[(int) (Files.size(file(setup)) / (4 * WIDTH))][WIDTH];
            byte[] bytes = new byte[4 * WIDTH];
            FloatBuffer floats =
                    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
            for (float[] row : rows) {
                in.readNBytes(bytes, 0, bytes.length);
                floats.get(0, row);
            }
            return rows;
        } catch (IOException e) {
            throw unreadable(setup, e);
        }
    }

    @Override
    public Side open(String comparison, Setup setup) {
        return new Forests(rows(setup), comparison.equals("resident"));
    }

    private static final class Forests implements Side {
        private final float[][] rows;
        private final boolean memory;
        private long seed = 1;

        Forests(float[][] rows, boolean memory) {
            this.rows = rows;
            this.memory = memory;
        }

        @Override
        public Map<String, List<Double>> verify() {
            float[][] some = Arrays.copyOf(rows, Math.min(VERIFIED_ROWS, rows.length));
            double[] scores = IsolationForest.defaults().fit(some, 0).scores(some);
            return Map.of("mean score", List.of(Arrays.stream(scores).average().orElseThrow()));
        }

        @Override
        public Measured measure() {
            long begin = System.nanoTime();
            double[] scores = IsolationForest.defaults().fit(rows, seed++).scores(rows);
            double seconds = (System.nanoTime() - begin) / 1e9;
            return new Measured(
                    memory ? Machine.residentMegabytes() : seconds,
                    Map.of("mean", List.of(Arrays.stream(scores).average().orElseThrow())));
        }

        @Override
        public void close() {}
    }
}
