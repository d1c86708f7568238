// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.detector;

import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Init;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Config;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;

/**
 * Isolation forest: Fei Tony Liu, Kai Ming Ting, Zhi-Hua Zhou, "Isolation Forest", ICDM 2008. Each tree cuts a sample
 * at random until every row stands alone; strange rows stand alone soon. With {@code extension} above 0 the cuts are
 * slanted: Sahand Hariri, Matias Carrasco Kind, Robert J. Brunner, "Extended Isolation Forest", IEEE TKDE 2021.
 *
 * <p>The score is the published {@code 2 ^ (-E(h(x)) / c(sampleSize))}, between 0 and 1, where {@code c} is computed
 * with harmonic numbers themselves. Columns need no scaling unless cuts are slanted. Each tree has its own random
 * numbers, so that threads do not matter.
 *
 * <p>{@link Detector#contributions}: how much, on the mean over trees, the cuts along each feature shortened the row's
 * path against the expected one. They sum to {@code c(sampleSize) - E(h(x))}.
 *
 * @param trees how many
 * @param sampleSize rows that each tree is grown on, without replacement; all rows where there are fewer
 * @param extension how many features beside the first a cut may be slanted along, at most F - 1; 0 is the forest of
 *     2008
 */
public record IsolationForest(int trees, int sampleSize, int extension) implements DetectorFamily {
    /** The name on the command line. */
    public static final String ID = "isolation-forest";

    /** Rows that a thread takes at once. */
    private static final int CHUNK = 4096;

    /** Checks the ranges. */
    public IsolationForest {
        Checks.positive("trees", trees);
        if (sampleSize < 2) {
            throw new InvalidArgumentException(
                    "A tree cannot isolate anything in its sample.",
                    "sampleSize = " + sampleSize,
                    "at least 2",
                    "use the published 256");
        }
        Checks.notNegative("extension", extension);
    }

    /** The published numbers: 100 trees on 256 rows each. */
    public static IsolationForest defaults() {
        return new IsolationForest(100, 256, 0);
    }

    /** Another number of trees. */
    public IsolationForest withTrees(int other) {
        return new IsolationForest(other, sampleSize, extension);
    }

    @Override
    public String id() {
        return ID;
    }

    @Override
    public String title() {
        return "cuts the data at random; strange rows stand alone soon (Liu et al. 2008): the first to try on tables";
    }

    @Override
    public Forest fit(float[][] rows, long seed) {
        int width = Rows.requireLearnable(rows);
        if (extension > width - 1) {
            throw new InvalidArgumentException(
                    "Cuts cannot be slanted along more features than there are.",
                    "extension = " + extension,
                    "at most " + (width - 1) + " for " + width + " columns",
                    "lower the extension");
        }
        int sample = Math.min(sampleSize, rows.length);
        Growing[] grown = new Growing[trees];
        IntStream.range(0, trees)
                .parallel()
                .forEach(t -> grown[t] = new Growing(rows, sample, extension, seed, t).grow());
        return new Forest(grown, extension == 0 ? new float[width] : centre(rows), sample, extension);
    }

    private static float[] centre(float[][] rows) {
        double[] sums = new double[rows[0].length];
        for (float[] row : rows) {
            for (int j = 0; j < sums.length; j++) {
                sums[j] += row[j];
            }
        }
        float[] centre = new float[sums.length];
        for (int j = 0; j < centre.length; j++) {
            centre[j] = (float) (sums[j] / rows.length);
        }
        return centre;
    }

    /**
     * The mean length of an unsuccessful search in a binary search tree of {@code n} rows: {@code 2 H(n - 1) - 2 (n -
     * 1) / n}; 0 for one row.
     */
    static double expectedPath(int n) {
        return n < 2 ? 0 : 2 * harmonic(n - 1) - 2.0 * (n - 1) / n;
    }

    private static double harmonic(int n) {
        if (n > 4096) {
            // The next term of the series is 1 / (120 n^4), below the last bit.
            return Math.log(n) + 0.5772156649015329 + 0.5 / n - 1.0 / (12.0 * n * n);
        }
        double sum = 0;
        for (int i = n; i > 0; i--) {
            sum += 1.0 / i;
        }
        return sum;
    }

