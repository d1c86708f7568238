// SPDX-License-Identifier: Apache-2.0
package org.tl4j.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Dataset;
import org.tl4j.data.Finding;
import org.tl4j.data.LabelledData;
import org.tl4j.model.Config;
import org.tl4j.model.Head;
import org.tl4j.model.Heads;
import org.tl4j.model.Preprocessor;
import org.tl4j.model.Task;
import org.tl4j.tuning.LabelNoise;
import org.tl4j.tuning.PretrainedSource;
import org.tl4j.tuning.TrainingOptions;
import org.tl4j.tuning.Transfer;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tl doctor}: whether labelled data are fit to be learned from. */
@Command(
        name = "doctor",
        sortOptions = false,
        description =
                "Examines labelled data: duplicates across parts, contradictions, empty and overlong inputs, class"
                        + " counts, and labels that a classifier on the backbone's features doubts. Exit code 1 if there is a"
                        + " problem.")
final class DoctorCommand implements Callable<Integer> {
    /** Fewer examples say nothing about single labels. */
    private static final int ENOUGH = 40;

    private static final int SHOWN = 60;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "TASK", description = "such as text-classification; `tl families` lists them")
    private String task = "";

    @Option(names = "--data", required = true, paramLabel = "PATH", description = "labelled data to learn from")
    private Path data = Path.of("");

    @Option(names = "--validation", paramLabel = "PATH", description = "labelled data to judge epochs on")
    private @Nullable Path validation;

    @Option(names = "--test", paramLabel = "PATH", description = "labelled data to judge the model on")
    private @Nullable Path test;

    @Option(
            names = "--backbone",
            paramLabel = "NAME",
            description = "whose limits and features count; the first preset for the task if not given, `none` for"
                    + " no model at all")
    private @Nullable String backbone;

    @Option(
            names = "--tokenizer",
            paramLabel = "FILE",
            description = "tokenizer.json for a backbone that comes without one: a path, hf://… or https://…")
    private @Nullable String tokenizer;

    @Mixin
    private DataOptions columns = new DataOptions();

    @Option(
            names = "--seed",
            defaultValue = "42",
            paramLabel = "N",
            description = "of the folds by which labels are doubted (${DEFAULT-VALUE})")
    private long seed = 42;

    @Option(names = "--json", description = "one JSON object as the last line")
    private boolean json;

    @Override
    public Integer call() {
        return examine(Heads.installed().get(task));
    }

    private <X, Y, P> int examine(Head<X, Y, P> head) {
        Console console = new Console(spec);
        Map<String, Dataset<X, Y>> parts = new LinkedHashMap<>();
        List<Finding> findings = new ArrayList<>();
        add(head, "train", data, parts, findings);
        add(head, "validation", validation, parts, findings);
        add(head, "test", test, parts, findings);
        findings.addAll(examined(head, parts, console));
        findings.forEach(f -> console.print(f.toString()));
        long problems = findings.stream()
                .filter(f -> f.severity() == Finding.Severity.PROBLEM)
                .count();
        long warnings = findings.stream()
                .filter(f -> f.severity() == Finding.Severity.WARNING)
                .count();
        console.print(problems
                + (problems == 1 ? " problem, " : " problems, ")
                + warnings
                + (warnings == 1 ? " warning" : " warnings"));
        if (json) {
            List<Config> all = new ArrayList<>();
            for (Finding f : findings) {
                all.add(Config.empty()
                        .with("severity", f.severity().name().toLowerCase(Locale.ROOT))
                        .with("check", f.check())
                        .with("sentence", f.sentence())
                        .with("count", f.places().size())
                        .with("places", f.places())
                        .with("advice", f.advice()));
            }
            console.json(Config.empty()
                    .with("task", head.task())
                    .with("problems", problems)
                    .with("warnings", warnings)
                    .with("findings", FamiliesCommand.jsonOf(all)));
        }
        return problems == 0 ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
    }

    private <X, Y, P> void add(
            Head<X, Y, P> head,
            String name,
            @Nullable Path file,
            Map<String, Dataset<X, Y>> parts,
            List<Finding> findings) {
        if (file == null) {
            return;
        }
        // What training would refuse is what is to be reported here.
        Config how = columns.columns();
        LabelledData<X, Y> labelled = head.read(file, how.has("empty-rows") ? how : how.with("empty-rows", "skip"));
        labelled.notes()
                .forEach(n -> findings.add(
                        n.contains("skipped")
                                ? new Finding(
                                        Finding.Severity.WARNING,
                                        "skipped",
                                        n,
                                        List.of(),
                                        "fill or remove these rows; training refuses them unless --empty-rows skip")
                                : Finding.note("reading", n)));
        if (labelled.parts().isEmpty()) {
            parts.put(name, labelled.all());
        } else {
            parts.putAll(labelled.parts());
        }
    }

    private <X, Y, P> List<Finding> examined(Head<X, Y, P> head, Map<String, Dataset<X, Y>> parts, Console console) {
        String name = Optional.ofNullable(backbone)
                .or(() -> FinetuneCommand.usual(head))
                .orElse("none");
        Dataset<X, Y> train = parts.values().iterator().next();
        List<Optional<String>> labels =
                train.targets().stream().map(head::label).toList();
        boolean distinct = labels.stream().flatMap(Optional::stream).distinct().count() > 1;
        if (name.equals("none") || !distinct) {
            return head.examine(parts, null);
        }
        Transfer<X, Y, P> transfer = Transfer.from(PretrainedSource.of(name).withTokenizer(tokenizer))
                .to(new Task<>(head, head.create(train, Config.empty())))
                .with(TrainingOptions.defaults().withSeed(seed))
                .listener(console);
        List<Finding> findings = new ArrayList<>();
        try (Preprocessor<X> preprocessor = transfer.prepare().preprocessor()) {
            findings.addAll(head.examine(parts, preprocessor));
        }
        if (train.size() < ENOUGH || labels.stream().anyMatch(Optional::isEmpty)) {
            findings.add(Finding.note(
                    "label-noise",
                    train.size() < ENOUGH
                            ? "Labels were not doubted: that takes at least " + ENOUGH + " examples."
                            : "Labels were not doubted: examples have several."));
            return findings;
        }
        findings.add(noise(transfer.labelNoise(train, y -> head.label(y).orElseThrow()), train));
        return findings;
    }

    private static <X, Y> Finding noise(LabelNoise noise, Dataset<X, Y> train) {
        if (noise.suspects().isEmpty()) {
            return Finding.note("label-noise", "No label is doubted by a classifier that did not see it.");
        }
        List<String> places = noise.suspects().stream()
                .map(s -> String.format(
                        Locale.ROOT,
                        "%s: %s (%.2f), perhaps %s (%.2f): %s",
                        train.get(s.index()).source(),
                        s.given(),
                        s.givenProbability(),
                        s.likely(),
                        s.likelyProbability(),
                        brief(String.valueOf(train.get(s.index()).input()))))
                .toList();
        return new Finding(
                Finding.Severity.WARNING,
                "label-noise",
                String.format(
                        Locale.ROOT,
                        "%d of %d labels (%.1f %%) are doubted by a classifier that did not see them, the most doubtful"
                                + " first.",
                        places.size(),
                        noise.examples(),
                        100.0 * places.size() / noise.examples()),
                places,
                "read them: some are wrong, some are hard");
    }

    private static String brief(String text) {
        String line = text.replaceAll("\\s+", " ").strip();
        return line.length() > SHOWN ? line.substring(0, SHOWN) + "…" : line;
    }
}
