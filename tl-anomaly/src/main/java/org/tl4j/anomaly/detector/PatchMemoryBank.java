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

/**
 * Distance of each place of an image to the nearest of a bank of places of normal images: Karsten Roth, Latha Pemula,
 * Joaquin Zepeda, Bernhard Schölkopf, Thomas Brox, Peter Gehler, "Towards Total Recall in Industrial Anomaly Detection"
 * (PatchCore), CVPR 2022, <a href="https://arxiv.org/abs/2106.08265">arXiv:2106.08265</a>. A place is a vector of a
 * network's feature maps of these strides, each averaged over its neighbourhood of 3 x 3, the coarser ones brought to
 * the size of the finest. A greedy coreset keeps a part of the vectors; it is chosen after a random projection to
 * {@value #PROJECTED} numbers, as there. The score of an image is that of its strangest place; the paper's weight by
 * the neighbourhood in the bank is left out.
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
        private final int places;
        private final int seen;

        Fitted(float[][] bank, int places, int seen) {
            this.bank = bank;
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
            int channels = bank[0].length;
            return Arrays.stream(rows)
                    .mapToDouble(row -> {
                        float[][] own = new float[places][];
                        for (int p = 0; p < places; p++) {
                            own[p] = Arrays.copyOfRange(row, p * channels, (p + 1) * channels);
                        }
                        return Arrays.stream(Distances.nearest(own, bank, 1))
                                .mapToDouble(d -> d[0])
                                .max()
                                .orElseThrow();
                    })
                    .toArray();
        }

        @Override
        public Answer build(Graph graph, Value features) {
            Value own = graph.reshape(features, -1, bank[0].length); // [N * P, C]
            Value squared = Distances.squared(graph, own, bank);
            Value nearest = Distances.root(graph, Distances.kthSmallest(graph, squared, bank.length, 1));
            Value patches = graph.reshape(nearest, -1, places);
            return new Answer(graph.reduce(Op.ReduceKind.MAX, patches, false, 1), null, patches);
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
