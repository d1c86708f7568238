// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.factorisation;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.tl4j.recsys.dataset.InteractionMatrix;
import org.tl4j.recsys.family.Strength;
import org.tl4j.tensor.HostTensor;
import org.tl4j.weights.WeightFile;
import org.tl4j.weights.Weights;

/**
 * Fits als to a file of {@code user item} numbers for {@code src/test/python/als_rival.py}: arguments are the file, the
 * counts of users and items, factors, alpha, regularisation, sweeps, and the seeds with commas. Prints the processor's
 * seconds of each fit after three that warm up, and writes {@code FILE.SEED.safetensors} with the factors.
 */
public final class AlsPeer {
    private AlsPeer() {}

    /** Nanoseconds of the processor that this process has taken, on all of its threads. */
    private static long processor() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }

    public static void main(String[] a) throws IOException {
        Path file = Path.of(a[0]);
        int users = Integer.parseInt(a[1]);
        int items = Integer.parseInt(a[2]);
        List<int[]> pairs = Files.readAllLines(file).stream()
                .map(l -> Arrays.stream(l.split(" ", -1))
                        .mapToInt(Integer::parseInt)
                        .toArray())
                .sorted((x, y) -> x[0] != y[0] ? Integer.compare(x[0], y[0]) : Integer.compare(x[1], y[1]))
                .toList();
        int[] begin = new int[users + 1];
        int[] item = new int[pairs.size()];
        float[] value = new float[pairs.size()];
        Arrays.fill(value, 1);
        for (int k = 0; k < item.length; k++) {
            begin[pairs.get(k)[0] + 1]++;
            item[k] = pairs.get(k)[1];
        }
        for (int u = 0; u < users; u++) {
            begin[u + 1] += begin[u];
        }
        InteractionMatrix ratings = InteractionMatrix.of(items, begin, item, value);
        ImplicitAls als = new ImplicitAls(
                Integer.parseInt(a[3]),
                Double.parseDouble(a[4]),
                Double.parseDouble(a[5]),
                Integer.parseInt(a[6]),
                Strength.ONE);
        for (int warm = 0; warm < 3; warm++) {
            als.fit(ratings, warm);
        }
        for (String seed : a[7].split(",", -1)) {
            long start = processor();
            Factors f = als.fit(ratings, Long.parseLong(seed));
            double seconds = (processor() - start) / 1e9;
            System.out.printf(Locale.ROOT, "%s %.4f %.6f%n", seed, seconds, als.objective(f, ratings));
            WeightFile.writeSafetensors(
                    Weights.of(Map.of(
                            "users", HostTensor.of(f.users(), users, als.factors()),
                            "items", HostTensor.of(f.items(), items, als.factors()))),
                    Map.of(),
                    Path.of(file + "." + seed + ".safetensors"));
        }
    }
}
