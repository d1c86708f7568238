// SPDX-License-Identifier: Apache-2.0
package org.tl4j.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tl4j.anomaly.detector.DetectorFamily;
import org.tl4j.anomaly.detector.Detectors;
import org.tl4j.anomaly.detector.PatchMemoryBank;
import org.tl4j.anomaly.detector.PretrainedAutoencoder;
import org.tl4j.model.Backbone;
import org.tl4j.model.Backbones;
import org.tl4j.model.Config;
import org.tl4j.model.Head;
import org.tl4j.model.Heads;
import org.tl4j.recsys.family.RecommenderFamily;
import org.tl4j.recsys.head.Recommenders;
import org.tl4j.tuning.FineTuner;
import org.tl4j.tuning.FineTuners;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tl families}: the families, tasks and strategies on the class path. */
@Command(name = "families", description = "Lists families, tasks and strategies that are installed.")
final class FamiliesCommand implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--task", paramLabel = "TASK", description = "only families that this task can sit on")
    private @Nullable String task;

    @Option(names = "--json", description = "one JSON object as the last line")
    private boolean json;

    @Override
    public void run() {
        Console console = new Console(spec);
        Backbones backbones = Backbones.installed();
        Heads heads = Heads.installed();
        FineTuners tuners = FineTuners.installed();
        String wanted = task;
        List<Backbone> shown = backbones.all().stream()
                .filter(b -> wanted == null || heads.get(wanted).modality() == b.modality())
                .toList();
        List<Config> families = new ArrayList<>();
        console.print("families");
        for (Backbone b : shown) {
            List<String> variants =
                    b.variants().stream().map(Backbone.Variant::id).toList();
            console.print("  " + b.id() + "  (" + b.modality() + ")  " + b.title());
            console.print("      " + String.join(", ", variants));
            families.add(Config.empty()
                    .with("id", b.id())
                    .with("modality", b.modality().toString())
                    .with("title", b.title())
                    .with("variants", variants)
                    .with("references", b.references().stream().sorted().toList()));
        }
        console.print("  FILE.onnx  any ONNX file, cut before its last classifier or at --cut VALUE");
        List<Config> detectors = new ArrayList<>();
        console.print("detectors (--family of anomaly-detection)");
        List<DetectorFamily> all = new ArrayList<>(Detectors.all());
        all.add(PatchMemoryBank.defaults());
        all.add(PretrainedAutoencoder.of(Path.of("FILE")));
        for (DetectorFamily d : all) {
            console.print("  " + d.id() + "  " + d.title());
            detectors.add(Config.empty().with("id", d.id()).with("title", d.title()));
        }
        List<Config> recommenders = new ArrayList<>();
        console.print("recommenders (--family of recommendation, beside gmf, mlp and neumf)");
        for (RecommenderFamily r : Recommenders.all()) {
            console.print("  " + r.id() + "  " + r.title());
            recommenders.add(Config.empty().with("id", r.id()).with("title", r.title()));
        }
        List<Config> tasks = new ArrayList<>();
        console.print("tasks");
        for (Head<?, ?, ?> h : heads.all()) {
            console.print("  " + h.task() + "  (" + h.modality() + ")  " + h.title());
            tasks.add(Config.empty()
                    .with("id", h.task())
                    .with("modality", h.modality().toString())
                    .with("title", h.title()));
        }
        List<Config> strategies = new ArrayList<>();
        console.print("strategies");
        for (FineTuner t : tuners.all()) {
            console.print("  " + t.id() + "  " + t.title());
            strategies.add(Config.empty().with("id", t.id()).with("title", t.title()));
        }
        List<String> problems = new ArrayList<>(backbones.problems());
        problems.addAll(heads.problems());
        problems.addAll(tuners.problems());
        problems.forEach(p -> console.note("could not be loaded: " + p));
        if (json) {
            console.json(Config.empty()
                    .with("families", jsonOf(families))
                    .with("detectors", jsonOf(detectors))
                    .with("recommenders", jsonOf(recommenders))
                    .with("tasks", jsonOf(tasks))
                    .with("strategies", jsonOf(strategies))
                    .with("problems", problems));
        }
    }

    static List<Object> jsonOf(List<Config> configs) {
        return configs.stream().<Object>map(Config::toJson).toList();
    }
}
