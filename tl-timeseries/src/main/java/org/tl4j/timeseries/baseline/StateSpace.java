// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.baseline;

import java.util.Arrays;
import org.apache.commons.math3.exception.TooManyEvaluationsException;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.CholeskyDecomposition;
import org.apache.commons.math3.linear.NonPositiveDefiniteMatrixException;
import org.apache.commons.math3.linear.RealVector;
import org.apache.commons.math3.optim.InitialGuess;
import org.apache.commons.math3.optim.MaxEval;
import org.apache.commons.math3.optim.nonlinear.scalar.GoalType;
import org.apache.commons.math3.optim.nonlinear.scalar.ObjectiveFunction;
import org.apache.commons.math3.optim.nonlinear.scalar.noderiv.NelderMeadSimplex;
import org.apache.commons.math3.optim.nonlinear.scalar.noderiv.SimplexOptimizer;
import org.jspecify.annotations.Nullable;

/**
 * One model of exponential smoothing, fitted to one series by maximum likelihood: a level, a trend and a season that
 * move with what each value was more or less than foreseen. Rob J. Hyndman, Anne B. Koehler, J. Keith Ord, Ralph D.
 * Snyder, "Forecasting with Exponential Smoothing: The State Space Approach", Springer 2008.
 */
final class StateSpace {
    /** Smoothing weights stay this far within 0 and 1. */
    private static final double EDGE = 1e-4;

    private static final double LEAST_DAMPING = 0.8;
    private static final double MOST_DAMPING = 0.98;
    /** Longer seasons keep the initial states of the decomposition: the Jacobian has a column for each. */
    private static final int MOST_REFINED = 24;
    /** Of the values' size squared: what rounding makes of a fit without errors. */
    private static final double PERFECT = 1e-24;

    private static final int ROUNDS = 3;

    /** Whether there is a trend. */
    enum Trend {
        NONE,
        ADDITIVE,
        DAMPED
    }

    /** How the season meets the level. */
    enum Season {
        NONE,
        ADDITIVE,
        MULTIPLICATIVE
    }

    /**
     * What a model is made of.
     *
     * @param relative whether errors are shares of the value that was foreseen, not distances from it
     */
    record Form(boolean relative, Trend trend, Season season) {
        /** As the literature writes it: {@code MAdN}. */
        @Override
        public String toString() {
            String t = trend == Trend.NONE ? "N" : trend == Trend.ADDITIVE ? "A" : "Ad";
            String s = season == Season.NONE ? "N" : season == Season.ADDITIVE ? "A" : "M";
            return (relative ? "M" : "A") + t + s;
        }

        boolean needsPositive() {
            return relative || season == Season.MULTIPLICATIVE;
        }

        int weights() {
            return 1
                    + (trend == Trend.NONE ? 0 : 1)
                    + (season == Season.NONE ? 0 : 1)
                    + (trend == Trend.DAMPED ? 1 : 0);
        }

        /**
         * Of everything that is fitted: weights, initial states less what the season has too many, and the variance.
         */
        int parameters(int period) {
            return weights() + (trend == Trend.NONE ? 1 : 2) + (season == Season.NONE ? 0 : period - 1) + 1;
        }
    }

    private final Form form;
    private final int period;
    private final double[] y;
    private final double scale;

    /** Weights: level, trend, season, damping. */
    private double[] weights = {0.1, 0, 0, 1};
    /** Initial states: level, trend, and the season's, the one of the first step first. */
    private double[] states;

    private final double[] now;
    private double deviance = Double.POSITIVE_INFINITY;

    private StateSpace(Form form, double[] y, int period) {
        this.form = form;
        this.period = form.season() == Season.NONE ? 1 : period;
        double size = 0;
        for (double v : y) {
            size += Math.abs(v) / y.length;
        }
        this.scale = size > 0 ? size : 1;
        this.y = Arrays.stream(y).map(v -> v / scale).toArray();
        this.states = new double[2 + this.period];
        this.now = new double[2 + this.period];
    }

    /** A fitted model. */
    static StateSpace fit(Form form, double[] y, int period) {
        StateSpace model = new StateSpace(form, y, period);
        model.begin();
        model.optimise();
        return model;
    }

