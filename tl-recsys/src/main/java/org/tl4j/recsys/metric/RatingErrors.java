// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.metric;

import java.util.LinkedHashMap;
import java.util.Map;
import org.tl4j.metric.Estimate;

/**
 * How far predicted ratings are from those that were given: root mean squared error and mean absolute error, with
 * intervals over ratings; that of the root is the root of the interval of the mean.
 */
public final class RatingErrors {
    private double absolute;
    private double squared;
    private double fourth;
    private long ratings;

    /** Counts a rating. */
    public void add(double predicted, double given) {
        double e = predicted - given;
        absolute += Math.abs(e);
        squared += e * e;
        fourth += e * e * e * e;
        ratings++;
    }

    /** Ratings counted. */
    public long ratings() {
        return ratings;
    }

    /** {@code rmse} and {@code mae}. */
    public Map<String, Estimate> metrics() {
        Estimate mean = Estimate.mean(squared, fourth, ratings);
        Map<String, Estimate> all = new LinkedHashMap<>();
        all.put(
                "rmse",
                ratings == 0
                        ? mean
                        : new Estimate(
                                Math.sqrt(mean.value()), Math.sqrt(Math.max(0, mean.low())), Math.sqrt(mean.high())));
        all.put("mae", Estimate.mean(absolute, squared, ratings));
        return all;
    }
}
