// SPDX-License-Identifier: Apache-2.0
package org.tl4j.engine;

import java.util.List;
import org.tl4j.error.Checks;

/**
 * Parameters that are trained alike.
 *
 * @param name for reports
 * @param parameters published names; none may be in two groups
 * @param rateScale the step's learning rate is multiplied with this
 * @param weightDecay decay at the scaled rate
 */
public record ParameterGroup(String name, List<String> parameters, double rateScale, double weightDecay) {
    /** Keeps a copy and checks the ranges. */
    public ParameterGroup {
        parameters = List.copyOf(parameters);
        Checks.notNegative("rateScale", rateScale);
        Checks.notNegative("weightDecay", weightDecay);
    }
}