    /**
     * A model whose parameters are known.
     *
     * @param weights of level, trend and season, and the damping; 0, 0 and 1 for what the form does not have
     * @param states level, trend, season from the first step on; 0 for what the form does not have
     */
    static StateSpace known(Form form, double[] y, int period, double[] weights, double[] states) {
        StateSpace model = new StateSpace(form, y, period);
        model.weights = weights.clone();
        model.states = states.clone();
        model.states[0] /= model.scale;
        model.states[1] /= model.scale;
        for (int i = 2; i < states.length && form.season() == Season.ADDITIVE; i++) {
            model.states[i] /= model.scale;
        }
        model.deviance = model.run(model.weights, model.states, null);
        return model;
    }

    Form form() {
        return form;
    }

    double[] weights() {
        return weights.clone();
    }

    /** The logarithm of the likelihood of normal errors with the variance that makes it largest. */
    double logLikelihood() {
        int n = y.length;
        return -0.5 * (deviance + n * (1 + Math.log(2 * Math.PI / n))) - n * Math.log(scale);
    }

    /** Akaike's criterion, corrected for few values: Clifford M. Hurvich, Chih-Ling Tsai, Biometrika 1989. */
    double criterion() {
        int k = form.parameters(period);
        return -2 * logLikelihood() + 2.0 * k + 2.0 * k * (k + 1) / (y.length - k - 1);
    }

    double[] forecast(int horizon) {
        run(weights, states, null);
        double[] out = new double[horizon];
        double steps = 0;
        double damping = 1;
        for (int h = 0; h < horizon; h++) {
            damping *= weights[3];
            steps += damping;
            double q = now[0] + steps * now[1];
            double s = now[2 + (y.length + h) % period];
            out[h] = scale
                    * switch (form.season()) {
                        case NONE -> q;
                        case ADDITIVE -> q + s;
                        case MULTIPLICATIVE -> q * s;
                    };
        }
        return out;
    }

    /**
     * Goes through the series.
     *
     * @param errors where they are kept, if they are wanted
     * @return twice the negative log-likelihood but for a constant; infinite where a state makes no sense
     */
    private double run(double[] w, double[] begin, double @Nullable [] errors) {
        System.arraycopy(begin, 0, now, 0, begin.length);
        boolean adds = form.season() == Season.ADDITIVE;
        boolean multiplies = form.season() == Season.MULTIPLICATIVE;
        boolean trend = form.trend() != Trend.NONE;
        double ratio = w[1] / w[0];
        double squares = 0;
        double logs = 0;
        double product = 1;
        double level = now[0];
        double slope = now[1];
        int place = 2;
        for (int t = 0; t < y.length; t++) {
            double q = level + w[3] * slope;
            double s = now[place];
            double foreseen = adds ? q + s : multiplies ? q * s : q;
            double e = y[t] - foreseen;
            if (form.relative()) {
                if (!(foreseen > 1e-10)) {
                    return Double.POSITIVE_INFINITY;
                }
                e /= foreseen;
                product *= foreseen;
                // One logarithm for many factors, taken before they leave the range of numbers.
                if (product > 1e100 || product < 1e-100) {
                    logs += Math.log(product);
                    product = 1;
                }
            }
            squares += e * e;
            if (errors != null) {
                errors[t] = e;
            }
            double seen = adds ? y[t] - s : multiplies ? y[t] / s : y[t];
            double next = q + w[0] * (seen - q);
            if (trend) {
                slope = w[3] * slope + ratio * (next - level - w[3] * slope);
            }
            level = next;
            if (adds) {
                now[place] = s + w[2] * (y[t] - q - s);
            } else if (multiplies) {
                if (Math.abs(q) < 1e-10) {
                    return Double.POSITIVE_INFINITY;
                }
                now[place] = s + w[2] * (y[t] / q - s);
            }
            place = place + 1 == 2 + period ? 2 : place + 1;
        }
        now[0] = level;
        now[1] = slope;
        logs += Math.log(product);
        double value = y.length * Math.log(Math.max(squares, PERFECT * y.length)) + 2 * logs;
        return Double.isNaN(value) ? Double.POSITIVE_INFINITY : value;
    }

