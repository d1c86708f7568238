// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.metric;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;

/**
 * The score of the Numenta Anomaly Benchmark: Alexander Lavin, Subutai Ahmad, "Evaluating Real-time Anomaly Detection
 * Algorithms - the Numenta Anomaly Benchmark", ICMLA 2015, <a
 * href="https://arxiv.org/abs/1510.03336">arXiv:1510.03336</a>. The first alarm in an episode earns the more the
 * earlier it comes, by a scaled sigmoid; later ones in the same episode earn nothing; an alarm outside costs the more
 * the longer the last episode is over; an episode without an alarm costs, too. The first 15 % of the rows, at most 750,
 * do not count.
 *
 * <p>Collects series; a threshold is for all of them, and a row raises an alarm where its score is at least the
 * threshold.
 */
public final class NabScore {
    private static final double PROBATION = 0.15;
    private static final int PROBATION_MOST = 750;

    private final List<Series> all = new ArrayList<>();
    private final boolean hasProbation;

    /** Nothing collected yet. */
    public NabScore() {
        this(true);
    }

    private NabScore(boolean hasProbation) {
        this.hasProbation = hasProbation;
    }

    /** Every row counts: for series whose beginning, which was learned from, is not among the rows. */
    public static NabScore ofAllRows() {
        return new NabScore(false);
    }

    /**
     * What alarms are worth.
     *
     * @param name of the profile
     * @param hit for the earliest alarm in an episode
     * @param falseAlarm what an alarm far from any episode costs
     * @param miss what an episode without an alarm costs
     */
    public record Profile(String name, double hit, double falseAlarm, double miss) {
        /** The benchmark's usual weights. */
        public static final Profile STANDARD = new Profile("standard", 1, 0.11, 1);

        /** False alarms cost twice as much. */
        public static final Profile REWARD_LOW_FP = new Profile("reward-low-fp", 1, 0.22, 1);

        /** Missed episodes cost twice as much. */
        public static final Profile REWARD_LOW_FN = new Profile("reward-low-fn", 1, 0.11, 2);

        /** All three. */
        public static List<Profile> all() {
            return List.of(STANDARD, REWARD_LOW_FP, REWARD_LOW_FN);
        }
    }

    /**
     * What a threshold gives.
     *
     * @param threshold of all series
     * @param raw sum of rewards and costs
     * @param normalised 0 for a detector that never raises an alarm, 100 for one that raises exactly one at the
     *     beginning of each episode; NaN where there are no episodes
     * @param truePositives rows in episodes that raise an alarm
     * @param falsePositives rows outside that do
     * @param falseNegatives rows in episodes that do not
     * @param trueNegatives rows outside that do not
     */
    public record Result(
            double threshold,
            double raw,
            double normalised,
            long truePositives,
            long falsePositives,
            long falseNegatives,
            long trueNegatives) {}

    @SuppressWarnings("ArrayRecordComponent") // never leaves this class
    private record Series(double[] scores, List<Episode> episodes) {}

    /** A row that counts, with its episode or -1. */
    private record Row(double score, double reward, int episode) {}

    /**
     * Adds a series.
     *
     * @param scores of its rows in their order; the higher, the stranger
     * @param episodes in their order, not overlapping
     */
    public NabScore add(double[] scores, List<Episode> episodes) {
        int free = 0;
        for (Episode e : episodes) {
            if (e.first() < free || e.last() >= scores.length) {
                throw new InvalidArgumentException(
                        "The episodes do not fit the series.",
                        episodes + " in " + scores.length + " rows",
                        "episodes in order that do not overlap, within the series",
                        "sort and merge them");
            }
            free = e.last() + 1;
        }
        for (double s : scores) {
            if (Double.isNaN(s)) {
                throw new InvalidDataException(
                        "A row has no score.", "NaN among " + scores.length + " rows", "numbers", "check the series");
            }
        }
        all.add(new Series(scores.clone(), List.copyOf(episodes)));
        return this;
    }

    /** How many rows at the beginning of a series of {@code n} rows do not count. */
    public static int probation(int n) {
        return (int) Math.min(Math.floor(PROBATION * n), PROBATION_MOST);
    }

