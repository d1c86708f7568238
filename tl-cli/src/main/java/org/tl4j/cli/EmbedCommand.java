// SPDX-License-Identifier: Apache-2.0
package org.tl4j.cli;

import java.io.BufferedWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Dataset;
import org.tl4j.data.LabelledData;
import org.tl4j.model.Config;
import org.tl4j.model.Head;
import org.tl4j.model.Heads;
import org.tl4j.model.Task;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tuning.PretrainedSource;
import org.tl4j.tuning.Transfer;
import org.tl4j.weights.AtomicFile;
import org.tl4j.weights.WeightFile;
import org.tl4j.weights.Weights;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tl embed}: the vector that a backbone gives for each example. */
@Command(
        name = "embed",
        sortOptions = false,
        description = "Writes the vector that a pretrained backbone gives for each example, as .csv or .safetensors.")
final class EmbedCommand implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "TASK", description = "says how the data are read, such as image-classification")
    private String task = "";

    @Option(names = "--backbone", paramLabel = "NAME", description = "as for `tl finetune`")
    private @Nullable String backbone;

    @Option(names = "--weights", paramLabel = "FILE", description = "a file of weights for a family's variant")
    private @Nullable String weights;

    @Option(names = "--from-scratch", description = "a family's variant with random weights")
    private boolean fromScratch;

    @Option(names = "--preprocessing", paramLabel = "NAME=VALUE", description = "as for `tl finetune`")
    private Map<String, String> preprocessing = new LinkedHashMap<>();

    @Option(names = "--data", required = true, paramLabel = "PATH", description = "labelled data")
    private Path data = Path.of("");

    @Option(
            names = "--out",
            required = true,
            paramLabel = "FILE",
            description = "the file to write: .csv with the source of each row, or .safetensors with `embeddings`"
                    + " f32[n, D]")
    private Path out = Path.of("");

    @Mixin
    private DataOptions columns = new DataOptions();

    @Option(names = "--json", description = "one JSON object as the last line")
    private boolean json;

    @Override
    public void run() {
        embed(Heads.installed().get(task));
    }

    private <X, Y, P> void embed(Head<X, Y, P> head) {
        Console console = new Console(spec);
        LabelledData<X, Y> labelled = head.read(data, columns.columns());
        labelled.notes().forEach(console::note);
        Dataset<X, Y> all = labelled.all();
        PretrainedSource source = PretrainedSource.of(
                        backbone == null ? FinetuneCommand.usual(head).orElse("") : backbone)
                .withWeights(weights)
                .withInput(DataOptions.typed("--preprocessing", preprocessing));
        source = fromScratch ? source.untrained() : source;
        float[][] rows = Transfer.from(source)
                .to(new Task<>(head, head.create(all, Config.empty())))
                .listener(console)
                .features(all);
        if (out.toString().endsWith(".csv")) {
            csv(all, rows);
        } else {
            int width = rows[0].length;
            float[] flat = new float[rows.length * width];
            for (int i = 0; i < rows.length; i++) {
                System.arraycopy(rows[i], 0, flat, i * width, width);
            }
            Weights tensor = Weights.of(Map.of("embeddings", HostTensor.of(flat, rows.length, width)));
            WeightFile.writeSafetensors(tensor, Map.of("backbone", source.name(), "data", all.name()), out);
        }
        console.print("wrote " + rows.length + " vectors of width " + rows[0].length + " to " + out);
        if (json) {
            console.json(Config.empty()
                    .with("task", head.task())
                    .with("backbone", source.name())
                    .with("count", rows.length)
                    .with("width", rows[0].length)
                    .with("file", out.toString()));
        }
    }

    private <X, Y> void csv(Dataset<X, Y> all, float[][] rows) {
        AtomicFile.replace(out, part -> {
            try (BufferedWriter writer = Files.newBufferedWriter(part, StandardCharsets.UTF_8)) {
                writer.write("source,target");
                for (int i = 0; i < rows[0].length; i++) {
                    writer.write(",v" + i);
                }
                writer.write("\n");
                for (int n = 0; n < rows.length; n++) {
                    Object target = all.get(n).target();
                    String label = target instanceof List<?> list
                            ? String.join(
                                    "|", list.stream().map(String::valueOf).toList())
                            : String.valueOf(target);
                    writer.write(quoted(all.get(n).source()) + "," + quoted(label));
                    for (float v : rows[n]) {
                        writer.write("," + v);
                    }
                    writer.write("\n");
                }
            }
        });
    }

    private static String quoted(String text) {
        return "\"" + text.replace("\"", "\"\"") + "\"";
    }
}