    /** The season by decomposition, level and trend by a line through the first values without it. */
    private void begin() {
        double[] adjusted = y.clone();
        if (form.season() != Season.NONE) {
            boolean divides = form.season() == Season.MULTIPLICATIVE;
            double[] figure = SeasonallyAdjusted.figure(y, period, divides);
            for (int i = 0; i < period; i++) {
                states[2 + i] = divides ? Math.max(1e-2, figure[i]) : figure[i];
            }
            for (int t = 0; t < y.length; t++) {
                double s = states[2 + t % period];
                adjusted[t] = divides ? y[t] / s : y[t] - s;
            }
        }
        int n = Math.min(Math.max(10, 2 * period), y.length);
        double middle = (n - 1) / 2.0;
        double mean = 0;
        for (int t = 0; t < n; t++) {
            mean += adjusted[t] / n;
        }
        double above = 0;
        double below = 0;
        for (int t = 0; t < n; t++) {
            above += (t - middle) * (adjusted[t] - mean);
            below += (t - middle) * (t - middle);
        }
        states[0] = mean;
        if (form.trend() != Trend.NONE && below > 0) {
            states[1] = above / below;
            double first = mean - states[1] * (middle + 1);
            states[0] = form.needsPositive() && first <= 0 ? mean : first;
            states[1] = form.needsPositive() && first <= 0 ? 0 : states[1];
        }
    }

    /** Initial states by Gauss and Newton, then weights with level and trend by Nelder and Mead, several times. */
    private void optimise() {
        double[] begin = states;
        double[] bestWeights = weights;
        double[] bestStates = states;
        double best = Double.POSITIVE_INFINITY;
        // The likelihood may have a top near no smoothing and another one near much.
        for (double start : new double[] {0.1, 0.5, 0.9}) {
            states = begin.clone();
            weights = new double[] {
                start,
                form.trend() == Trend.NONE ? 0 : start * 0.1,
                form.season() == Season.NONE ? 0 : (1 - start) * 0.1,
                form.trend() == Trend.DAMPED ? 0.9 : 1
            };
            deviance = run(weights, states, null);
            refineStates();
            search();
            if (deviance < best) {
                best = deviance;
                bestWeights = weights;
                bestStates = states;
            }
        }
        weights = bestWeights;
        states = bestStates;
        deviance = best;
        for (int round = 1; round < ROUNDS; round++) {
            double before = deviance;
            refineStates();
            search();
            if (before - deviance < 1e-4) {
                break;
            }
        }
        refineStates();
    }

    private void search() {
        double[] from = free(weights, states);
        double[] w = new double[4];
        double[] s = states.clone();
        double[] best = from.clone();
        double[] least = {Double.POSITIVE_INFINITY};
        ObjectiveFunction function = new ObjectiveFunction(point -> {
            bind(point, w, s);
            double value = run(w, s, null);
            if (value < least[0]) {
                least[0] = value;
                System.arraycopy(point, 0, best, 0, best.length);
            }
            return value == Double.POSITIVE_INFINITY ? 1e300 : value;
        });
        double[] sides = new double[from.length];
        Arrays.fill(sides, 0.8);
        sides[form.weights()] = 0.1;
        if (form.trend() != Trend.NONE) {
            sides[form.weights() + 1] = 0.02;
        }
        try {
            new SimplexOptimizer(1e-9, 1e-7)
                    .optimize(
                            new MaxEval(250 * from.length),
                            function,
                            GoalType.MINIMIZE,
                            new InitialGuess(from),
                            new NelderMeadSimplex(sides));
        } catch (TooManyEvaluationsException enough) {
            // The best point so far was kept, and the next round begins there.
        }
        take(best, least[0]);
    }

    private void take(double[] point, double value) {
        if (value < deviance) {
            double[] w = new double[4];
            double[] s = states.clone();
            bind(point, w, s);
            weights = w;
            states = s;
            deviance = value;
        }
    }