    /** One tree while it grows. */
    private static final class Growing {
        private final float[][] rows;
        private final int extension;
        private final int limit;
        private final SplittableRandom random;
        private final int[] sample;
        private final int[] features;
        final int[] feature;
        final float[] threshold;
        final int[] left;
        final int[] count;
        final float[] length;
        final float[] normals;
        int nodes = 1;

        Growing(float[][] rows, int size, int extension, long seed, int tree) {
            this.rows = rows;
            this.extension = extension;
            this.limit = 32 - Integer.numberOfLeadingZeros(size - 1); // ceil(log2(size))
            this.random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + tree + 1).split();
            int width = rows[0].length;
            this.sample = draw(rows.length, size, random);
            this.features = IntStream.range(0, width).toArray();
            int most = 2 * size - 1;
            this.feature = new int[most];
            this.threshold = new float[most];
            this.left = new int[most];
            this.count = new int[most];
            this.length = new float[most];
            this.normals = new float[extension == 0 ? 0 : Math.multiplyExact(most, width)];
        }

        /** Different indices below {@code n}: Robert Floyd's sample (CACM 1987), or the start of a shuffle. */
        private static int[] draw(int n, int size, SplittableRandom random) {
            if (size > n / 4) {
                int[] all = IntStream.range(0, n).toArray();
                for (int i = 0; i < size; i++) {
                    swap(all, i, i + random.nextInt(n - i));
                }
                return Arrays.copyOf(all, size);
            }
            java.util.Set<Integer> drawn = new java.util.LinkedHashSet<>();
            for (int j = n - size; j < n; j++) {
                int r = random.nextInt(j + 1);
                if (!drawn.add(r)) {
                    drawn.add(j);
                }
            }
            return drawn.stream().mapToInt(Integer::intValue).toArray();
        }

        private static void swap(int[] a, int i, int j) {
            int kept = a[i];
            a[i] = a[j];
            a[j] = kept;
        }

        Growing grow() {
            grow(0, 0, sample.length, 0);
            return this;
        }

        private void grow(int node, int begin, int end, int depth) {
            count[node] = end - begin;
            int middle = end - begin > 1 && depth < limit
                    ? extension == 0 ? cut(node, begin, end) : slanted(node, begin, end)
                    : -1;
            if (middle < 0) {
                threshold[node] = Float.POSITIVE_INFINITY;
                left[node] = node;
                length[node] = (float) (depth + expectedPath(end - begin));
                return;
            }
            int child = nodes;
            left[node] = child;
            nodes += 2;
            grow(child, begin, middle, depth + 1);
            grow(child + 1, middle, end, depth + 1);
        }

        /** Cuts along a random feature that is not constant here; -1 where all are. */
        private int cut(int node, int begin, int end) {
            for (int tried = 0; tried < features.length; tried++) {
                swap(features, tried, tried + random.nextInt(features.length - tried));
                int f = features[tried];
                float low = Float.POSITIVE_INFINITY;
                float high = Float.NEGATIVE_INFINITY;
                for (int i = begin; i < end; i++) {
                    float v = rows[sample[i]][f];
                    low = Math.min(low, v);
                    high = Math.max(high, v);
                }
                if (low < high) {
                    float below = between(low, high, (float) (low + random.nextDouble() * ((double) high - low)));
                    feature[node] = f;
                    threshold[node] = below;
                    return partition(begin, end, i -> rows[i][f] > below);
                }
            }
            return -1;
        }

        /**
         * The number at {@code at} or beside it that has an odd {@link Forest.Complete#key key}, which
         * {@link Forest.Complete} needs; {@code low} where there is none at or above it and below {@code high}.
         */
        private static float between(float low, float high, float at) {
            int odd = Forest.Complete.key(at) | 1;
            float own = Forest.Complete.number(odd < Forest.Complete.key(high) ? odd : odd - 2);
            return own >= low && own < high ? own : low;
        }

