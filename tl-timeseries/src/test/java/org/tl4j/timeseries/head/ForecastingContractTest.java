// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.head;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.tl4j.data.Dataset;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Head;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;
import org.tl4j.testkit.HeadContract;
import org.tl4j.timeseries.backbone.ForecastEndpoints;
import org.tl4j.timeseries.backbone.SeriesFrame;
import org.tl4j.timeseries.dataset.Future;
import org.tl4j.timeseries.dataset.SeriesWindow;
import org.tl4j.timeseries.dataset.TimeSeries;
import org.tl4j.timeseries.dataset.WindowDataset;
import org.tl4j.timeseries.input.WindowInput;
import org.tl4j.timeseries.task.ForecastingTask;

/** Forecasting passes the tests of every task, with each of its losses, on each kind of vector that networks give. */
class ForecastingContractTest {
    private static final int CONTEXT = 5;
    private static final int HORIZON = 3;

    @Nested
    class SquaredErrorsOfTheWindow extends Windows {
        @Override
        public Config settings() {
            return super.settings().with("loss", "mse");
        }
    }

    @Nested
    class AbsoluteErrorsByVariable extends Windows {
        @Override
        public Config settings() {
            return super.settings().with("loss", "mae");
        }

        @Override
        void endpoints(Graph graph, Value centred, Map<String, Value> outputs) {
            Value byVariable = graph.transpose(centred, 0, 2, 1);
            outputs.put(
                    ForecastEndpoints.VARIABLES, graph.tanh(graph.at("layer").linear("fc", byVariable, 6)));
        }
    }

    @Nested
    class HuberByStep extends Windows {
        @Override
        public Config settings() {
            return super.settings().with("loss", "huber");
        }

        @Override
        void endpoints(Graph graph, Value centred, Map<String, Value> outputs) {
            Value all = graph.tanh(graph.at("layer").linear("fc", graph.flatten(centred, 1), 6L * HORIZON));
            outputs.put(ForecastEndpoints.STEPS, graph.reshape(all, 0, HORIZON, 6));
        }
    }

    @Nested
    class Quantiles extends Windows {
        @Override
        public Config settings() {
            return super.settings().with("loss", "quantile").with("quantiles", new double[] {0.1, 0.5, 0.9});
        }
    }

    @Nested
    class StudentT extends Windows {
        @Override
        public Config settings() {
            return super.settings().with("loss", "student-t").with("quantiles", new double[] {0.25, 0.75});
        }
    }

    private abstract static class Windows implements HeadContract<SeriesWindow, Future, Forecast> {
        @Override
        public Head<SeriesWindow, Future, Forecast> head() {
            return new ForecastingTask();
        }

        /** Two waves; of one a value is missing in some targets. */
        @Override
        public Dataset<SeriesWindow, Future> data() {
            float[][] values = new float[2][26];
            for (int t = 0; t < 26; t++) {
                values[0][t] = (float) (10 + 3 * Math.sin(0.7 * t));
                values[1][t] = t == 20 ? Float.NaN : (float) (100 * Math.cos(0.5 * t) + 4 * t);
            }
            TimeSeries series = series(values);
            return WindowDataset.of("waves", List.of(new WindowDataset.Span(series, CONTEXT, 23)), HORIZON, 2);
        }

        private static TimeSeries series(float[][] values) {
            return new TimeSeries("waves", null, null, List.of("a", "b"), values, List.of(), new float[0][], Map.of());
        }

        @Override
        public Future unknownTarget() {
            return new Future(TimeSeries.of("another", 1, 2, 3, 4, 5), 2, HORIZON);
        }

        @Override
        public Config settings() {
            return Config.empty().with("context", CONTEXT);
        }

        /** A layer on the window less its mean, scaled by fixed numbers. */
        @Override
        public Endpoints backbone(Graph graph) {
            Value past = graph.input(SeriesFrame.PAST, DType.F32, Shape.parse("N, 5, 2"));
            Value mean = graph.reduce(Op.ReduceKind.MEAN, past, true, 1);
            Value scale = graph.constant("deviation", HostTensor.of(new float[] {2, 60}, 1, 1, 2));
            Value centred = graph.div(graph.sub(past, mean), scale);
            Map<String, Value> outputs = new LinkedHashMap<>();
            outputs.put(SeriesFrame.LOCATION, mean);
            outputs.put(SeriesFrame.SCALE, scale);
            outputs.put(SeriesFrame.UNIT, scale);
            endpoints(graph, centred, outputs);
            return new Endpoints(outputs, outputs.get("pooled"), null, List.of(), List.of(Endpoints.Layer.of("layer")));
        }

        void endpoints(Graph graph, Value centred, Map<String, Value> outputs) {
            outputs.put("pooled", graph.tanh(graph.at("layer").linear("fc", graph.flatten(centred, 1), 8)));
        }

        @Override
        public Map<String, HostTensor> inputs(SeriesWindow example) {
            return WindowInput.of(List.of(example.series()), CONTEXT, HORIZON, false)
                    .encode(example);
        }
    }
}
