// SPDX-License-Identifier: Apache-2.0
package org.tl4j.model;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.UnknownNameException;

/**
 * Published weights with all that belongs to them: where they lie, their hash and licence, and the preprocessing they
 * were trained with. Presets are data, in {@code META-INF/tl4j/presets/FAMILY.json} of the family's artefact.
 *
 * @param id the upstream name, such as {@code all-minilm-l6-v2}
 * @param family the {@link Backbone#id}
 * @param title one line
 * @param config the published configuration of the network
 * @param source where the weights lie, such as {@code classpath:all-minilm-l6-v2.onnx}
 * @param sha256 of the weights' file, or its first digits where only these are known
 * @param licence of the weights, by its SPDX name
 * @param artefact the Maven artefact that holds a {@code classpath:} source, {@code group:artifact:version}, or empty
 * @param parameters number of trained values, checked by a test
 * @param input settings of the preprocessing
 * @param reference the paper or model card
 */
public record Preset(
        String id,
        String family,
        String title,
        Config config,
        String source,
        String sha256,
        String licence,
        String artefact,
        long parameters,
        Config input,
        String reference) {

    /** Every preset that a class loader sees, by name. */
    public static List<Preset> installed(ClassLoader loader, Backbones backbones) {
        List<Preset> all = new ArrayList<>();
        for (Backbone b : backbones.all()) {
            all.addAll(of(loader, b.id()));
        }
        all.sort(java.util.Comparator.comparing(Preset::id));
        return List.copyOf(all);
    }

    /** The preset of that name. */
    public static Preset get(String id, ClassLoader loader, Backbones backbones) {
        List<Preset> all = installed(loader, backbones);
        return all.stream()
                .filter(p -> p.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new UnknownNameException(
                        "preset",
                        id,
                        all.stream().map(Preset::id).toList(),
                        "`tl presets` lists what is there; an .onnx file can be named by its path"));
    }

    /** The presets of one family. */
    static List<Preset> of(ClassLoader loader, String family) {
        String name = "META-INF/tl4j/presets/" + family + ".json";
        List<Preset> presets = new ArrayList<>();
        try {
            for (URL url : Collections.list(loader.getResources(name))) {
                try (InputStream in = url.openStream()) {
                    Config all = Config.parse(url.toString(), new String(in.readAllBytes(), StandardCharsets.UTF_8));
                    all.keys().forEach(id -> presets.add(read(id, family, all.config(id))));
                }
            }
        } catch (IOException e) {
            throw new CorruptFileException(
                    "The presets of '" + family + "' cannot be read.", e.getMessage(), name, "check the artefact", e);
        }
        return presets;
    }

    private static Preset read(String id, String family, Config c) {
        return new Preset(
                id,
                family,
                c.text("title"),
                c.config("config"),
                c.text("source"),
                c.text("sha256"),
                c.text("licence"),
                c.text("artefact", ""),
                (long) c.number("parameters"),
                c.config("input"),
                c.text("reference"));
    }
}
