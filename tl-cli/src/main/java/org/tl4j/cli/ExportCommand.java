// SPDX-License-Identifier: Apache-2.0
package org.tl4j.cli;

import java.nio.file.Path;
import java.util.Map;
import org.tl4j.engine.torch.TorchScript;
import org.tl4j.model.Config;
import org.tl4j.onnx.OnnxModel;
import org.tl4j.onnx.OnnxReader;
import org.tl4j.onnx.OnnxWriter;
import org.tl4j.serving.SavedModel;
import org.tl4j.weights.WeightFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tl export}: a saved model in another format. */
@Command(name = "export", description = "Writes a saved model as ONNX, TorchScript (.pt) or safetensors.")
final class ExportCommand implements Runnable {
    /** The formats. */
    enum Format {
        ONNX,
        TORCHSCRIPT,
        SAFETENSORS
    }

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "MODEL", description = "folder of a saved model")
    private Path model = Path.of("");

    @Option(
            names = "--format",
            required = true,
            paramLabel = "FORMAT",
            description = "onnx, torchscript or safetensors")
    private Format format = Format.ONNX;

    @Option(names = "--out", required = true, paramLabel = "FILE", description = "the file to write")
    private Path out = Path.of("");

    @Option(names = "--json", description = "one JSON object as the last line")
    private boolean json;

    @Override
    public void run() {
        Console console = new Console(spec);
        OnnxModel read = OnnxReader.read(SavedModel.read(model).onnx());
        switch (format) {
            case ONNX -> OnnxWriter.write(read.graph(), read.weights(), read.metadata(), out);
            case TORCHSCRIPT -> TorchScript.write(read.graph(), read.weights(), out);
            case SAFETENSORS -> WeightFile.writeSafetensors(read.weights(), Map.of("format", "pt"), out);
        }
        console.print("wrote " + out);
        if (json) {
            console.json(Config.empty()
                    .with("model", model.toString())
                    .with("format", format.name().toLowerCase(java.util.Locale.ROOT))
                    .with("file", out.toString()));
        }
    }
}
