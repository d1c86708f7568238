// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import org.tl4j.error.Checks;

/**
 * The numbers of a strategy; 0 leaves one to the strategy's own default.
 *
 * @param epochs passes over the training data, of the last phase
 * @param headEpochs passes that train the head alone before deeper layers, where a strategy does that
 * @param rate peak learning rate of the last phase
 * @param headRate peak learning rate of the head alone
 * @param layers how many layers are unfrozen, where a strategy asks
 * @param schedule how rates run
 * @param layerDecay factor from each layer's rate to that of the one below it
 * @param penalty of a closed form; 0 is chosen by cross-validation
 */
public record Recipe(
        int epochs,
        int headEpochs,
        double rate,
        double headRate,
        int layers,
        Schedule schedule,
        double layerDecay,
        double penalty) {
    /** Checks the ranges. */
    public Recipe {
        Checks.notNegative("epochs", epochs);
        Checks.notNegative("headEpochs", headEpochs);
        Checks.notNegative("learningRate", rate);
        Checks.notNegative("headRate", headRate);
        Checks.notNegative("layers", layers);
        Checks.between("layerDecay", layerDecay, 0.01, 1);
        Checks.notNegative("penalty", penalty);
    }

    /** Every number left to the strategy, with a linear schedule and a warm-up of a tenth. */
    public static Recipe defaults() {
        return new Recipe(0, 0, 0, 0, 0, Schedule.linear(), 1, 0);
    }

    /** Another number of epochs. */
    public Recipe withEpochs(int value) {
        return new Recipe(value, headEpochs, rate, headRate, layers, schedule, layerDecay, penalty);
    }

    /** Another number of epochs for the head alone. */
    public Recipe withHeadEpochs(int value) {
        return new Recipe(epochs, value, rate, headRate, layers, schedule, layerDecay, penalty);
    }

    /** Another peak learning rate. */
    public Recipe withRate(double value) {
        return new Recipe(epochs, headEpochs, value, headRate, layers, schedule, layerDecay, penalty);
    }

    /** Another peak learning rate for the head alone. */
    public Recipe withHeadRate(double value) {
        return new Recipe(epochs, headEpochs, rate, value, layers, schedule, layerDecay, penalty);
    }

    /** Another number of unfrozen layers. */
    public Recipe withLayers(int value) {
        return new Recipe(epochs, headEpochs, rate, headRate, value, schedule, layerDecay, penalty);
    }

    /** Another schedule. */
    public Recipe withSchedule(Schedule value) {
        return new Recipe(epochs, headEpochs, rate, headRate, layers, value, layerDecay, penalty);
    }

    /** Another factor between layers. */
    public Recipe withLayerDecay(double value) {
        return new Recipe(epochs, headEpochs, rate, headRate, layers, schedule, value, penalty);
    }

    /** Another penalty. */
    public Recipe withPenalty(double value) {
        return new Recipe(epochs, headEpochs, rate, headRate, layers, schedule, layerDecay, value);
    }

    int epochsOr(int otherwise) {
        return epochs == 0 ? otherwise : epochs;
    }

    int headEpochsOr(int otherwise) {
        return headEpochs == 0 ? otherwise : headEpochs;
    }

    double rateOr(double otherwise) {
        return rate == 0 ? otherwise : rate;
    }

    double headRateOr(double otherwise) {
        return headRate == 0 ? otherwise : headRate;
    }
}