        /** Cuts along a random direction through a random point of the rows' box; -1 where all rows are equal. */
        private int slanted(int node, int begin, int end) {
            int width = features.length;
            double[] low = new double[width];
            double[] high = new double[width];
            Arrays.fill(low, Double.POSITIVE_INFINITY);
            Arrays.fill(high, Double.NEGATIVE_INFINITY);
            for (int i = begin; i < end; i++) {
                float[] row = rows[sample[i]];
                for (int j = 0; j < width; j++) {
                    low[j] = Math.min(low[j], row[j]);
                    high[j] = Math.max(high[j], row[j]);
                }
            }
            int[] open = IntStream.range(0, width).filter(j -> low[j] < high[j]).toArray();
            if (open.length == 0) {
                return -1;
            }
            // A direction along constant features alone would cut nothing, so they are left out first.
            int slant = Math.min(extension + 1, open.length);
            for (int i = 0; i < slant; i++) {
                swap(open, i, i + random.nextInt(open.length - i));
            }
            double offset = 0;
            int base = node * width;
            for (int i = 0; i < slant; i++) {
                int j = open[i];
                float n = (float) Init.gaussian(random);
                normals[base + j] = n;
                offset += n * (low[j] + random.nextDouble() * (high[j] - low[j]));
            }
            float at = (float) offset;
            threshold[node] = at;
            // As published, a cut beside all rows leaves one side empty and counts as a step.
            return partition(begin, end, i -> dot(rows[i], normals, base) > at);
        }

