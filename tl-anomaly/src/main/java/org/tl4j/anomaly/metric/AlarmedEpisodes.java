// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.metric;

import java.util.ArrayList;
import java.util.List;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.metric.Estimate;

/**
 * Alarms against anomalous episodes of series: an episode is found where at least one of its rows raises an alarm, and
 * a run of alarms is true where it touches an episode. Unlike figures by rows, neither gains from an episode that is
 * long, nor from many alarms about the same thing. Kyle Hundman et al., "Detecting Spacecraft Anomalies Using LSTMs and
 * Nonparametric Dynamic Thresholding", KDD 2018, section 4.
 */
public final class AlarmedEpisodes {
    private final List<Integer> delays = new ArrayList<>();
    private int episodes;
    private int runs;
    private int trueRuns;
    private long rows;

    /** Nothing collected yet. */
    public AlarmedEpisodes() {}

    /** Adds a series. */
    public AlarmedEpisodes add(boolean[] alarms, List<Episode> truth) {
        boolean[] anomalous = new boolean[alarms.length];
        for (Episode e : truth) {
            if (e.last() >= alarms.length) {
                throw new InvalidArgumentException(
                        "An episode lies behind the end of its series.",
                        e + " in " + alarms.length + " rows",
                        "rows below " + alarms.length,
                        "take both from the same series");
            }
            for (int i = e.first(); i <= e.last(); i++) {
                anomalous[i] = true;
            }
            episodes++;
            for (int i = e.first(); i <= e.last(); i++) {
                if (alarms[i]) {
                    delays.add(i - e.first());
                    break;
                }
            }
        }
        for (Episode run : Episode.of(alarms)) {
            boolean touches = false;
            for (int i = run.first(); i <= run.last(); i++) {
                touches |= anomalous[i];
            }
            runs++;
            trueRuns += touches ? 1 : 0;
        }
        rows += alarms.length;
        return this;
    }

    /** How many episodes there are. */
    public int episodes() {
        return episodes;
    }

    /** How many runs of alarms there are. */
    public int runs() {
        return runs;
    }

    /** The share of episodes that were found. */
    public Estimate recall() {
        return Estimate.share(delays.size(), episodes);
    }

    /** The share of runs of alarms that touch an episode. */
    public Estimate precision() {
        return Estimate.share(trueRuns, runs);
    }

    /** The harmonic mean of both; 0 where nothing was found. */
    public double f1() {
        double p = runs == 0 ? 0 : trueRuns / (double) runs;
        double r = episodes == 0 ? 0 : delays.size() / (double) episodes;
        return p + r == 0 ? 0 : 2 * p * r / (p + r);
    }

    /** Runs of false alarms in a thousand rows. */
    public double falseRunsPerThousand() {
        return rows == 0 ? 0 : 1000.0 * (runs - trueRuns) / rows;
    }

    /**
     * Rows from the beginning of an episode to its first alarm, the mean over episodes that were found; NaN if none.
     */
    public double meanDelay() {
        return delays.stream().mapToInt(Integer::intValue).average().orElse(Double.NaN);
    }
}
