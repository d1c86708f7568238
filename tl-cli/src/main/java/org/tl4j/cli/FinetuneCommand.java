// SPDX-License-Identifier: Apache-2.0
package org.tl4j.cli;

import com.google.gson.Gson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Dataset;
import org.tl4j.data.LabelledData;
import org.tl4j.engine.Device;
import org.tl4j.engine.Optimizer;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.error.TlException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.model.Backbone;
import org.tl4j.model.Backbones;
import org.tl4j.model.Config;
import org.tl4j.model.Evaluation;
import org.tl4j.model.Head;
import org.tl4j.model.Heads;
import org.tl4j.model.Illustration;
import org.tl4j.model.Modality;
import org.tl4j.model.Preset;
import org.tl4j.model.Pretrained;
import org.tl4j.model.Providers;
import org.tl4j.model.Task;
import org.tl4j.model.TaskHead;
import org.tl4j.tuning.BackboneSource;
import org.tl4j.tuning.FineTuned;
import org.tl4j.tuning.FineTuners;
import org.tl4j.tuning.PretrainedSource;
import org.tl4j.tuning.Recipe;
import org.tl4j.tuning.Schedule;
import org.tl4j.tuning.Strategy;
import org.tl4j.tuning.TrainingOptions;
import org.tl4j.tuning.Transfer;
import org.tl4j.tuning.Tuned;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tl finetune}: a pretrained backbone and labelled data make a model. */
@Command(
        name = "finetune",
        sortOptions = false,
        description =
                "Puts a new head on a pretrained backbone, trains it on labelled data, judges it on data it has not"
                        + " seen, and saves a folder that serves.")
final class FinetuneCommand implements Runnable {
    private static final String ARGUMENTS = "arguments.json";
    private static final String CHECKPOINT = "checkpoint.safetensors";

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(
            arity = "0..1",
            paramLabel = "TASK",
            description = "such as text-classification; `tl families` lists them")
    private @Nullable String task;

    @Option(
            names = "--backbone",
            paramLabel = "NAME",
            description =
                    "a preset (`tl presets`), an .onnx file, or a folder with config.json, weights and tokenizer.json,"
                            + " here or on the Hugging Face Hub (hf://OWNER/NAME, hf://OWNER/NAME@REVISION/FILE.onnx);"
                            + " the first preset for the task if not given")
    private @Nullable String backbone;

    @Option(
            names = "--weights",
            paramLabel = "FILE",
            description =
                    "a file of weights for a family's variant, or the folder of those published in several: a path,"
                            + " hf://OWNER/NAME/FILE or https://…")
    private @Nullable String weights;

    @Option(names = "--from-scratch", description = "a family's variant with random weights; give --strategy full, too")
    private boolean fromScratch;

    @Option(
            names = "--tokenizer",
            paramLabel = "FILE",
            description = "tokenizer.json for a backbone that comes without one: a path, hf://… or https://…")
    private @Nullable String tokenizer;

    @Option(
            names = "--cut",
            paramLabel = "VALUE",
            description = "where the top of an .onnx file is taken off; found by itself if not given")
    private @Nullable String cut;

    @Option(
            names = "--pooling",
            paramLabel = "WAY",
            description = "mean, cls or pooler; the published way if not given")
    private String pooling = "";

    @Option(
            names = "--preprocessing",
            paramLabel = "NAME=VALUE",
            description = "a setting of the preprocessing in place of the published one: size=[3,128,128]")
    private Map<String, String> preprocessing = new LinkedHashMap<>();

    @Option(
            names = "--data",
            paramLabel = "PATH",
            description =
                    "labelled data: .csv, .tsv or .jsonl; for pictures and sounds also a folder with a folder for each"
                            + " class")
    private @Nullable Path data;

    @Option(names = "--test", paramLabel = "PATH", description = "labelled data to judge the model on")
    private @Nullable Path test;

    @Option(
            names = "--test-fraction",
            defaultValue = "0.2",
            paramLabel = "PART",
            description =
                    "part of the data that is held out to judge the model (${DEFAULT-VALUE}), where neither --test nor"
                            + " a split column says")
    private double testFraction = 0.2;