    /** What an alarm of each row of a series would earn or cost, if it were the first of its episode. */
    public static double[] rewards(int n, List<Episode> episodes, Profile profile) {
        double[] rewards = new double[n];
        double most = sigmoid(-1);
        int next = 0;
        Episode before = null;
        for (int i = 0; i < n; i++) {
            if (next < episodes.size() && i >= episodes.get(next).first()) {
                Episode now = episodes.get(next);
                double position = -(now.last() - i + 1) / (double) now.length();
                rewards[i] = sigmoid(position) * profile.hit() / most;
                if (i == now.last()) {
                    before = now;
                    next++;
                }
            } else {
                // Behind an episode of one row every place is far away.
                double reward = before == null ? -1 : sigmoid((i - before.last()) / (before.length() - 1.0));
                rewards[i] = reward * profile.falseAlarm();
            }
        }
        return rewards;
    }

    /** From 0.987 one length before the end of an episode through 0 at its end to -1. */
    private static double sigmoid(double position) {
        return position > 3 ? -1 : 2 / (1 + Math.exp(5 * position)) - 1;
    }

    /** The rows that count, the highest scores first. */
    private List<Row> rows(Profile profile) {
        List<Row> rows = new ArrayList<>();
        int episodes = 0;
        for (Series s : all) {
            double[] rewards = rewards(s.scores().length, s.episodes(), profile);
            int[] of = new int[s.scores().length];
            Arrays.fill(of, -1);
            for (Episode e : s.episodes()) {
                Arrays.fill(of, e.first(), e.last() + 1, episodes++);
            }
            IntStream.range(hasProbation ? probation(of.length) : 0, of.length)
                    .forEach(i -> rows.add(new Row(s.scores()[i], rewards[i], of[i])));
        }
        rows.sort(Comparator.comparingDouble(Row::score).reversed());
        return rows;
    }

    /** All thresholds that make a difference, the highest first; the first one flags nothing. */
    public List<Result> sweep(Profile profile) {
        return sweep(profile, OptionalDouble.empty());
    }

    private List<Result> sweep(Profile profile, OptionalDouble downTo) {
        List<Row> rows = rows(profile);
        int most = rows.stream().mapToInt(Row::episode).max().orElse(-1) + 1;
        double[] best = new double[most];
        int episodes = 0;
        long missed = 0;
        for (Row r : rows) {
            if (r.episode() >= 0) {
                missed++;
                episodes += best[r.episode()] == 0 ? 1 : 0;
                best[r.episode()] = -profile.miss();
            }
        }
        double earned = -profile.miss() * episodes;
        double cost = 0;
        long hits = 0;
        long alarms = 0;
        List<Result> results = new ArrayList<>();
        double threshold = Double.POSITIVE_INFINITY;
        for (int i = 0; i <= rows.size(); i++) {
            if (i == rows.size() || rows.get(i).score() != threshold) {
                if (i == rows.size() || i == 0 || rows.get(i).score() < threshold) {
                    double raw = earned + cost;
                    double perfect = profile.hit() * episodes;
                    double nothing = -profile.miss() * episodes;
                    results.add(new Result(
                            threshold,
                            raw,
                            100 * (raw - nothing) / (perfect - nothing),
                            hits,
                            alarms - hits,
                            missed - hits,
                            rows.size() - missed - (alarms - hits)));
                }
                if (i == rows.size() || downTo.isPresent() && rows.get(i).score() < downTo.getAsDouble()) {
                    return results;
                }
                threshold = rows.get(i).score();
            }
            Row row = rows.get(i);
            alarms++;
            if (row.episode() < 0) {
                cost += row.reward();
            } else {
                hits++;
                double gain = Math.max(best[row.episode()], row.reward()) - best[row.episode()];
                best[row.episode()] += gain;
                earned += gain;
            }
        }
        return results;
    }

    /** What a threshold gives. */
    public Result at(Profile profile, double threshold) {
        List<Result> swept = sweep(profile, OptionalDouble.of(threshold));
        Result last = swept.get(swept.size() - 1);
        return new Result(
                threshold,
                last.raw(),
                last.normalised(),
                last.truePositives(),
                last.falsePositives(),
                last.falseNegatives(),
                last.trueNegatives());
    }

    /**
     * The threshold that scores highest, which the benchmark itself uses; it looks at the truth. Of equals, the
     * highest.
     */
    public Result best(Profile profile) {
        Result best = null;
        for (Result r : sweep(profile)) {
            best = best == null || r.raw() > best.raw() ? r : best;
        }
        return best == null ? at(profile, Double.POSITIVE_INFINITY) : best;
    }
}