        private int partition(int begin, int end, java.util.function.IntPredicate right) {
            int i = begin;
            int j = end;
            while (i < j) {
                if (right.test(sample[i])) {
                    swap(sample, i, --j);
                } else {
                    i++;
                }
            }
            return i;
        }
    }

    private static double dot(float[] row, float[] normals, int base) {
        double sum = 0;
        for (int j = 0; j < row.length; j++) {
            sum += (double) row[j] * normals[base + j];
        }
        return sum;
    }

    /** A forest that was grown. Nodes of all trees lie one after another; a leaf is its own child. */
    public static final class Forest implements Detector {
        private final int width;
        private final float[] centre;
        private final int sample;
        private final int extension;
        private final int depth;
        private final int[] roots;
        private final int[] feature;
        private final float[] threshold;
        private final int[] left;
        private final int[] count;
        private final float[] length;
        private final float[] normals;
        private final @Nullable Complete complete;

        private Forest(Growing[] grown, float[] centre, int sample, int extension) {
            this.width = centre.length;
            this.centre = centre;
            this.sample = sample;
            this.extension = extension;
            this.depth = grown[0].limit;
            int total = Arrays.stream(grown).mapToInt(g -> g.nodes).sum();
            this.roots = new int[grown.length];
            this.feature = new int[total];
            this.threshold = new float[total];
            this.left = new int[total];
            this.count = new int[total];
            this.length = new float[total];
            this.normals = new float[extension == 0 ? 0 : Math.multiplyExact(total, width)];
            int at = 0;
            for (int t = 0; t < grown.length; t++) {
                Growing g = grown[t];
                roots[t] = at;
                System.arraycopy(g.feature, 0, feature, at, g.nodes);
                System.arraycopy(g.threshold, 0, threshold, at, g.nodes);
                System.arraycopy(g.count, 0, count, at, g.nodes);
                System.arraycopy(g.length, 0, length, at, g.nodes);
                for (int i = 0; i < g.nodes; i++) {
                    left[at + i] = at + g.left[i];
                }
                if (extension > 0) {
                    System.arraycopy(g.normals, 0, normals, at * width, g.nodes * width);
                }
                at += g.nodes;
            }
            this.complete = extension == 0 ? Complete.of(this) : null;
        }

        @Override
        public String family() {
            return ID;
        }

        @Override
        public int width() {
            return width;
        }

        /** The rows that each tree was grown on; fewer than asked for where there were fewer. */
        public int sampleSize() {
            return sample;
        }

        @Override
        public double[] scores(float[][] rows) {
            Rows.requireFinite(rows, width);
            double[] out = new double[rows.length];
            IntStream.range(0, (rows.length + CHUNK - 1) / CHUNK).parallel().forEach(c -> {
                int begin = c * CHUNK;
                int end = Math.min(rows.length, begin + CHUNK);
                if (complete == null) {
                    stepwise(rows, begin, end, out);
                } else {
                    complete.lengths(rows, begin, end, out);
                }
            });
            double scale = -1 / (roots.length * expectedPath(sample));
            for (int i = 0; i < out.length; i++) {
                out[i] = Math.pow(2, out[i] * scale);
            }
            return out;
        }

        /**
         * Trees filled up to complete ones, level after level, without places of children; a leaf above the last level
         * is repeated below. Numbers are compared as integers, their {@link #key keys}, halved so that a difference
         * does not overflow: {@code x > t} is then {@code (t / 2 - x / 2) >>> 31}, exactly so where the key of
         * {@code t} is odd. It needs no branch that could be guessed wrong.
         *
         * <p>All rows of a block pass the nodes of the upper levels, a node after another, in loops that the compiler
         * turns into instructions on eight rows or more at once. From there each row goes down its own way.
         */
        private static final class Complete {
            /** Deeper trees would be filled up with too much. */
            private static final int MOST_LEVELS = 10;

            /** That all rows pass; with six, the 63 nodes cost more than two steps down. */
            private static final int UPPER_LEVELS = 4;

            /** Rows whose keys stay in the nearest cache. */
            private static final int BLOCK = 256;

            private final int trees;
            private final int width;
            private final int inner;

            /** The feature in the upper half, the threshold's halved key in the lower. */
            private final long[] nodes;

            private final float[] lengths;

            private Complete(Forest forest) {
                this.trees = forest.roots.length;
                this.width = forest.width;
                this.inner = (1 << forest.depth) - 1;
                this.nodes = new long[trees * inner];
                this.lengths = new float[trees * (inner + 1)];
                for (int t = 0; t < trees; t++) {
                    fill(forest, t, forest.roots[t], 1);
                }
            }

            /** Null where trees are of another depth, or a threshold's key is even. */
            static @Nullable Complete of(Forest forest) {
                boolean fits = forest.depth >= UPPER_LEVELS && forest.depth <= MOST_LEVELS;
                for (int node = 0; node < forest.threshold.length && fits; node++) {
                    fits = forest.left[node] == node || (key(forest.threshold[node]) & 1) == 1;
                }
                return fits ? new Complete(forest) : null;
            }

            private void fill(Forest forest, int tree, int node, int place) {
                if (place > inner) {
                    lengths[tree * (inner + 1) + place - inner - 1] = forest.length[node];
                    return;
                }
                nodes[tree * inner + place - 1] =
                        (long) forest.feature[node] << 32 | key(forest.threshold[node]) >> 1 & 0xffffffffL;
                boolean leaf = forest.left[node] == node;
                fill(forest, tree, forest.left[node], 2 * place);
                fill(forest, tree, leaf ? node : forest.left[node] + 1, 2 * place + 1);
            }

            /** An integer that is ordered as the number is; both zeros have the same. */
            static int key(float x) {
                int bits = Float.floatToRawIntBits(x + 0f);
                return bits ^ bits >> 31 & 0x7fffffff;
            }

            /** The number that has this key. */
            static float number(int key) {
                return Float.intBitsToFloat(key ^ key >> 31 & 0x7fffffff);
            }

            /** Writes sums of path lengths over all trees. */
            void lengths(float[][] rows, int begin, int end, double[] sums) {
                int[] x = new int[BLOCK * width];
                int[][] columns = new int[width][BLOCK];
                int[][] places = new int[5][BLOCK];
                double[] own = new double[BLOCK];
                for (int first = begin; first < end; first += BLOCK) {
                    int n = Math.min(BLOCK, end - first);
                    keys(rows, first, n, x, columns);
                    Arrays.fill(own, 0);
                    for (int t = 0; t < trees; t++) {
                        upper(t, columns, places);
                        lower(t, x, places[4], n, own);
                    }
                    System.arraycopy(own, 0, sums, first, n);
                }
            }

            /** Halved keys of rows, one row after another and one column after another. */
            private void keys(float[][] rows, int first, int n, int[] x, int[][] columns) {
                for (int i = 0; i < n; i++) {
                    float[] row = rows[first + i];
                    for (int j = 0; j < width; j++) {
                        int key = key(row[j]) >> 1;
                        x[i * width + j] = key;
                        columns[j][i] = key;
                    }
                }
            }

            /** Where each row stands below the upper levels. */
            private void upper(int tree, int[][] columns, int[][] places) {
                int base = tree * inner - 1;
                for (int i = 0; i < 4; i++) {
                    int place = 4 + i;
                    quarter(
                            columns,
                            nodes[base + place],
                            nodes[base + 2 * place],
                            nodes[base + 2 * place + 1],
                            places[i]);
                }
                joined(columns, nodes[base + 1], nodes[base + 2], nodes[base + 3], places);
            }

            /** Two levels: 0 to 3 where a row goes from a node and its children. */
            private static void quarter(int[][] columns, long top, long left, long right, int[] out) {
                int[] a = columns[(int) (top >>> 32)];
                int[] b = columns[(int) (left >>> 32)];
                int[] c = columns[(int) (right >>> 32)];
                for (int i = 0; i < out.length; i++) {
                    // All ones to go right, all zeros to go left; the next step is the one of the child that is
                    // reached.
                    int first = (int) top - a[i] >> 31;
                    int lefts = (int) left - b[i] >> 31;
                    int rights = (int) right - c[i] >> 31;
                    int next = lefts ^ first & (lefts ^ rights);
                    out[i] = (first & 2) - next;
                }
            }

            /** The two levels above, and what was found below them: 16 to 31. */
            private static void joined(int[][] columns, long top, long left, long right, int[][] places) {
                int[] a = columns[(int) (top >>> 32)];
                int[] b = columns[(int) (left >>> 32)];
                int[] c = columns[(int) (right >>> 32)];
                int[] p = places[0];
                int[] q = places[1];
                int[] r = places[2];
                int[] s = places[3];
                int[] out = places[4];
                for (int i = 0; i < out.length; i++) {
                    int first = (int) top - a[i] >> 31;
                    int lefts = (int) left - b[i] >> 31;
                    int rights = (int) right - c[i] >> 31;
                    int next = lefts ^ first & (lefts ^ rights);
                    int below = p[i] ^ lefts & (p[i] ^ q[i]);
                    int other = r[i] ^ rights & (r[i] ^ s[i]);
                    out[i] = 16 + (first & 8) - 4 * next + (below ^ first & (below ^ other));
                }
            }

            /**
             * Adds path lengths in one tree. Four rows go down together, so that the processor has independent steps at
             * hand, and all reach the last level at once. A loop that counted the levels would be taken apart by the
             * compiler for more rounds than there are.
             */
            private void lower(int tree, int[] x, int[] places, int n, double[] sums) {
                // Nodes are numbered from 1, as children of i are then 2 i and 2 i + 1.
                int base = tree * inner - 1;
                int leaves = (tree - 1) * (inner + 1);
                for (int i = 0; i < n; i += 4) {
                    int at = i * width;
                    int a = places[i];
                    int b = places[i + 1];
                    int c = places[i + 2];
                    int d = places[i + 3];
                    while (a <= inner) {
                        long na = nodes[base + a];
                        long nb = nodes[base + b];
                        long nc = nodes[base + c];
                        long nd = nodes[base + d];
                        a = 2 * a + ((int) na - x[at + (int) (na >>> 32)] >>> 31);
                        b = 2 * b + ((int) nb - x[at + width + (int) (nb >>> 32)] >>> 31);
                        c = 2 * c + ((int) nc - x[at + 2 * width + (int) (nc >>> 32)] >>> 31);
                        d = 2 * d + ((int) nd - x[at + 3 * width + (int) (nd >>> 32)] >>> 31);
                    }
                    sums[i] += lengths[leaves + a];
                    sums[i + 1] += lengths[leaves + b];
                    sums[i + 2] += lengths[leaves + c];
                    sums[i + 3] += lengths[leaves + d];
                }
            }
        }

        /** For slanted cuts and deep trees: a row after the other. */
        private void stepwise(float[][] rows, int begin, int end, double[] sums) {
            for (int i = begin; i < end; i++) {
                for (int root : roots) {
                    int node = root;
                    for (int next = step(rows[i], node); next != node; next = step(rows[i], node)) {
                        node = next;
                    }
                    sums[i] += length[node];
                }
            }
        }

        private int step(float[] row, int node) {
            boolean right = extension == 0
                    ? row[feature[node]] > threshold[node]
                    : left[node] != node && dot(row, normals, node * width) > threshold[node];
            return left[node] + (right ? 1 : 0);
        }

        @Override
        public Optional<double[]> contributions(float[] row) {
            Rows.requireFinite(new float[][] {row}, width);
            double[] gains = new double[width];
            for (int root : roots) {
                int node = root;
                for (int next = step(row, node); next != node; next = step(row, node)) {
                    double gain = expectedPath(count[node]) - 1 - expectedPath(count[next]);
                    if (extension == 0) {
                        gains[feature[node]] += gain;
                    } else {
                        share(gain, node, row, gains);
                    }
                    node = next;
                }
            }
            for (int j = 0; j < width; j++) {
                gains[j] /= roots.length;
            }
            return Optional.of(gains);
        }

        /** A slanted cut counts for each feature by what it adds to the row's distance from the middle of the data. */
        private void share(double gain, int node, float[] row, double[] gains) {
            double[] parts = new double[width];
            double total = 0;
            for (int j = 0; j < width; j++) {
                parts[j] = Math.abs(normals[node * width + j] * ((double) row[j] - centre[j]));
                total += parts[j];
            }
            for (int j = 0; j < width; j++) {
                gains[j] += gain * (total > 0 ? parts[j] / total : 1.0 / width);
            }
        }

        /**
         * Goes down all trees at once, one gather a level: {@code i64[N, T]} holds where each row stands in each tree.
         */
        @Override
        public Answer build(Graph graph, Value features) {
            int total = feature.length;
            int trees = roots.length;
            Value thresholds = graph.constant(HostTensor.of(threshold, total));
            Value children = graph.constant(HostTensor.of(longs(left), total));
            Value lengths = graph.constant(HostTensor.of(length, total));
            Value cuts = extension == 0
                    ? graph.constant(HostTensor.of(longs(feature), total))
                    : graph.constant(HostTensor.of(normals, total, width));
            // [N, T]: the roots, broadcast over the batch by adding zeros.
            Value zero = graph.cast(graph.mul(graph.slice(features, 1, 0, 1), graph.scalar(0)), DType.I64); // [N, 1]
            Value node = graph.add(zero, graph.constant(HostTensor.of(longs(roots), 1, trees)));
            Value rows = extension == 0 ? features : graph.unsqueeze(features, 1); // [N, 1, F]
            for (int d = 0; d < depth; d++) {
                Value x = extension == 0
                        ? graph.add("cut", new Op.GatherElements(1), features, graph.gather(cuts, node, 0))
                                .get(0)
                        : graph.reduce(Op.ReduceKind.SUM, graph.mul(rows, graph.gather(cuts, node, 0)), false, 2);
                Value right = graph.binary(Op.BinaryKind.GREATER, x, graph.gather(thresholds, node, 0));
                node = graph.add(graph.gather(children, node, 0), graph.cast(right, DType.I64));
            }
            Value mean = graph.reduce(Op.ReduceKind.MEAN, graph.gather(lengths, node, 0), false, 1); // [N]
            Value score =
                    graph.unary(Op.UnaryKind.EXP, graph.mul(mean, graph.scalar(-Math.log(2) / expectedPath(sample))));
            return new Answer(score, null);
        }

        private static long[] longs(int[] values) {
            return Arrays.stream(values).asLongStream().toArray();
        }

        @Override
        public Config describe() {
            return Config.empty()
                    .with("family", ID)
                    .with("trees", roots.length)
                    .with("sampleSize", sample)
                    .with("extension", extension)
                    .with("nodes", feature.length);
        }
    }
}
