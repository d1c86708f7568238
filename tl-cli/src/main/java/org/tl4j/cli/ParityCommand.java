// SPDX-License-Identifier: Apache-2.0
package org.tl4j.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.tl4j.engine.onnx.OnnxEngine;
import org.tl4j.engine.torch.TorchEngine;
import org.tl4j.model.Backbones;
import org.tl4j.model.Config;
import org.tl4j.parity.Parity;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tl parity}: whether families give the numbers of their reference implementations. */
@Command(
        name = "parity",
        description =
                "Compares families with fixtures that their reference implementations wrote, on both engines: names,"
                        + " outputs, losses, gradients. Exit code 1 if one differs.")
final class ParityCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "DIR", description = "folder with NAME.json and NAME.safetensors")
    private Path folder = Path.of("");

    @Option(names = "--json", description = "one JSON object as the last line")
    private boolean json;

    @Override
    public Integer call() {
        Console console = new Console(spec);
        Parity parity = new Parity(Backbones.installed(), new OnnxEngine(), new TorchEngine());
        List<Parity.Result> results = parity.compareAll(folder);
        results.forEach(r -> console.print(r.toString()));
        long failed = results.stream().filter(r -> !r.passed()).count();
        console.print(results.size() - failed + " of " + results.size() + " fixtures pass");
        if (json) {
            List<Config> all = new ArrayList<>();
            for (Parity.Result r : results) {
                all.add(Config.empty()
                        .with("name", r.name())
                        .with("source", r.source())
                        .with("passed", r.passed())
                        .with("outputs", r.outputs())
                        .with("losses", r.losses())
                        .with("gradients", r.gradients())
                        .with("problems", r.problems())
                        .with("unstable", r.unstable()));
            }
            console.json(Config.empty().with("failed", failed).with("fixtures", FamiliesCommand.jsonOf(all)));
        }
        return failed == 0 ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
    }
}
