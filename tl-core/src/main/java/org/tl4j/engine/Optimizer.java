// SPDX-License-Identifier: Apache-2.0
package org.tl4j.engine;

import org.tl4j.error.Checks;

/** The rule by which gradients move parameters. Rates and decay are given by {@link ParameterGroup}. */
public sealed interface Optimizer {
    /**
     * Adam with decoupled weight decay; Loshchilov and Hutter 2019, arXiv:1711.05101. Equal to
     * {@code torch.optim.AdamW}.
     */
    record AdamW(double beta1, double beta2, double epsilon) implements Optimizer {
        /** Checks the ranges. */
        public AdamW {
            Checks.between("beta1", beta1, 0, 0.999999);
            Checks.between("beta2", beta2, 0, 0.99999999);
            Checks.positive("epsilon", epsilon);
        }
    }

    /** Stochastic gradient descent with momentum and L2 decay. Equal to {@code torch.optim.SGD}. */
    record Sgd(double momentum, boolean nesterov) implements Optimizer {
        /** Checks the ranges. */
        public Sgd {
            Checks.between("momentum", momentum, 0, 0.999999);
        }
    }

    /** AdamW with PyTorch's constants: 0.9, 0.999, 1e-8. */
    static Optimizer adamW() {
        return new AdamW(0.9, 0.999, 1e-8);
    }

    /** SGD with the given momentum. */
    static Optimizer sgd(double momentum) {
        return new Sgd(momentum, false);
    }
}