    @Option(names = "--validation", paramLabel = "PATH", description = "labelled data to judge epochs on")
    private @Nullable Path validation;

    @Option(
            names = "--validation-fraction",
            defaultValue = "0.1",
            paramLabel = "PART",
            description = "part of the training data that is held out to judge epochs (${DEFAULT-VALUE}); 0 for none")
    private double validationFraction = 0.1;

    @Mixin
    private DataOptions columns = new DataOptions();

    @Mixin
    private DetectorOptions detector = new DetectorOptions();

    @Option(
            names = "--strategy",
            defaultValue = "head-only",
            paramLabel = "NAME",
            description =
                    "head-only, unfreeze-last-N, gradual, full, discriminative, closed-form or ridge; several with"
                            + " commas run one after another (${DEFAULT-VALUE})")
    private String strategy = "head-only";

    @Option(
            names = "--epochs",
            paramLabel = "N",
            description = "passes over the training data; the strategy's own if not given")
    private int epochs;

    @Option(
            names = "--head-epochs",
            paramLabel = "N",
            description = "passes that train the head alone before deeper layers")
    private int headEpochs;

    @Option(
            names = "--batch",
            defaultValue = "16",
            paramLabel = "N",
            description = "examples of a batch (${DEFAULT-VALUE})")
    private int batch = 16;

    @Option(
            names = "--accumulate",
            defaultValue = "1",
            paramLabel = "N",
            description = "batches whose gradients make one step (${DEFAULT-VALUE})")
    private int accumulate = 1;

    @Option(names = "--learning-rate", paramLabel = "X", description = "peak rate; the strategy's own if not given")
    private double learningRate;

    @Option(names = "--head-learning-rate", paramLabel = "X", description = "peak rate of the passes of --head-epochs")
    private double headLearningRate;

    @Option(
            names = "--find-learning-rate",
            description = "tries rates on a part of an epoch and uses the one it suggests")
    private boolean findLearningRate;

    @Option(
            names = "--schedule",
            defaultValue = "linear",
            paramLabel = "NAME",
            description = "linear, cosine, one-cycle or constant (${DEFAULT-VALUE})")
    private String schedule = "linear";

    @Option(
            names = "--warm-up",
            defaultValue = "0.1",
            paramLabel = "PART",
            description = "part of the steps over which the rate rises (${DEFAULT-VALUE})")
    private double warmUp = 0.1;

    @Option(
            names = "--layer-decay",
            defaultValue = "1",
            paramLabel = "X",
            description = "each layer's rate is that of the one above it times this (${DEFAULT-VALUE})")
    private double layerDecay = 1;

    @Option(
            names = "--optimizer",
            defaultValue = "adamw",
            paramLabel = "NAME",
            description = "adamw or sgd (${DEFAULT-VALUE})")
    private String optimizer = "adamw";

    @Option(names = "--momentum", defaultValue = "0.9", paramLabel = "X", description = "of sgd (${DEFAULT-VALUE})")
    private double momentum = 0.9;

    @Option(
            names = "--weight-decay",
            defaultValue = "0.01",
            paramLabel = "X",
            description = "of matrices (${DEFAULT-VALUE})")
    private double weightDecay = 0.01;

    @Option(
            names = "--clip-norm",
            defaultValue = "1",
            paramLabel = "X",
            description = "largest norm of all gradients together, 0 for no limit (${DEFAULT-VALUE})")
    private double clipNorm = 1;

    @Option(
            names = "--averaging",
            defaultValue = "0",
            paramLabel = "X",
            description = "decay of a moving average of the weights (EMA), such as 0.99; 0 for none")
    private double averaging;

    @Option(
            names = "--patience",
            defaultValue = "0",
            paramLabel = "N",
            description = "epochs without improvement after which a phase stops; 0 for never")
    private int patience;

    @Option(names = "--keep-last", description = "keep the weights of the last epoch, not those of the best")
    private boolean keepLast;

