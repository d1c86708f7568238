// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import java.util.List;
import java.util.Locale;
import org.tl4j.error.Checks;
import org.tl4j.error.UnknownNameException;

/**
 * How the learning rate runs over the steps of a phase, as a factor of its peak.
 *
 * <p>A warm-up of {@code k} steps rises by equal parts: step {@code i}, from 0, has the factor {@code (i + 1) / (k +
 * 1)} and step {@code k} is the first at the peak. Hugging Face's schedules, which are equal from step {@code k} on,
 * begin with {@code i / k}, so that their first step has the rate 0 and teaches nothing. Where fine-tuning takes no
 * more than some dozen steps, one lost in every phase is one too many.
 */
public sealed interface Schedule {
    /** The factor for step {@code step} of {@code steps}, counted from 0. */
    double factor(long step, long steps);

    /** The same rate throughout, after a warm-up. */
    record Constant(double warmUp) implements Schedule {
        /** Checks the range. */
        public Constant {
            Checks.between("warmUp", warmUp, 0, 1);
        }

        @Override
        public double factor(long step, long steps) {
            return rising(step, steps, warmUp);
        }
    }

    /** Up linearly over the first part, then down linearly to 0: Hugging Face's default. */
    record Linear(double warmUp) implements Schedule {
        /** Checks the range. */
        public Linear {
            Checks.between("warmUp", warmUp, 0, 1);
        }

        @Override
        public double factor(long step, long steps) {
            double up = rising(step, steps, warmUp);
            return up < 1 ? up : 1 - falling(step, steps, warmUp);
        }
    }

    /** Up linearly over the first part, then down along half a cosine to 0; Loshchilov and Hutter 2017. */
    record Cosine(double warmUp) implements Schedule {
        /** Checks the range. */
        public Cosine {
            Checks.between("warmUp", warmUp, 0, 1);
        }

        @Override
        public double factor(long step, long steps) {
            double up = rising(step, steps, warmUp);
            return up < 1 ? up : 0.5 * (1 + Math.cos(Math.PI * falling(step, steps, warmUp)));
        }
    }

    /**
     * One cycle (Smith and Topin 2018, arXiv:1708.07120): from {@code 1 / startDivisor} up to 1 over the first part and
     * down to {@code 1 / endDivisor}, along cosines. Equal to {@code torch.optim.lr_scheduler.OneCycleLR} with
     * {@code pct_start = rise}, {@code div_factor = startDivisor} and {@code final_div_factor = endDivisor /
     * startDivisor}, except that a phase of a single step takes it at the peak: PyTorch would take it at the lowest
     * rate of all.
     */
    record OneCycle(double rise, double startDivisor, double endDivisor) implements Schedule {
        /** Checks the ranges. */
        public OneCycle {
            Checks.between("rise", rise, 0.01, 0.99);
            Checks.positive("startDivisor", startDivisor);
            Checks.positive("endDivisor", endDivisor);
        }

        @Override
        public double factor(long step, long steps) {
            if (steps <= 1) {
                return 1;
            }
            double peak = rise * steps - 1;
            return step < peak
                    ? between(1 / startDivisor, 1, step / peak)
                    : between(1, 1 / endDivisor, (step - peak) / (steps - 1 - peak));
        }

        /** Along half a cosine. */
        private static double between(double from, double to, double part) {
            return to + (from - to) * 0.5 * (1 + Math.cos(Math.PI * part));
        }
    }

    /** Linear after a warm-up of a tenth. */
    static Schedule linear() {
        return new Linear(0.1);
    }

    /** Cosine after a warm-up of a tenth. */
    static Schedule cosine() {
        return new Cosine(0.1);
    }

    /** One cycle with fastai's constants. */
    static Schedule oneCycle() {
        return new OneCycle(0.25, 25, 1e5);
    }

    /** Constant without a warm-up. */
    static Schedule constant() {
        return new Constant(0);
    }

    /** The schedule of that name: {@code linear}, {@code cosine}, {@code one-cycle}, {@code constant}. */
    static Schedule named(String name, double warmUp) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "linear" -> new Linear(warmUp);
            case "cosine" -> new Cosine(warmUp);
            case "one-cycle" -> oneCycle();
            case "constant" -> new Constant(warmUp);
            default ->
                throw new UnknownNameException(
                        "schedule", name, List.of("linear", "cosine", "one-cycle", "constant"), "choose one of these");
        };
    }

    private static double rising(long step, long steps, double warmUp) {
        long rise = (long) Math.ceil(warmUp * steps);
        return step < rise ? (step + 1) / (double) (rise + 1) : 1;
    }

    private static double falling(long step, long steps, double warmUp) {
        long rise = (long) Math.ceil(warmUp * steps);
        return steps <= rise ? 0 : Math.min(1, (step - rise) / (double) (steps - rise));
    }
}
