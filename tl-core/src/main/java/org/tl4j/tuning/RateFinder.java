// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import java.util.ArrayList;
import java.util.List;
import org.tl4j.data.Batches;
import org.tl4j.engine.TrainingEngine;
import org.tl4j.engine.TrainingSession;
import org.tl4j.error.EngineFailureException;
import org.tl4j.graph.FrozenSplit;

/**
 * Finds a learning rate (Smith 2017, arXiv:1506.01186): trains with a rate that grows from step to step until the loss
 * blows up, and suggests the rate at which the smoothed loss fell fastest. Nothing of it is kept.
 *
 * @param rates that were tried, growing
 * @param losses smoothed, one a rate
 * @param suggestion the rate at the steepest fall
 */
public record RateFinder(List<Double> rates, List<Double> losses, double suggestion) {
    private static final double LOWEST = 1e-7;
    private static final double HIGHEST = 1;
    private static final int STEPS = 100;
    private static final double SMOOTHING = 0.9;

    /** Keeps copies. */
    public RateFinder {
        rates = List.copyOf(rates);
        losses = List.copyOf(losses);
    }

    /** Tries rates on the part of the graph behind the cut. */
    static <Y, P> RateFinder find(
            Trainable<Y, P> model,
            Training.Features<Y> features,
            FrozenSplit split,
            TrainingEngine engine,
            TrainingEngine.Options engineOptions,
            TrainingOptions options) {
        List<Double> rates = new ArrayList<>();
        List<Double> losses = new ArrayList<>();
        double smoothed = 0;
        double lowest = Double.POSITIVE_INFINITY;
        try (TrainingSession session = engine.load(split.suffix(), model.weights(), engineOptions)) {
            int step = 0;
            for (int epoch = 0; step < STEPS; epoch++) {
                for (int[] batch : Batches.shuffled(features.size(), options.batchSize(), options.seed(), epoch)) {
                    if (step == STEPS) {
                        break;
                    }
                    double rate = LOWEST * Math.pow(HIGHEST / LOWEST, step / (double) (STEPS - 1));
                    var inputs =
                            features.step(batch, batch.length, Examples.PLAIN).scaled(0);
                    double loss = session.backward(inputs, Training.mix(options.seed(), 0, step, 0));
                    session.step(rate, options.clipNorm());
                    smoothed = SMOOTHING * smoothed + (1 - SMOOTHING) * loss;
                    double unbiased = smoothed / (1 - Math.pow(SMOOTHING, step + 1));
                    if (!Double.isFinite(loss) || step > 10 && unbiased > 4 * lowest) {
                        return of(rates, losses);
                    }
                    lowest = Math.min(lowest, unbiased);
                    rates.add(rate);
                    losses.add(unbiased);
                    step++;
                }
            }
        }
        return of(rates, losses);
    }

    private static RateFinder of(List<Double> rates, List<Double> losses) {
        if (rates.size() < 5) {
            throw new EngineFailureException(
                    "No learning rate could be found.",
                    "the loss blew up after " + rates.size() + " steps",
                    "a loss that falls at first",
                    "check the data, or name a rate with --learning-rate");
        }
        int best = 1;
        double steepest = 0;
        for (int i = 1; i + 1 < losses.size(); i++) {
            double slope = losses.get(i + 1) - losses.get(i - 1);
            if (slope < steepest) {
                steepest = slope;
                best = i;
            }
        }
        return new RateFinder(rates, losses, rates.get(best));
    }
}
