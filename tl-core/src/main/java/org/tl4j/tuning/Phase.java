// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import org.tl4j.error.Checks;

/** One stretch of training in which the same layers are frozen. */
public sealed interface Phase {
    /** One line for people. */
    String title();

    /**
     * Training by gradients.
     *
     * @param freeze what is frozen
     * @param epochs passes over the training data
     * @param rate peak learning rate, of the head
     * @param schedule how the rate runs over the phase
     * @param layerDecay each layer's rate is that of the one above it times this; 1 gives all the same (discriminative
     *     rates: Howard and Ruder 2018)
     */
    record Gradient(Freeze freeze, int epochs, double rate, Schedule schedule, double layerDecay) implements Phase {
        /** Checks the ranges. */
        public Gradient {
            Checks.positive("epochs", epochs);
            Checks.positive("learningRate", rate);
            Checks.between("layerDecay", layerDecay, 0.01, 1);
        }

        @Override
        public String title() {
            return freeze + ", " + epochs + (epochs == 1 ? " epoch" : " epochs");
        }
    }

    /**
     * The head computed from the frozen features at once; only for a head that is one linear layer.
     *
     * @param logistic whether the head's own loss is minimised (L-BFGS), class weights and label smoothing included;
     *     else the squared distance from 1 and -1 (ridge, a linear system), which knows no smoothing
     * @param penalty weight of the squared norm of the head's weights; 0 chooses it by cross-validation
     */
    record ClosedForm(boolean logistic, double penalty) implements Phase {
        /** Checks the range. */
        public ClosedForm {
            Checks.notNegative("penalty", penalty);
        }

        @Override
        public String title() {
            return logistic ? "closed form, logistic" : "closed form, ridge";
        }
    }
}
