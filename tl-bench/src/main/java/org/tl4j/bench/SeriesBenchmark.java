// SPDX-License-Identifier: Apache-2.0
package org.tl4j.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.tl4j.bench.Comparison.Better;
import org.tl4j.bench.Comparison.Rival;
import org.tl4j.data.Example;
import org.tl4j.engine.TrainingSession;
import org.tl4j.model.Batch;
import org.tl4j.model.Config;
import org.tl4j.model.Task;
import org.tl4j.model.TaskHead;
import org.tl4j.tensor.HostTensor;
import org.tl4j.timeseries.dataset.Future;
import org.tl4j.timeseries.dataset.SeriesWindow;
import org.tl4j.timeseries.dataset.TimeSeries;
import org.tl4j.timeseries.dataset.WindowDataset;
import org.tl4j.timeseries.head.Forecast;
import org.tl4j.timeseries.task.ForecastingTask;
import org.tl4j.tuning.FineTuned;
import org.tl4j.tuning.FineTuners;
import org.tl4j.tuning.Schedule;
import org.tl4j.tuning.Trainable;
import org.tl4j.tuning.TrainingOptions;
import org.tl4j.tuning.Transfer;
import org.tl4j.weights.WeightFile;
import org.tl4j.weights.Weights;

/** An epoch of forecasting, whole: from the values in memory over windows and batches to the trained network. */
final class SeriesBenchmark implements Benchmark {
    private static final int CONTEXT = 96;
    private static final int HORIZON = 24;
    private static final int VARIABLES = 7;
    private static final int BATCH = 64;
    private static final int VERIFIED_STEPS = 3;
    private static final double RATE = 1e-3;
    private static final double CLIP = 1;
    private static final String VALUES = "values";

    @Override
    public String name() {
        return "series";
    }

    @Override
    public String title() {
        return "training of an LSTM, hidden 64, 2 layers, on windows of 96 steps of 7 variables, 24 to forecast, batches of"
                + " 64, AdamW, gradients clipped at 1; windows and batches made on the way";
    }

    @Override
    public List<Comparison> comparisons(Setup setup) {
        return List.of(new Comparison(
                "lstm",
                "an epoch of windows",
                "windows/s",
                Better.MORE,
                List.of(
                        new Rival("loader", "PyTorch, DataLoader, AdamW(fused=True)"),
                        new Rival("gathered", "PyTorch, batches gathered by hand, AdamW(fused=True)")),
                setup.of(1, 0),
                setup.of(11, 1),
                1,
                0,
                Map.of("loss", 1e-4)));
    }

    private static Path file(Setup setup) {
        return setup.folder().resolve("series.safetensors");
    }

    /** Waves of several lengths with noise, of deviation about 1; as many windows as make whole batches. */
    @Override
    public void prepare(String comparison, Setup setup) {
        int steps = setup.of(100, 4) * BATCH + CONTEXT + HORIZON - 1;
        SplittableRandom random = new SplittableRandom(5);
        float[] values = new float[steps * VARIABLES];
        for (int t = 0; t < steps; t++) {
            for (int v = 0; v < VARIABLES; v++) {
                double noise = random.nextDouble() + random.nextDouble() - 1;
                values[t * VARIABLES + v] =
                        (float) (Math.sin(2 * Math.PI * t / 24 + v) + 0.5 * Math.sin(t / 27.0) + noise);
            }
        }
        Weights data = Weights.of(Map.of(VALUES, HostTensor.of(values, steps, VARIABLES)));
        Weights network = transfer(windows(data)).prepare().model().weights();
        WeightFile.writeSafetensors(network.with(data), Map.of(), file(setup));
    }

    private static WindowDataset windows(Weights file) {
        float[] all = file.get(VALUES).toFloats();
        int steps = all.length / VARIABLES;
        float[][] values = new float[VARIABLES][steps];
        List<String> names = new ArrayList<>();
        for (int v = 0; v < VARIABLES; v++) {
            names.add("v" + v);
            for (int t = 0; t < steps; t++) {
                values[v][t] = all[t * VARIABLES + v];
            }
        }
        TimeSeries series = new TimeSeries("waves", null, null, names, values, List.of(), new float[0][], Map.of());
        return WindowDataset.of("waves", List.of(new WindowDataset.Span(series, CONTEXT, steps)), HORIZON, 1);
    }

    private static Transfer<SeriesWindow, Future, Forecast> transfer(WindowDataset windows) {
        Config settings = Config.empty()
                .with("family", "lstm")
                .with("context", CONTEXT)
                .with("scaling", "none")
                .with("normalisation", "none")
                .with("network", Config.empty().with("hidden_size", 64).with("num_layers", 2));
        ForecastingTask task = new ForecastingTask();
        return Transfer.from((modality, loader, hub) ->
                        task.ownBackbone(windows, settings).orElseThrow().get())
                .to(new Task<>(task, task.create(windows, settings)))
                .with(FineTuners.full().epochs(1).learningRate(RATE).schedule(new Schedule.Constant(0)))
                .with(TrainingOptions.defaults().withBatchSize(BATCH));
    }

    @Override
    public Side open(String comparison, Setup setup) {
        return new Epochs(windows(WeightFile.read(file(setup))));
    }

    private record Epochs(WindowDataset windows) implements Side {
        /** The first steps over windows in their order. */
        @Override
        public Map<String, List<Double>> verify() {
            Transfer.Prepared<SeriesWindow, Future, Forecast> prepared =
                    transfer(windows).prepare();
            Trainable<Future, Forecast> model = prepared.model();
            List<Double> losses = new ArrayList<>();
            try (TrainingSession session = StepBenchmark.session(model, SharedModel.parametersFrom(model, 0))) {
                for (int step = 0; step < VERIFIED_STEPS; step++) {
                    List<Map<String, HostTensor>> rows = new ArrayList<>();
                    for (Example<SeriesWindow, Future> e : windows.subList(step * BATCH, (step + 1) * BATCH)) {
                        Map<String, HostTensor> row =
                                new LinkedHashMap<>(prepared.preprocessor().encode(e.input()));
                        row.putAll(model.head().encode(e.target()));
                        rows.add(row);
                    }
                    Map<String, HostTensor> batch =
                            Batch.collate(rows, prepared.preprocessor().padding());
                    batch.put(TaskHead.LOSS_SCALE, HostTensor.scalar((float)
                            (1 / model.head().weight(batch))));
                    losses.add(session.backward(batch, step));
                    session.step(RATE, CLIP);
                }
            }
            return Map.of("loss", losses);
        }

        @Override
        public Measured measure() {
            long begin = System.nanoTime();
            try (FineTuned<SeriesWindow, Future, Forecast> model =
                    transfer(windows).fit(windows, null)) {
                double seconds = (System.nanoTime() - begin) / 1e9;
                return new Measured(
                        windows.size() / seconds,
                        Map.of("loss", model.tuned().history().losses()));
            }
        }

        @Override
        public void close() {
            // Nothing is held.
        }
    }
}