    /** The weights as numbers without bounds, then the level and the trend. */
    private double[] free(double[] w, double[] s) {
        double[] out = new double[form.weights() + (form.trend() == Trend.NONE ? 1 : 2)];
        int i = 0;
        out[i++] = open((w[0] - EDGE) / (1 - 2 * EDGE));
        if (form.trend() != Trend.NONE) {
            out[i++] = open((w[1] / w[0] - EDGE) / (1 - 2 * EDGE));
        }
        if (form.season() != Season.NONE) {
            out[i++] = open((w[2] / (1 - w[0]) - EDGE) / (1 - 2 * EDGE));
        }
        if (form.trend() == Trend.DAMPED) {
            out[i++] = open((w[3] - LEAST_DAMPING) / (MOST_DAMPING - LEAST_DAMPING));
        }
        out[i++] = s[0];
        if (form.trend() != Trend.NONE) {
            out[i] = s[1];
        }
        return out;
    }

    private void bind(double[] point, double[] w, double[] s) {
        int i = 0;
        w[0] = EDGE + (1 - 2 * EDGE) * closed(point[i++]);
        w[1] = form.trend() == Trend.NONE ? 0 : w[0] * (EDGE + (1 - 2 * EDGE) * closed(point[i++]));
        w[2] = form.season() == Season.NONE ? 0 : (1 - w[0]) * (EDGE + (1 - 2 * EDGE) * closed(point[i++]));
        w[3] = form.trend() == Trend.DAMPED ? LEAST_DAMPING + (MOST_DAMPING - LEAST_DAMPING) * closed(point[i++]) : 1;
        s[0] = point[i++];
        s[1] = form.trend() == Trend.NONE ? 0 : point[i];
    }

    private static double closed(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    private static double open(double p) {
        double q = Math.min(1 - 1e-6, Math.max(1e-6, p));
        return Math.log(q / (1 - q));
    }

    /** For errors that are no shares these are least squares, and one step is the best there is. */
    private void refineStates() {
        if (period > MOST_REFINED || deviance == Double.POSITIVE_INFINITY) {
            return;
        }
        int n = y.length;
        int[] moving = moving();
        double[] errors = new double[n];
        double[] moved = new double[n];
        double[][] jacobian = new double[moving.length][n];
        run(weights, states, errors);
        for (int j = 0; j < moving.length; j++) {
            double[] s = states.clone();
            double step = 1e-4;
            s[moving[j]] += step;
            if (run(weights, s, moved) == Double.POSITIVE_INFINITY) {
                return;
            }
            for (int t = 0; t < n; t++) {
                jacobian[j][t] = (moved[t] - errors[t]) / step;
            }
        }
        double[][] normal = new double[moving.length][moving.length];
        double[] right = new double[moving.length];
        for (int i = 0; i < moving.length; i++) {
            for (int j = 0; j <= i; j++) {
                double sum = 0;
                for (int t = 0; t < n; t++) {
                    sum += jacobian[i][t] * jacobian[j][t];
                }
                normal[i][j] = sum;
                normal[j][i] = sum;
            }
            for (int t = 0; t < n; t++) {
                right[i] -= jacobian[i][t] * errors[t];
            }
        }
        double trace = 0;
        for (int i = 0; i < moving.length; i++) {
            trace += normal[i][i] / moving.length;
        }
        for (double damping = 1e-9; damping < 1e3; damping *= 1e4) {
            double[][] damped = new double[moving.length][];
            for (int i = 0; i < moving.length; i++) {
                damped[i] = normal[i].clone();
                damped[i][i] += damping * trace;
            }
            try {
                RealVector step = new CholeskyDecomposition(new Array2DRowRealMatrix(damped, false))
                        .getSolver()
                        .solve(new ArrayRealVector(right, false));
                double[] s = states.clone();
                for (int j = 0; j < moving.length; j++) {
                    s[moving[j]] += step.getEntry(j);
                }
                double value = run(weights, s, null);
                if (value < deviance) {
                    states = s;
                    deviance = value;
                    return;
                }
            } catch (NonPositiveDefiniteMatrixException tryMoreDamping) {
                // The next round is further from singular.
            }
        }
    }

    /** The states that the form has. */
    private int[] moving() {
        int trend = form.trend() == Trend.NONE ? 0 : 1;
        int season = form.season() == Season.NONE ? 0 : period;
        int[] out = new int[1 + trend + season];
        for (int i = 1; i < out.length; i++) {
            out[i] = i <= trend ? 1 : 2 + i - 1 - trend;
        }
        return out;
    }
}
