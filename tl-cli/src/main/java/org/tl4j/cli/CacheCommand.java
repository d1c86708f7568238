// SPDX-License-Identifier: Apache-2.0
package org.tl4j.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.tl4j.hub.CachedFile;
import org.tl4j.hub.Hub;
import org.tl4j.model.Config;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tl cache}: what was downloaded, and how to be rid of it. */
@Command(
        name = "cache",
        description = "Lists what was downloaded, with its size, or removes some of it. The cache of hf:// sources is"
                + " that of Python's huggingface_hub.")
final class CacheCommand implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--remove", paramLabel = "SOURCE", description = "takes one out, with all its revisions")
    private List<String> remove = new ArrayList<>();

    @Option(names = "--json", description = "one JSON object as the last line")
    private boolean json;

    @Override
    public void run() {
        Console console = new Console(spec);
        Hub hub = Hub.standard();
        for (String source : remove) {
            CachedFile gone = hub.remove(source);
            console.note("removed " + gone.source() + ", " + CachedFile.megabytes(gone.bytes()));
        }
        List<CachedFile> all = hub.cache();
        for (CachedFile c : all) {
            console.print(String.format(
                    Locale.ROOT,
                    "%10s  %s%s",
                    CachedFile.megabytes(c.bytes()),
                    c.source(),
                    c.incomplete() == 0 ? "" : "  (" + CachedFile.megabytes(c.incomplete()) + " incomplete)"));
            if (!c.revisions().isEmpty()) {
                console.print("            " + String.join(", ", c.revisions()));
            }
        }
        long bytes = all.stream().mapToLong(CachedFile::bytes).sum();
        console.print(String.format(Locale.ROOT, "%10s  in all", CachedFile.megabytes(bytes)));
        console.note("in " + hub.settings().huggingFaceCache() + " and "
                + hub.settings().downloads());
        if (json) {
            console.json(Config.empty()
                    .with("bytes", bytes)
                    .with(
                            "cache",
                            FamiliesCommand.jsonOf(all.stream()
                                    .map(c -> Config.empty()
                                            .with("source", c.source())
                                            .with("folder", c.folder().toString())
                                            .with("bytes", c.bytes())
                                            .with("incomplete", c.incomplete())
                                            .with("revisions", c.revisions()))
                                    .toList())));
        }
    }
}
