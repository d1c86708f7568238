// SPDX-License-Identifier: Apache-2.0
package org.tl4j.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tl4j.engine.Device;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.model.Classification;
import org.tl4j.model.Config;
import org.tl4j.serving.Predictor;
import org.tl4j.weights.AtomicFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code tl predict}: the answers of a saved model, to arguments, the lines of a file, or standard input as it comes.
 */
@Command(
        name = "predict",
        description =
                "Answers with a saved model: to arguments, to the lines of a file, or to standard input (-) as it comes.")
final class PredictCommand implements Runnable {
    private static final int BATCH = 32;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(index = "0", paramLabel = "MODEL", description = "folder of a saved model")
    private Path model = Path.of("");

    @Parameters(index = "1..*", paramLabel = "INPUT", description = "examples, or - for the lines of standard input")
    private List<String> inputs = new ArrayList<>();

    @Option(names = "--input", paramLabel = "FILE", description = "a file with one example a line")
    private @Nullable Path input;

    @Option(names = "--output", paramLabel = "FILE", description = "where answers go; standard output if not given")
    private @Nullable Path output;

    @Option(
            names = "--top",
            paramLabel = "K",
            description =
                    "of a classification the K most probable labels with their probabilities, not only what applies;"
                            + " with --json the scores of these alone")
    private @Nullable Integer top;

    @Option(
            names = "--save",
            paramLabel = "DIR",
            description =
                    "folder for the files that an answer is written as: of a segmentation the classes and an overlay as"
                            + " PNG, polygons as GeoJSON and as COCO's annotations")
    private @Nullable Path save;

    @Option(names = "--device", defaultValue = "cpu", paramLabel = "DEVICE", description = "cpu or cuda")
    private String device = "cpu";

    @Option(names = "--json", description = "one JSON object an answer, and one as the last line that sums up")
    private boolean json;

    private final Set<String> names = new HashSet<>();

    @Override
    public void run() {
        Path from = input;
        boolean standardInput = inputs.equals(List.of("-"));
        if ((from == null) == inputs.isEmpty()) {
            throw new InvalidArgumentException(
                    "It is not clear what to answer.",
                    from == null ? "no input" : "arguments and --input",
                    "arguments, or --input FILE, or -",
                    "name one of them");
        }
        if (top != null) {
            Checks.positive("--top", top);
        }
        long begin = System.nanoTime();
        Console console = new Console(spec);
        try (Predictor<?, ?, ?> predictor = Predictor.load(model, Device.parse(device))) {
            Path to = output;
            PrintWriter writer = to == null
                    ? spec.commandLine().getOut()
                    : new PrintWriter(Files.newBufferedWriter(to, StandardCharsets.UTF_8));
            long count;
            try {
                if (standardInput) {
                    count = stream(
                            predictor,
                            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)),
                            writer);
                } else if (from != null) {
                    try (BufferedReader reader = open(from)) {
                        count = stream(predictor, reader, writer);
                    }
                } else {
                    answer(predictor, inputs, writer);
                    count = inputs.size();
                }
            } finally {
                writer.flush();
                if (to != null) {
                    writer.close();
                }
            }
            if (json && (count != 1 || to != null)) {
                console.json(Config.empty()
                        .with("task", predictor.model().task())
                        .with("model", model.toString())
                        .with("count", count)
                        .with("seconds", (System.nanoTime() - begin) / 1e9));
            }
        } catch (IOException e) {
            throw new MissingArtifactException(
                    "Answers could not be read or written.",
                    String.valueOf(e.getMessage()),
                    "readable input and writable output",
                    "check the paths",
                    e);
        }
    }

    private static BufferedReader open(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new MissingArtifactException(
                    "There is no file '" + file + "'.",
                    "nothing there",
                    "a file with one example a line",
                    "check the path after --input");
        }
        return Files.newBufferedReader(file, StandardCharsets.UTF_8);
    }

    /** Answers in batches while lines wait, at once where they come one by one. */
    private long stream(Predictor<?, ?, ?> predictor, BufferedReader reader, PrintWriter writer) throws IOException {
        long count = 0;
        List<String> waiting = new ArrayList<>();
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            waiting.add(line);
            if (waiting.size() == BATCH || !reader.ready()) {
                answer(predictor, waiting, writer);
                count += waiting.size();
                waiting.clear();
            }
        }
        if (!waiting.isEmpty()) {
            answer(predictor, waiting, writer);
            count += waiting.size();
        }
        return count;
    }

    private void answer(Predictor<?, ?, ?> predictor, List<String> lines, PrintWriter writer) {
        for (Predictor.Answer<?> a : predictor.answers(lines)) {
            writer.println(
                    json
                            ? Config.empty()
                                    .with("input", a.input())
                                    .with(json(a))
                                    .toJson()
                                    .toString()
                            : text(a));
            if (save != null) {
                saved(a, save);
            }
        }
        writer.flush();
    }

    private String text(Predictor.Answer<?> answer) {
        return top == null ? answer.text() : ranked(answer, top).render(top);
    }

    private Config json(Predictor.Answer<?> answer) {
        return top == null ? answer.json() : ranked(answer, top).describe(top);
    }

    private static Classification ranked(Predictor.Answer<?> answer, int top) {
        if (answer.prediction() instanceof Classification c) {
            return c;
        }
        throw new UnsupportedFeatureException(
                "Answers of this task rank no labels.",
                "--top " + top + ", and the answer " + answer.text(),
                "a model of a classification",
                "leave --top away");
    }

    /** Writes the files of an answer under the name of its input; a second input of that name gets a number. */
    private void saved(Predictor.Answer<?> answer, Path folder) {
        Map<String, byte[]> files = answer.files().get();
        if (files.isEmpty()) {
            throw new InvalidArgumentException(
                    "Answers of this task are not written as files.",
                    "--save " + folder,
                    "no --save",
                    "redirect what is printed, or use --output");
        }
        String name = String.valueOf(Path.of(answer.input()).getFileName()).replaceFirst("\\.[^.]*$", "");
        String free = name;
        for (int i = 2; !names.add(free); i++) {
            free = name + "-" + i;
        }
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            AtomicFile.replace(folder.resolve(free + file.getKey()), part -> Files.write(part, file.getValue()));
        }
    }
}
