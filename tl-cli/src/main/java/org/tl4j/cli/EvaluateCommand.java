// SPDX-License-Identifier: Apache-2.0
package org.tl4j.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.LabelledData;
import org.tl4j.engine.Device;
import org.tl4j.model.Config;
import org.tl4j.model.Evaluation;
import org.tl4j.model.Head;
import org.tl4j.model.Heads;
import org.tl4j.model.Illustration;
import org.tl4j.serving.Predictor;
import org.tl4j.serving.SavedModel;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tl evaluate}: how good a saved model is on labelled data. */
@Command(name = "evaluate", description = "Judges a saved model on labelled data.")
final class EvaluateCommand implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "MODEL", description = "folder of a saved model")
    private Path model = Path.of("");

    @Option(names = "--data", required = true, paramLabel = "PATH", description = "labelled data")
    private Path data = Path.of("");

    @Option(names = "--device", defaultValue = "cpu", paramLabel = "DEVICE", description = "cpu or cuda")
    private String device = "cpu";

    @Option(
            names = "--report",
            paramLabel = "DIR",
            description = "folder for files that show how the model answers, such as its worst answers")
    private @Nullable Path report;

    @Option(names = "--json", description = "one JSON object as the last line")
    private boolean json;

    @Mixin
    private DataOptions columns = new DataOptions();

    @Override
    public void run() {
        SavedModel saved = SavedModel.open(model);
        evaluate(saved, Heads.installed().get(saved.task()));
    }

    private <X, Y, P> void evaluate(SavedModel saved, Head<X, Y, P> task) {
        Console console = new Console(spec);
        long begin = System.nanoTime();
        LabelledData<X, Y> labelled = task.read(
                data,
                task.reading(saved.about().config("input"))
                        .with("judged-by", model.toString())
                        .with(columns.columns()));
        labelled.notes().forEach(console::note);
        try (Predictor<X, Y, P> predictor = Predictor.load(model, task, Device.parse(device))) {
            Illustration<X, Y, P> illustration = FinetuneCommand.illustration(
                    task, task.restore(saved.about().config("head")), report);
            Evaluation evaluation =
                    predictor.evaluate(labelled.parts().getOrDefault("test", labelled.all()), illustration);
            console.print(evaluation.report());
            if (illustration != null && report != null) {
                FinetuneCommand.written(illustration, report, console);
            }
            if (json) {
                console.json(Config.empty()
                        .with("task", task.task())
                        .with("model", model.toString())
                        .with("seconds", (System.nanoTime() - begin) / 1e9)
                        .with("metrics", FinetuneCommand.metrics(evaluation)));
            }
        }
    }
}
