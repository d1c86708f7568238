// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.stream;

import java.util.SplittableRandom;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;

/**
 * Whether scores that come one by one still are such as they were: a conformal test of exchangeability. Each score
 * becomes the share of all scores before it that are higher; while nothing changes these shares are independent and
 * uniform, whatever the distribution of the scores. A gambler bets on small or large shares, by the simple jumper of
 * Vladimir Vovk, Ivan Petej, Ilia Nouretdinov, Ernst Ahlberg, Lars Carlsson, Alex Gammerman, "Retrain or not retrain:
 * Conformal test martingales for change-point detection", COPA 2021, <a
 * href="https://arxiv.org/abs/2102.10439">arXiv:2102.10439</a>. A new gambler begins at every score, and the alarm goes
 * off when all of them together have gained enough: the procedure of Shiryaev and Roberts, section 5 there.
 *
 * <p>The promise: while scores are exchangeable, at least {@code rows} of them pass on average before a false alarm,
 * whatever the distribution and the detector. It does not hold for scores that depend on each other in time, as those
 * of overlapping windows do.
 */
public final class DriftAlarm {
    /** The part of the capital that changes its bet at each step, as in the paper. */
    private static final double JUMP = 0.01;

    private final double rows;
    private final SplittableRandom random;
    private final RankedScores before = new RankedScores();

    /** Capital on small shares, on none, and on large ones. */
    private final double[] capital = new double[3];

    /**
     * Nothing seen yet.
     *
     * @param rows mean number of rows until a false alarm, at least
     * @param calibration scores that the detector gave to rows it was not fitted to; the more, the sooner is a change
     *     seen. May be empty
     * @param seed of the order of equal scores
     */
    public DriftAlarm(double rows, double[] calibration, long seed) {
        if (!(rows > 1) || Double.isInfinite(rows)) {
            throw new InvalidArgumentException(
                    "That is no mean number of rows between false alarms.", rows, "above 1", "use 10000, say");
        }
        this.rows = rows;
        this.random = new SplittableRandom(seed);
        for (double s : calibration) {
            before.add(checked(s));
        }
    }

    private static double checked(double score) {
        if (Double.isNaN(score)) {
            throw new InvalidDataException("A row has no score.", "NaN", "a number", "check the row's values");
        }
        return score;
    }

    /**
     * Takes the next score.
     *
     * @return whether the alarm goes off; all bets begin anew then, and later alarms say that it still is not as before
     */
    public boolean next(double score) {
        double share = share(checked(score));
        double all = capital[0] + capital[1] + capital[2] + 1;
        double gained = 0;
        for (int i = 0; i < capital.length; i++) {
            // Of the new gambler's capital of 1, too, a third is on each bet.
            double bet = (1 - JUMP) * (capital[i] + 1.0 / 3) + JUMP * all / 3;
            capital[i] = bet * (1 + (i - 1) * (share - 0.5));
            gained += capital[i];
        }
        boolean alarm = gained >= rows;
        if (alarm) {
            capital[0] = 0;
            capital[1] = 0;
            capital[2] = 0;
        }
        return alarm;
    }

    /** What the gamblers have: 0 at first, and by one more a row on average while nothing changes. */
    public double evidence() {
        return capital[0] + capital[1] + capital[2];
    }

    /** The share of higher scores; among equal ones, and the score itself is one, the place is drawn. */
    private double share(double score) {
        long above = before.above(score);
        before.add(score);
        long equal = before.size() - above - before.below(score);
        return (above + random.nextDouble() * equal) / before.size();
    }
}
