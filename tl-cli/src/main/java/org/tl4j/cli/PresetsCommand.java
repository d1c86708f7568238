// SPDX-License-Identifier: Apache-2.0
package org.tl4j.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.tl4j.hub.Hub;
import org.tl4j.hub.HubSource;
import org.tl4j.model.Backbones;
import org.tl4j.model.Config;
import org.tl4j.model.Preset;
import org.tl4j.model.Providers;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tl presets}: published weights that can be named as a backbone. */
@Command(name = "presets", description = "Lists published weights that can be named as --backbone.")
final class PresetsCommand implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--json", description = "one JSON object as the last line")
    private boolean json;

    /** Whether a preset's weights are on this machine: on the class path, or in the cache. */
    private static boolean isHere(Preset p, Hub hub) {
        HubSource source = HubSource.parse(p.source());
        return source instanceof HubSource.Resource r
                ? Providers.contextLoader().getResource(r.name()) != null
                : hub.cached(source).isPresent();
    }

    @Override
    public void run() {
        Console console = new Console(spec);
        Hub hub = Hub.standard();
        List<Config> all = new ArrayList<>();
        for (Preset p : Preset.installed(Providers.contextLoader(), Backbones.installed())) {
            console.print(String.format(
                    Locale.ROOT,
                    "%-22s %-6s %7.1f M  %-12s %s",
                    p.id(),
                    p.family(),
                    p.parameters() / 1e6,
                    p.licence(),
                    p.title()));
            boolean cached = isHere(p, hub);
            console.print("                       " + p.source() + (cached ? "" : "  (not here yet)"));
            if (!p.artefact().isEmpty()) {
                console.print("                       needs " + p.artefact());
            }
            all.add(Config.empty()
                    .with("id", p.id())
                    .with("family", p.family())
                    .with("parameters", p.parameters())
                    .with("licence", p.licence())
                    .with("artefact", p.artefact())
                    .with("source", p.source())
                    .with("cached", cached)
                    .with("sha256", p.sha256())
                    .with("title", p.title())
                    .with("reference", p.reference()));
        }
        if (json) {
            console.json(Config.empty().with("presets", FamiliesCommand.jsonOf(all)));
        }
    }
}
