// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.detector;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.tl4j.data.Batches;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.ShapeMismatchException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Init;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;

/**
 * Distance of each place of an image to the nearest of a bank of places of normal images: Karsten Roth, Latha Pemula,
 * Joaquin Zepeda, Bernhard Schölkopf, Thomas Brox, Peter Gehler, "Towards Total Recall in Industrial Anomaly Detection"
 * (PatchCore), CVPR 2022, <a href="https://arxiv.org/abs/2106.08265">arXiv:2106.08265</a>. A place is a vector of a
 * network's feature maps of these strides, each averaged over its neighbourhood of 3 x 3, the coarser ones brought to
 * the size of the finest. A greedy coreset keeps a part of the vectors; it is chosen after a random projection to
 * {@value #PROJECTED} numbers, as there. The score of an image is the distance of its strangest place, weighted as in
 * the paper by {@code 1 - exp(d(nearest)) / sum of exp(d)} over the {@value #AROUND} places of the bank around the
 * nearest one: a place beside a lonely one of the bank is the stranger for it. The distances of all places of the image
 * are given with the same weight, so that the score is the largest of them.
 *
 * @param channels of a place; 0 until the backbone is known
 * @param strides of the maps
 * @param fraction of the places that are kept
 * @param most places that the coreset is chosen from, drawn at random where there are more
 */
