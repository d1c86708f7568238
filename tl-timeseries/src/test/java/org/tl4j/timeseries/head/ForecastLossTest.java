// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tl4j.engine.Device;
import org.tl4j.engine.Optimizer;
import org.tl4j.engine.ParameterGroup;
import org.tl4j.engine.TrainingEngine;
import org.tl4j.engine.TrainingSession;
import org.tl4j.engine.torch.TorchEngine;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Value;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.TaskHead;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;
import org.tl4j.timeseries.backbone.SeriesFrame;
import org.tl4j.timeseries.task.ForecastingTask;
import org.tl4j.weights.Weights;

/**
 * The head's losses are PyTorch's, and so are their gradients: {@code MSELoss}, {@code L1Loss}, {@code SmoothL1Loss},
 * the pinball loss and {@code torch.distributions.StudentT}. {@code parity/make_series_head_fixtures.py} made the
 * figures, in double precision.
 */
class ForecastLossTest {
    /** Single precision beside double: some ten roundings of 6e-8 each, and logGamma's cancellation. */
    private static final double TOLERANCE = 1e-5;

    private static final String WEIGHT = "head.forecast.weight";
    private static final String BIAS = "head.forecast.bias";

    private record Case(
            String loss,
            List<Double> quantiles,
            double[] raw,
            Map<String, double[]> outputs,
            double value,
            double[] gradient) {
        @Override
        public String toString() {
            return loss;
        }
    }

    private record Fixture(
            int examples,
            int horizon,
            int variables,
            double[] location,
            double[] scale,
            double[] unit,
            double[] target,
            double[] there,
            List<Case> cases) {}

    private static final Fixture TORCH = read();

    private static Fixture read() {
        try (InputStream in = ForecastLossTest.class.getResourceAsStream("/head/losses.json")) {
            return new Gson().fromJson(new InputStreamReader(in, StandardCharsets.UTF_8), Fixture.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Stream<Case> cases() {
        return TORCH.cases().stream();
    }

    private static HostTensor floats(double[] values, long... shape) {
        float[] f = new float[values.length];
        for (int i = 0; i < f.length; i++) {
            f[i] = (float) values[i];
        }
        return HostTensor.of(f, shape);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void isPyTorchs(Case c) {
        int n = TORCH.examples();
        int h = TORCH.horizon();
        int v = TORCH.variables();
        int width = c.raw().length / n;
        Graph graph = new Graph();
        Value x = graph.input("x", DType.F32, Shape.parse("N, " + width));
        Endpoints backbone = new Endpoints(
                Map.of(
                        SeriesFrame.LOCATION, graph.input("location_of", DType.F32, Shape.parse("N, 1, " + v)),
                        SeriesFrame.SCALE, graph.input("scale_of", DType.F32, Shape.parse("N, 1, " + v)),
                        SeriesFrame.UNIT, graph.constant("unit_of", floats(TORCH.unit(), 1, 1, v))),
                x,
                null,
                List.of(),
                List.of());
        ForecastHead head = ForecastHead.restore(
                ForecastingTask.NAME,
                Config.empty()
                        .with("horizon", h)
                        .with("variables", List.of("a", "b"))
                        .with("loss", c.loss())
                        .with("quantiles", c.quantiles()));
        head.build(graph, backbone);
        head.buildLoss(graph);
        // The layer passes on what it gets, so that its gradients are those of the numbers themselves.
        float[] identity = new float[width * width];
        for (int i = 0; i < width; i++) {
            identity[i * width + i] = 1;
        }
        Weights weights = Weights.of(
                Map.of(WEIGHT, HostTensor.of(identity, width, width), BIAS, HostTensor.of(new float[width], width)));
        Map<String, HostTensor> batch = new LinkedHashMap<>();
        batch.put("x", floats(c.raw(), n, width));
        batch.put("location_of", floats(TORCH.location(), n, 1, v));
        batch.put("scale_of", floats(TORCH.scale(), n, 1, v));
        batch.put("target", floats(TORCH.target(), n, h, v));
        batch.put("counts", floats(TORCH.there(), n, h, v));
        batch.put(TaskHead.LOSS_SCALE, HostTensor.scalar((float) (1 / head.weight(batch))));
        TrainingEngine.Options options = new TrainingEngine.Options(
                List.of(new ParameterGroup("head", List.of(WEIGHT, BIAS), 1, 0)), Optimizer.sgd(0), 0, Device.CPU);
        try (TrainingSession session = new TorchEngine().load(graph, weights, options)) {
            Map<String, HostTensor> outputs = session.run(batch);
            c.outputs().forEach((name, expected) -> {
                double[] actual = outputs.get(name).toDoubles();
                assertThat(actual).as(name).hasSameSizeAs(expected);
                for (int i = 0; i < actual.length; i++) {
                    assertThat(actual[i]).as(name).isCloseTo(expected[i], within(close(expected[i])));
                }
            });
            assertThat(session.loss(batch)).isCloseTo(c.value(), within(close(c.value())));
            session.backward(batch, 0);
            session.step(1, 0);
            double[] bias = session.weights().get(BIAS).toDoubles();
            double[] weight = session.weights().get(WEIGHT).toDoubles();
            for (int j = 0; j < width; j++) {
                double sum = 0;
                for (int i = 0; i < n; i++) {
                    sum += c.gradient()[i * width + j];
                }
                assertThat(bias[j]).as("bias %d less its gradient", j).isCloseTo(-sum, within(close(sum)));
                for (int k = 0; k < width; k++) {
                    double product = j == k ? 1 : 0;
                    for (int i = 0; i < n; i++) {
                        product -= c.gradient()[i * width + j] * c.raw()[i * width + k];
                    }
                    assertThat(weight[j * width + k])
                            .as("weight %d, %d less its gradient", j, k)
                            .isCloseTo(product, within(close(product)));
                }
            }
        }
    }

    private static double close(double expected) {
        return TOLERANCE * Math.max(1, Math.abs(expected));
    }
}
