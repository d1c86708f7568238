// SPDX-License-Identifier: Apache-2.0
package org.tl4j.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.tl4j.engine.Device;
import org.tl4j.model.Config;
import org.tl4j.serving.Predictor;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tl explain}: what the answers of a saved model hang on. */
@Command(name = "explain", description = "Writes a picture of what each answer of a saved model hangs on.")
final class ExplainCommand implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(index = "0", paramLabel = "MODEL", description = "folder of a saved model")
    private Path model = Path.of("");

    @Parameters(index = "1..*", arity = "1..*", paramLabel = "INPUT", description = "examples, such as picture files")
    private List<String> inputs = new ArrayList<>();

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "folder for the pictures")
    private Path out = Path.of("");

    @Option(names = "--device", defaultValue = "cpu", paramLabel = "DEVICE", description = "cpu or cuda")
    private String device = "cpu";

    @Option(names = "--json", description = "one JSON object as the last line")
    private boolean json;

    @Override
    public void run() {
        Console console = new Console(spec);
        List<String> files = new ArrayList<>();
        try (Predictor<?, ?, ?> predictor = Predictor.load(model, Device.parse(device))) {
            for (int i = 0; i < inputs.size(); i++) {
                Path file = out.resolve((i + 1) + ".png");
                console.print(predictor.explain(inputs.get(i), file));
                files.add(file.toString());
            }
        }
        if (json) {
            console.json(Config.empty().with("model", model.toString()).with("files", files));
        }
    }
}