public record PatchMemoryBank(int channels, List<Integer> strides, double fraction, int most)
        implements DetectorFamily {
    /** The name on the command line. */
    public static final String ID = "patch-memory-bank";

    private static final int PROJECTED = 128;
    private static final int NEIGHBOURHOOD = 3;

    /** Kept places around the nearest one, itself among them, that say how lonely that is. */
    private static final int AROUND = 9;

    /** Checks the ranges and keeps a copy. */
    public PatchMemoryBank {
        Checks.notNegative("channels", channels);
        strides = List.copyOf(strides);
        strides.forEach(s -> Checks.positive("strides", s));
        Checks.positive("most", most);
        if (!(fraction > 0 && fraction <= 1)) {
            throw new InvalidArgumentException(
                    "A memory bank keeps no such part of the places.",
                    "fraction = " + fraction,
                    "above 0 and at most 1",
                    "use 0.1, or 0.01 for many images");
        }
    }

    /** The maps of strides 8 and 16, a tenth of at most 30,000 places. */
    public static PatchMemoryBank defaults() {
        return new PatchMemoryBank(0, List.of(8, 16), 0.1, 30_000);
    }

    @Override
    public String id() {
        return ID;
    }

    @Override
    public String title() {
        return "distance of each place of an image to the nearest of normal images (PatchCore, Roth et al. 2022):"
                + " shows where";
    }

    /** The family for a backbone, whose maps say how many channels a place has. */
    public PatchMemoryBank on(Endpoints backbone) {
        int sum =
                maps(backbone).stream().mapToInt(Endpoints.FeatureMap::channels).sum();
        return new PatchMemoryBank(sum, strides, fraction, most);
    }

    private List<Endpoints.FeatureMap> maps(Endpoints backbone) {
        List<Endpoints.FeatureMap> some = backbone.maps().stream()
                .filter(m -> strides.contains(m.stride()))
                .toList();
        if (some.size() < strides.size()) {
            throw new UnsupportedFeatureException(
                    "The backbone does not give the feature maps that '" + ID + "' looks at.",
                    "maps of strides "
                            + backbone.maps().stream()
                                    .map(Endpoints.FeatureMap::stride)
                                    .toList(),
                    "maps of strides " + strides,
                    "name others with --detector-option 'strides=[8,16]', or take a backbone of images that has maps");
        }
        return some;
    }

    /** The places of each image one after another, row by row, {@code f32[N, P * channels]}. */
    public Value places(Graph graph, Endpoints backbone) {
        List<Endpoints.FeatureMap> maps = maps(backbone);
        Value finest = maps.get(0).value();
        Value[] parts = new Value[maps.size()];
        for (int i = 0; i < parts.length; i++) {
            Value near =
                    graph.pool2d(Op.PoolKind.AVERAGE, maps.get(i).value(), NEIGHBOURHOOD, 1, NEIGHBOURHOOD / 2, false);
            parts[i] = i == 0 ? near : graph.resizeLike(Op.ResizeKind.BILINEAR, near, finest);
        }
        Value all = parts.length == 1 ? parts[0] : graph.concat(1, parts);
        return graph.flatten(graph.transpose(all, 0, 2, 3, 1), 1);
    }

    @Override
    public Detector fit(float[][] rows, long seed) {
        int width = Rows.requireLearnable(rows);
        if (channels == 0 || width % channels != 0) {
            throw new ShapeMismatchException(
                    "The rows are no places of images.",
                    width + " columns",
                    channels == 0
                            ? "places of known channels, from the feature maps of a backbone"
                            : "a multiple of " + channels,
                    "use `tl finetune image-anomaly-detection --backbone NAME --family " + ID + "`");
        }
        int places = width / channels;
        int[] drawn =
                IntStream.range(0, Math.multiplyExact(rows.length, places)).toArray();
        if (drawn.length > most) {
            Batches.shuffle(drawn, new SplittableRandom(seed));
            drawn = Arrays.copyOf(drawn, most);
        }
        float[][] vectors = new float[drawn.length][];
        for (int i = 0; i < drawn.length; i++) {
            int at = drawn[i] % places * channels;
            vectors[i] = Arrays.copyOfRange(rows[drawn[i] / places], at, at + channels);
        }
        int size = Math.max(1, (int) Math.round(fraction * vectors.length));
        Coreset kept = Coreset.of(projected(vectors, seed), size, seed);
        return new Fitted(Rows.at(vectors, kept.chosen()), places, vectors.length);
    }

    /** Distances stay nearly as they are: William Johnson, Joram Lindenstrauss 1984. */
    private float[][] projected(float[][] vectors, long seed) {
        if (channels <= PROJECTED) {
            return vectors;
        }
        SplittableRandom random = new SplittableRandom(seed ^ 0x2545F4914F6CDD1DL);
        float[][] onto = new float[PROJECTED][channels];
        for (float[] direction : onto) {
            for (int j = 0; j < channels; j++) {
                direction[j] = (float) (Init.gaussian(random) / Math.sqrt(PROJECTED));
            }
        }
        float[][] out = new float[vectors.length][];
        IntStream.range(0, vectors.length).parallel().forEach(i -> {
            out[i] = new float[PROJECTED];
            for (int d = 0; d < PROJECTED; d++) {
                double sum = 0;
                for (int j = 0; j < channels; j++) {
                    sum += vectors[i][j] * onto[d][j];
                }
                out[i][d] = (float) sum;
            }
        });
        return out;
    }

    private static final class Fitted implements Detector {
        private final float[][] bank;
        private final int[][] around;
        private final int places;
        private final int seen;

        Fitted(float[][] bank, int places, int seen) {
            this.bank = bank;
            this.around = IntStream.range(0, bank.length)
                    .parallel()
                    .mapToObj(i -> Distances.placesOfNearest(bank[i], bank, Math.min(AROUND, bank.length)))
                    .toArray(int[][]::new);
            this.places = places;
            this.seen = seen;
        }

        @Override
        public String family() {
            return ID;
        }

        @Override
        public int width() {
            return places * bank[0].length;
        }

        @Override
        public double[] scores(float[][] rows) {
            Rows.requireFinite(rows, width());
            return IntStream.range(0, rows.length)
                    .parallel()
                    .mapToDouble(i -> score(rows[i]))
                    .toArray();
        }

        private double score(float[] row) {
            int channels = bank[0].length;
            double farthest = -1;
            float[] strangest = row;
            int nearest = 0;
            for (int p = 0; p < places; p++) {
                float[] own = Arrays.copyOfRange(row, p * channels, (p + 1) * channels);
                int at = Distances.placesOfNearest(own, bank, 1)[0];
                double squared = Distances.squared(own, bank[at]);
                if (squared > farthest) {
                    farthest = squared;
                    strangest = own;
                    nearest = at;
                }
            }
            double distance = Math.sqrt(farthest);
            if (bank.length == 1) {
                return distance;
            }
            double sum = 0;
            for (int other : around[nearest]) {
                sum += Math.exp(Math.sqrt(Distances.squared(strangest, bank[other])) - distance);
            }
            return (1 - 1 / sum) * distance;
        }

        @Override
        public Answer build(Graph graph, Value features) {
            Value own = graph.reshape(features, -1, bank[0].length); // [N * P, C]
            Value squared = Distances.squared(graph, own, bank);
            Value at =
                    graph.add("nearest", new Op.ArgMax(1, true, true), squared).get(0); // [N * P, 1]
            Value distances = graph.unary(Op.UnaryKind.SQRT, picked(graph, squared, at));
            Value byPlace = graph.reshape(distances, -1, places); // [N, P]
            Value patches = bank.length == 1
                    ? byPlace
                    : graph.mul(byPlace, weight(graph, squared, graph.reshape(at, -1, places), byPlace));
            Value singles = graph.cast(patches, DType.F32);
            return new Answer(graph.reduce(Op.ReduceKind.MAX, singles, false, 1), null, singles);
        }

        private static Value picked(Graph graph, Value values, Value at) {
            return graph.add("picked", new Op.GatherElements(1), values, at).get(0);
        }

        /**
         * How much the distance of each image's strangest place counts, {@code f64[N, 1]}.
         *
         * @param squared distances of places to kept places, {@code f64[N * P, M]}
         * @param nearest kept places, {@code i64[N, P]}
         * @param distances to them, {@code f64[N, P]}
         */
        private Value weight(Graph graph, Value squared, Value nearest, Value distances) {
            Value strangest = graph.add("strangest", new Op.ArgMax(1, true, false), distances)
                    .get(0); // [N, 1]
            int count = around[0].length;
            long[] indices = Arrays.stream(around)
                    .flatMapToInt(Arrays::stream)
                    .asLongStream()
                    .toArray();
            Value others = graph.reshape(
                    graph.gather(
                            graph.constant(HostTensor.of(indices, bank.length, count)),
                            picked(graph, nearest, strangest),
                            0),
                    -1,
                    count); // [N, A]
            // The strangest place's own row of distances: all others are struck out, and the sum has one term.
            Value place = graph.constant(
                    HostTensor.of(IntStream.range(0, places).asLongStream().toArray(), 1, places));
            Value chosen = graph.unsqueeze(graph.binary(Op.BinaryKind.EQUAL, place, strangest), 2); // [N, P, 1]
            Value own = graph.reduce(
                    Op.ReduceKind.SUM,
                    graph.where(
                            chosen,
                            graph.reshape(squared, -1, places, bank.length),
                            graph.constant(Rows.doubles(new double[] {0}, 1, 1, 1))),
                    false,
                    1); // [N, M]
            Value further = graph.sub(
                    graph.unary(Op.UnaryKind.SQRT, picked(graph, own, others)), picked(graph, distances, strangest));
            Value sum = graph.reduce(Op.ReduceKind.SUM, graph.unary(Op.UnaryKind.EXP, further), true, 1);
            Value one = graph.constant(Rows.doubles(new double[] {1}, 1, 1));
            return graph.sub(one, graph.binary(Op.BinaryKind.DIV, one, sum));
        }

        @Override
        public Config describe() {
            return Config.empty()
                    .with("family", ID)
                    .with("kept", bank.length)
                    .with("drawn", seen)
                    .with("places", places)
                    .with("channels", bank[0].length);
        }
    }
}