    @Option(names = "--label-smoothing", defaultValue = "0", paramLabel = "X", description = "(${DEFAULT-VALUE})")
    private double labelSmoothing;

    @Option(
            names = "--class-weights",
            defaultValue = "none",
            paramLabel = "WAY",
            description = "none, or balanced: rare classes count more (${DEFAULT-VALUE})")
    private String classWeights = "none";

    @Option(
            names = "--head-dropout",
            defaultValue = "0.1",
            paramLabel = "X",
            description = "before the head (${DEFAULT-VALUE})")
    private double headDropout = 0.1;

    @Option(
            names = "--seed",
            defaultValue = "42",
            paramLabel = "N",
            description = "of everything random (${DEFAULT-VALUE})")
    private long seed = 42;

    @Option(
            names = "--device",
            defaultValue = "cpu",
            paramLabel = "DEVICE",
            description = "cpu or cuda (${DEFAULT-VALUE})")
    private String device = "cpu";

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "folder to save the model in; a new one, runs/TASK, if not given")
    private @Nullable Path out;

    @Option(
            names = "--report",
            paramLabel = "DIR",
            description = "folder for files that show how the model answers the test data, such as its worst answers")
    private @Nullable Path report;

    @Option(
            names = "--augment",
            paramLabel = "CHANGES",
            description = "random changes of the training examples; for pictures some of crop, flip, jitter,"
                    + " rand-augment, mixup=ALPHA and cutmix=ALPHA with commas; for pictures with masks some of"
                    + " crop=PIXELS, flip=horizontal|both, rotate=DEGREES|right-angles, scale=0.75:1.5,"
                    + " elastic=PIXELS, brightness=PART")
    private @Nullable String augment;

    @Option(
            names = "--views",
            defaultValue = "4",
            paramLabel = "N",
            description = "how many changed views of each example are kept where frozen layers are run only once"
                    + " (${DEFAULT-VALUE})")
    private int views = 4;

    @Option(
            names = "--checkpoint-steps",
            defaultValue = "0",
            paramLabel = "N",
            description = "a checkpoint every N steps; 0 for one an epoch and every 20 seconds")
    private int checkpointSteps;

    @Option(
            names = "--resume",
            paramLabel = "DIR",
            description = "goes on with the interrupted run whose --out was DIR; needs no other option")
    private @Nullable Path resume;

    @Option(names = "--json", description = "one JSON object as the last line")
    private boolean json;

    @Override
    public void run() {
        Path interrupted = resume;
        if (interrupted != null && data == null) {
            again(interrupted);
            return;
        }
        finetune(onBackbone(Heads.installed().get(required("TASK", task))));
    }

    /** The first folder {@code runs/TASK}, {@code runs/TASK-2} ... that is not there yet. */
    private static Path free(String task) {
        Path folder = Path.of("runs", task);
        for (int i = 2; Files.exists(folder) || Files.exists(runFolder(folder)); i++) {
            folder = Path.of("runs", task + "-" + i);
        }
        return folder;
    }

    /** The first preset for the task that comes with the class path. */
    static Optional<String> usual(Head<?, ?, ?> head) {
        ClassLoader loader = Providers.contextLoader();
        Backbones backbones = Backbones.load(loader);
        return Preset.installed(loader, backbones).stream()
                .filter(p -> backbones.get(p.family()).modality() == head.modality())
                .filter(p -> p.source().startsWith("classpath:"))
                .map(Preset::id)
                .findFirst();
    }

    /** The task of the same name for the backbone's kind of input, where the task itself makes its own backbones. */
    private Head<?, ?, ?> onBackbone(Head<?, ?, ?> head) {
        String name = backbone;
        if (name == null || head.modality() != Modality.TABLE) {
            return head;
        }
        ClassLoader loader = Providers.contextLoader();
        Backbones backbones = Backbones.load(loader);
        Modality modality = Stream.concat(
                        Preset.installed(loader, backbones).stream()
                                .filter(p -> p.id().equals(name))
                                .map(p -> backbones.get(p.family())),
                        backbones.all().stream()
                                .filter(b -> b.variants().stream().anyMatch(v -> v.id().equals(name))))
                .map(Backbone::modality)
                .findFirst()
                .orElseThrow(() -> new InvalidArgumentException(
                        "It is not clear what backbone '" + name + "' looks at.",
                        "no preset or variant of that name",
                        "a preset, or a task that says it: text-" + head.task() + ", image-" + head.task(),
                        "write `tl finetune text-" + head.task() + " --backbone " + name + "`, say"));
        return Heads.installed().get(modality + "-" + head.task());
    }

    /** What was named, or for a task whose data are their own features what the training data make. */
    private <X, Y> BackboneSource source(Head<X, Y, ?> head, Dataset<X, Y> train) {
        Optional<Supplier<Pretrained>> own = backbone == null ? head.ownBackbone(train, settings()) : Optional.empty();
        if (own.isPresent()) {
            return (modality, loader, hub) -> own.get().get();
        }
        return new PretrainedSource(
                backbone(head),
                weights,
                cut,
                pooling,
                tokenizer,
                DataOptions.typed("--preprocessing", preprocessing),
                fromScratch);
    }

    private String backbone(Head<?, ?, ?> head) {
        return Optional.ofNullable(backbone)
                .or(() -> usual(head))
                .orElseThrow(() -> new InvalidArgumentException(
                        "`tl finetune " + head.task() + "` needs --backbone.",
                        "none, and no preset for " + head.modality(),
                        "--backbone",
                        "name a preset from `tl presets`, an .onnx file, hf://OWNER/NAME, or a variant from `tl families`"
                                + " with --weights"));
    }

    private static void requireWritable(Path folder) {
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw new InvalidArgumentException(
                    "The model cannot be saved as '" + folder + "'.", "a file", "a folder", "choose another --out");
        }
    }

    /** Runs the interrupted command with the arguments that it was started with. */
    private void again(Path interrupted) {
        Path saved = runFolder(interrupted).resolve(ARGUMENTS);
        if (!Files.isRegularFile(saved)) {
            throw new MissingArtifactException(
                    "There is no interrupted run of '" + interrupted + "'.",
                    "no " + saved,
                    "the --out folder of a run that was interrupted",
                    "start it anew with `tl finetune TASK --out " + interrupted + " ...`");
        }
        try {
            String[] arguments = new Gson().fromJson(Files.readString(saved), String[].class);
            List<String> all = new ArrayList<>(List.of(arguments));
            all.add("--resume");
            all.add(interrupted.toString());
            int code = Tl.execute(all.toArray(String[]::new));
            if (code != 0) {
                throw new InvalidArgumentException(
                        "The interrupted run could not go on.", "exit code " + code, "0", "see the message above");
            }
        } catch (IOException e) {
            throw new CorruptFileException(
                    "'" + saved + "' cannot be read.",
                    String.valueOf(e.getMessage()),
                    "the arguments of the run",
                    "start the run anew",
                    e);
        }
    }

    private <X, Y, P> void finetune(Head<X, Y, P> head) {
        Console console = new Console(spec);
        Path file = required("--data", data);
        Path folder = out == null ? free(head.task()) : out;
        requireWritable(folder);
        LabelledData<X, Y> labelled = head.read(file, columns.columns());
        labelled.notes().forEach(console::note);
        Parts<X, Y> parts = parts(head, labelled, console);
        TaskHead<Y, P> labels = head.create(parts.train(), settings());
        labels.requireKnown(parts.test());
        Strategy plan = plan();
        TrainingOptions options = options(folder);
        Transfer<X, Y, P> transfer = Transfer.from(source(head, parts.train()))
                .to(new Task<>(head, labels))
                .with(plan)
                .with(options)
                .validationFraction(validationFraction)
                .listener(console);
        if (augment != null) {
            transfer = transfer.augment(head.augmentation(augment), views);
        }
        if (findLearningRate) {
            double found = transfer.findRate(parts.train()).suggestion();
            console.note(String.format(Locale.ROOT, "learning rate found: %.2e", found));
            transfer = transfer.with(plan.learningRate(found));
        }
        rememberArguments(folder);
        console.note(parts.sizes());
        long begin = System.nanoTime();
        try (FineTuned<X, Y, P> model = parts.validation() == null
                ? transfer.fit(parts.train())
                : transfer.fit(parts.train(), parts.validation())) {
            Config begun = model.about().config("provenance").config("backbone");
            if (begun.has("head")) {
                console.note("begun with " + begun.text("source") + "; the head is " + begun.text("head"));
            }
            Illustration<X, Y, P> illustration =
                    illustration(head, model.tuned().model().head(), report);
            Evaluation evaluation = model.evaluate(parts.test(), illustration);
            model.save(folder);
            forget(runFolder(folder));
            console.print(evaluation.report());
            if (illustration != null && report != null) {
                written(illustration, report, console);
            }
            console.print("saved " + folder + " in " + Console.time((System.nanoTime() - begin) / 1e9));
            if (json) {
                console.json(summary(head, model, evaluation, folder));
            }
        } catch (TlException e) {
            // Without a checkpoint there is nothing to go on from.
            if (resume == null && !Files.exists(runFolder(folder).resolve(CHECKPOINT))) {
                forget(runFolder(folder));
            }
            throw e;
        }
    }

    /** What collects the answers, if a report is asked for. */
    static <X, Y, P> @Nullable Illustration<X, Y, P> illustration(
            Head<X, Y, P> head, TaskHead<Y, P> model, @Nullable Path report) {
        if (report == null) {
            return null;
        }
        return head.illustration(model)
                .orElseThrow(() -> new UnsupportedFeatureException(
                        "There is no report for '" + head.task() + "'.",
                        "--report " + report,
                        "a task of pictures",
                        "leave --report away; --json has all figures"));
    }

    static void written(Illustration<?, ?, ?> illustration, Path report, Console console) {
        illustration
                .write(report)
                .forEach((file, what) -> console.print("wrote " + report.resolve(file) + ": " + what));
    }

    static <X, Y, P> Config summary(Head<X, Y, P> head, FineTuned<X, Y, P> model, Evaluation evaluation, Path folder) {
        Tuned<Y, P> tuned = model.tuned();
        Config about = model.about();
        return Config.empty()
                .with("task", head.task())
                .with("backbone", about.text("backbone"))
                .with("strategy", about.text("strategy"))
                .with("seed", (long) about.number("seed"))
                .with("seconds", about.number("seconds"))
                .with("trainedParameters", tuned.trainedParameters())
                .with("totalParameters", tuned.totalParameters())
                .with("model", folder.toString())
                .with("metrics", metrics(evaluation));
    }

    /**
     * The figures in the form that scripts read: {@code {test: {NAME: {value, low, high}}, baseline: {NAME: value}}}.
     */
    static Config metrics(Evaluation evaluation) {
        return Config.empty()
                .with("test", evaluation.figures())
                .with("baseline", evaluation.baselineFigures())
                .with("details", evaluation.details());
    }

    private record Parts<X, Y>(
            Dataset<X, Y> train, @Nullable Dataset<X, Y> validation, Dataset<X, Y> test) {
        String sizes() {
            return train.size() + " examples to train on, "
                    + (validation == null ? "" : validation.size() + " to judge epochs, ") + test.size() + " to test";
        }
    }

    private <X, Y, P> Parts<X, Y> parts(Head<X, Y, P> head, LabelledData<X, Y> labelled, Console console) {
        Dataset<X, Y> train = labelled.parts().getOrDefault("train", labelled.all());
        Dataset<X, Y> judged = labelled.parts().get("validation");
        Dataset<X, Y> held = labelled.parts().get("test");
        if (validation != null) {
            judged = read(head, validation, console);
        }
        if (test != null) {
            held = read(head, test, console);
        }
        if (held == null) {
            var split = head.create(train, settings()).split(train, testFraction, seed);
            train = split.train();
            held = split.heldOut();
        }
        return new Parts<>(train, judged, held);
    }

    private <X, Y, P> Dataset<X, Y> read(Head<X, Y, P> head, Path file, Console console) {
        LabelledData<X, Y> more = head.read(file, columns.columns());
        more.notes().forEach(console::note);
        return more.all();
    }

    private Config settings() {
        return detector.addTo(Config.empty()
                .with("label-smoothing", labelSmoothing)
                .with("class-weights", classWeights)
                .with("head-dropout", headDropout)
                .with(columns.series.addTo(columns.typed())));
    }

    private Strategy plan() {
        Recipe recipe = Recipe.defaults()
                .withEpochs(epochs)
                .withHeadEpochs(headEpochs)
                .withRate(learningRate)
                .withHeadRate(headLearningRate)
                .withSchedule(Schedule.named(schedule, warmUp))
                .withLayerDecay(layerDecay);
        // The numbers are for the last stage; the stages before it train the head, or have numbers of their own.
        Recipe before = recipe.withEpochs(headEpochs)
                .withHeadEpochs(0)
                .withRate(headLearningRate)
                .withHeadRate(0);
        FineTuners tuners = FineTuners.installed();
        String[] names = strategy.split(",", -1);
        Strategy plan =
                tuners.named(names[names.length - 1].strip(), names.length == 1 ? recipe : recipe.withHeadEpochs(0));
        for (int i = names.length - 2; i >= 0; i--) {
            plan = tuners.named(names[i].strip(), before).then(plan);
        }
        return plan;
    }

    private TrainingOptions options(Path folder) {
        Optimizer rule = switch (optimizer.toLowerCase(Locale.ROOT)) {
            case "adamw" -> Optimizer.adamW();
            case "sgd" -> Optimizer.sgd(momentum);
            default ->
                throw new UnknownNameException("optimizer", optimizer, List.of("adamw", "sgd"), "choose one of these");
        };
        return TrainingOptions.defaults()
                .withBatchSize(batch)
                .withAccumulate(accumulate)
                .withOptimizer(rule)
                .withWeightDecay(weightDecay)
                .withClipNorm(clipNorm)
                .withAveraging(averaging)
                .withPatience(patience)
                .withKeepBest(!keepLast)
                .withSeed(seed)
                .withDevice(Device.parse(device))
                .withCheckpoint(runFolder(folder).resolve(CHECKPOINT), checkpointSteps);
    }

    /** Where an unfinished run keeps its checkpoint: beside the folder that it will save. */
    private static Path runFolder(Path folder) {
        Path absolute = folder.toAbsolutePath().normalize();
        return absolute.resolveSibling(absolute.getFileName() + ".run");
    }

    private void rememberArguments(Path folder) {
        Path run = runFolder(folder);
        try {
            if (resume == null) {
                forget(run);
            }
            Files.createDirectories(run);
            if (resume == null) {
                List<String> arguments =
                        spec.commandLine().getParent().getParseResult().originalArgs();
                Files.writeString(run.resolve(ARGUMENTS), new Gson().toJson(arguments), StandardCharsets.UTF_8);
            }
        } catch (IOException e) {
            throw new MissingArtifactException(
                    "The folder '" + run + "' for checkpoints cannot be written.",
                    String.valueOf(e.getMessage()),
                    "a writable folder with room",
                    "choose another --out",
                    e);
        }
    }

    private static void forget(Path run) {
        try {
            Files.deleteIfExists(run.resolve(ARGUMENTS));
            Files.deleteIfExists(run.resolve(CHECKPOINT));
            Files.deleteIfExists(run);
        } catch (IOException e) {
            System.getLogger(FinetuneCommand.class.getName())
                    .log(System.Logger.Level.WARNING, "the checkpoint in '" + run + "' could not be deleted", e);
        }
    }

    private <T> T required(String name, @Nullable T value) {
        if (value == null) {
            throw new InvalidArgumentException(
                    "`tl finetune` needs " + name + ".", "none", name, "`tl finetune --help` shows all options");
        }
        return value;
    }
}
