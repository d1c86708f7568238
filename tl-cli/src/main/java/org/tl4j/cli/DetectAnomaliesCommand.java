// SPDX-License-Identifier: Apache-2.0
package org.tl4j.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.tl4j.anomaly.dataset.Condition;
import org.tl4j.anomaly.dataset.Signal.SignalPoint;
import org.tl4j.anomaly.head.AnomalyScore;
import org.tl4j.anomaly.metric.Episode;
import org.tl4j.anomaly.report.SignalPicture;
import org.tl4j.anomaly.stream.AnomalyStream;
import org.tl4j.anomaly.stream.DriftAlarm;
import org.tl4j.anomaly.stream.Peaks;
import org.tl4j.data.Dataset;
import org.tl4j.engine.Device;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.model.Config;
import org.tl4j.model.Head;
import org.tl4j.model.Heads;
import org.tl4j.model.Modality;
import org.tl4j.serving.Predictor;
import org.tl4j.serving.SavedModel;
import org.tl4j.weights.AtomicFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tl detect-anomalies}: scores of all rows of a file, and which of them are flagged. */
@Command(
        name = "detect-anomalies",
        description = "Scores the rows of a file with a saved anomaly detector and flags those above its threshold.")
final class DetectAnomaliesCommand implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "MODEL", description = "folder of a saved model")
    private Path model = Path.of("");

    @Option(names = "--data", required = true, paramLabel = "PATH", description = "rows, with labels or without")
    private Path data = Path.of("");

    @Option(names = "--output", paramLabel = "FILE", description = "CSV of all scores; flagged rows are printed anyway")
    private @Nullable Path output;

    @Option(
            names = "--quiet",
            defaultValue = "0",
            paramLabel = "ROWS",
            description = "for rows in time: after an alarm none within that many rows, unless the score is higher"
                    + " (${DEFAULT-VALUE})")
    private int quiet;

    @Option(
            names = "--drift",
            paramLabel = "ROWS",
            description = "also raise an alarm where the rows, in their order, are no longer such as those that were"
                    + " learned from; so many rows pass on average until a false one, 10000 say")
    private @Nullable Double drift;

    @Option(names = "--plot", paramLabel = "FILE", description = "PNG of a series with its alarms and scores")
    private @Nullable Path plot;

    @Option(names = "--device", defaultValue = "cpu", paramLabel = "DEVICE", description = "cpu or cuda")
    private String device = "cpu";

    @Mixin
    private DataOptions columns = new DataOptions();

    @Option(names = "--json", description = "one JSON object as the last line")
    private boolean json;

    @Override
    public void run() {
        detect(Heads.installed().get(SavedModel.read(model).task()));
    }

    private <X, Y, P> void detect(Head<X, Y, P> head) {
        Console console = new Console(spec);
        long begin = System.nanoTime();
        Dataset<X, Y> rows = head.read(data, columns.columns()).all();
        try (Predictor<X, Y, P> predictor = Predictor.load(model, head, Device.parse(device))) {
            List<P> answers = predictor.predict(rows.inputs());
            StringBuilder csv = new StringBuilder("row,score,anomalous\n");
            Peaks peaks = new Peaks(quiet);
            boolean[] alarms = new boolean[answers.size()];
            double[] scores = new double[alarms.length];
            int flagged = 0;
            Double promised = drift;
            DriftAlarm change = promised == null ? null : AnomalyStream.alarm(predictor, promised);
            List<Integer> changes = new ArrayList<>();
            for (int i = 0; i < alarms.length; i++) {
                AnomalyScore score = score(answers.get(i), head);
                scores[i] = score.score();
                alarms[i] = peaks.passes(score.score()) && score.anomalous();
                csv.append(String.format(Locale.ROOT, "%d,%s,%s%n", i + 1, score.score(), alarms[i]));
                if (alarms[i]) {
                    flagged++;
                    console.print(rows.get(i).source() + ": " + score.render());
                }
                if (change != null && change.next(score.score())) {
                    changes.add(i + 1);
                    console.print(
                            rows.get(i).source() + ": the data are no longer such as those that were learned from");
                }
            }
            console.print(flagged + " of " + rows.size() + " rows are flagged");
            if (change != null && promised != null && head.modality() == Modality.SERIES) {
                console.note("scores of a series depend on each other: more than one false alarm of drift in "
                        + Math.round(promised) + " rows is to be expected");
            }
            if (change != null) {
                console.print(changes.size() + (changes.size() == 1 ? " alarm" : " alarms") + " of drift");
            }
            if (plot != null && !rows.isEmpty()) {
                plot(rows, scores, score(answers.get(0), head).threshold(), alarms, plot);
                console.print("wrote " + plot);
            }
            Path to = output;
            if (to != null) {
                AtomicFile.replace(to, part -> Files.writeString(part, csv));
            }
            if (json) {
                console.json(Config.empty()
                        .with("drift", changes)
                        .with("task", head.task())
                        .with("model", model.toString())
                        .with("rows", rows.size())
                        .with("flagged", flagged)
                        .with("seconds", (System.nanoTime() - begin) / 1e9));
            }
        }
    }

    private AnomalyScore score(Object answer, Head<?, ?, ?> head) {
        if (answer instanceof AnomalyScore score) {
            return score;
        }
        throw new InvalidArgumentException(
                "'" + model + "' does not detect anomalies.",
                head.task(),
                "a model of anomaly-detection",
                "use `tl predict`");
    }

    private static void plot(Dataset<?, ?> rows, double[] scores, double threshold, boolean[] alarms, Path file) {
        if (!(rows.get(0).input() instanceof SignalPoint first)) {
            throw new InvalidArgumentException(
                    "There is no picture of these rows.",
                    "--plot " + file,
                    "a model of series-anomaly-detection",
                    "leave --plot away");
        }
        boolean[] anomalous = new boolean[scores.length];
        for (int i = 0; i < anomalous.length; i++) {
            anomalous[i] = rows.get(i).target() == Condition.ANOMALOUS;
        }
        SignalPicture.write(first.signal(), scores, threshold, alarms, Episode.of(anomalous), file);
    }
}
