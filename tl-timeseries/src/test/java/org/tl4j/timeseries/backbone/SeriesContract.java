// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.backbone;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.tl4j.graph.Graph;
import org.tl4j.model.Config;
import org.tl4j.tensor.HostTensor;
import org.tl4j.testkit.BackboneContract;

/** What the contract tests of families of series share: windows of two variables, and series of open length. */
interface SeriesContract extends BackboneContract {
    /** A window of 12 steps of two variables, the unit of one much larger than that of the other. */
    Config WINDOW = Config.empty().with("context", 12).with("horizon", 3).with("variables", 2);

    /** Numbers for {@code mean} and {@code deviation} of {@link #WINDOW}. */
    static Config scaled(Config c) {
        return c.with("mean", new double[] {0.3, -0.2}).with("deviation", new double[] {1.5, 0.7});
    }

    /** Two covariates that are observed in the past alone, with numbers for their scaling. */
    static Config observed(Config c) {
        return c.with("observed", 2)
                .with("observed_mean", new double[] {40, -0.1})
                .with("observed_deviation", new double[] {25, 0.4});
    }

    /** Three series of which the second one is shorter, wherever lengths are read. */
    @Override
    default Map<String, HostTensor> inputs(Graph graph, int examples, Random random) {
        Map<String, HostTensor> inputs = new LinkedHashMap<>(BackboneContract.super.inputs(graph, examples, random));
        if (inputs.containsKey(SeriesFrame.LENGTH)) {
            long[] lengths = new long[examples];
            for (int i = 0; i < examples; i++) {
                lengths[i] = length("L") - 3L * (i % 2);
            }
            inputs.put(SeriesFrame.LENGTH, HostTensor.of(lengths, examples));
        }
        return inputs;
    }

    @Override
    default Map<String, HostTensor> alone(Graph graph, Map<String, HostTensor> batch, int row) {
        Map<String, HostTensor> own = new LinkedHashMap<>(BackboneContract.super.alone(graph, batch, row));
        HostTensor length = own.get(SeriesFrame.LENGTH);
        HostTensor past = own.get(SeriesFrame.PAST);
        if (length != null && past != null) {
            int steps = (int) length.longAt(0);
            int width = (int) past.shape().size(2);
            float[] values = new float[steps * width];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) past.doubleAt(i);
            }
            own.put(SeriesFrame.PAST, HostTensor.of(values, 1, steps, width));
        }
        return own;
    }
}
