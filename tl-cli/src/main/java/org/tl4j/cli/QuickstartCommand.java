// SPDX-License-Identifier: Apache-2.0
package org.tl4j.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.tl4j.data.Dataset;
import org.tl4j.data.LabelledData;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.model.Config;
import org.tl4j.model.Evaluation;
import org.tl4j.model.Head;
import org.tl4j.model.Heads;
import org.tl4j.model.Providers;
import org.tl4j.model.Task;
import org.tl4j.serving.Predictor;
import org.tl4j.tuning.FineTuned;
import org.tl4j.tuning.FineTuners;
import org.tl4j.tuning.Strategy;
import org.tl4j.tuning.TrainingOptions;
import org.tl4j.tuning.Transfer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tl quickstart}: the whole way once, on a real language model and the messages that ship with TL4J. */
@Command(
        name = "quickstart",
        description = "Fine-tunes all-MiniLM-L6-v2 on 600 customer-support messages in six intents, tests it, saves it,"
                + " loads it back and classifies three sentences.")
final class QuickstartCommand implements Runnable {
    private static final String MESSAGES = "META-INF/tl4j/data/support-intents.csv";
    private static final List<String> SENTENCES = List.of(
            "my parcel was supposed to be here yesterday, any news?",
            "i dont want to cancel, i just cant log in since the update",
            "you took 49.99 twice for the same month, please explain");

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--out",
            defaultValue = "support-model",
            paramLabel = "DIR",
            description = "folder to save the model in (${DEFAULT-VALUE})")
    private Path out = Path.of("support-model");

    @Option(
            names = "--seed",
            defaultValue = "42",
            paramLabel = "N",
            description = "of everything random (${DEFAULT-VALUE})")
    private long seed = 42;

    @Option(names = "--json", description = "one JSON object as the last line")
    private boolean json;

    @Override
    public void run() {
        quickstart(Heads.installed().get("text-classification"));
    }

    private <X, Y, P> void quickstart(Head<X, Y, P> head) {
        Console console = new Console(spec);
        LabelledData<X, Y> messages = messages(head);
        Dataset<X, Y> train = messages.parts().getOrDefault("train", messages.all());
        Dataset<X, Y> test = messages.parts().getOrDefault("test", messages.all());
        Strategy strategy = FineTuners.headOnly().then(FineTuners.unfreezeLast(2));
        Transfer<X, Y, P> transfer = Transfer.from("all-minilm-l6-v2")
                .to(new Task<>(head, head.create(train, Config.empty())))
                .with(strategy)
                .with(TrainingOptions.defaults().withSeed(seed))
                .listener(console);
        console.note(
                "backbone all-minilm-l6-v2; " + train.size() + " messages to train on, " + test.size() + " to test");
        Evaluation evaluation;
        Config summary;
        try (FineTuned<X, Y, P> model = transfer.fit(train)) {
            evaluation = model.evaluate(test);
            model.save(out);
            summary = FinetuneCommand.summary(head, model, evaluation, out);
        }
        console.print(evaluation.report());
        console.print("saved " + out + "; loaded back, it says:");
        try (Predictor<?, ?, ?> predictor = Predictor.load(out)) {
            for (Predictor.Answer<?> answer : predictor.answers(SENTENCES)) {
                console.print("  " + answer.input());
                console.print("    -> " + answer.text());
            }
        }
        if (json) {
            console.json(summary);
        }
    }

    /** The messages lie in a jar; readers want a file. */
    private static <X, Y, P> LabelledData<X, Y> messages(Head<X, Y, P> head) {
        try (InputStream in = Providers.contextLoader().getResourceAsStream(MESSAGES)) {
            if (in == null) {
                throw new MissingArtifactException(
                        "The messages of the quickstart are not there.",
                        "no " + MESSAGES,
                        "tl-nlp on the class path",
                        "build with ./tl");
            }
            Path folder = Files.createTempDirectory("tl4j-quickstart");
            Path file = folder.resolve("support-intents.csv");
            try {
                Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
                return head.read(
                        file,
                        Config.empty()
                                .with("text-column", "text")
                                .with("label-column", "label")
                                .with("split-column", "split"));
            } finally {
                Files.deleteIfExists(file);
                Files.deleteIfExists(folder);
            }
        } catch (IOException e) {
            throw new MissingArtifactException(
                    "The messages of the quickstart cannot be unpacked.",
                    String.valueOf(e.getMessage()),
                    "room for temporary files",
                    "free some space",
                    e);
        }
    }
}
