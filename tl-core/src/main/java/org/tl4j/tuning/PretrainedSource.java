// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.graph.Graph;
import org.tl4j.hub.Hub;
import org.tl4j.model.Backbone;
import org.tl4j.model.Backbones;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Modality;
import org.tl4j.model.Preset;
import org.tl4j.model.Pretrained;
import org.tl4j.onnx.OnnxModel;
import org.tl4j.onnx.OnnxReader;
import org.tl4j.weights.Keras;
import org.tl4j.weights.WeightFile;
import org.tl4j.weights.WeightMapping;
import org.tl4j.weights.Weights;

/**
 * Finds a pretrained backbone by what a user names: a preset, an {@code .onnx} file, a folder in the layout of Hugging
 * Face ({@code config.json}, weights, {@code tokenizer.json}), or a family's variant with a file of weights.
 *
 * @param name what the user named
 * @param weights a file of weights for a family or variant, or null for the published ones
 * @param cut the value of an ONNX file at which its top is taken off, or null to find it
 * @param pooling how tokens become one vector ({@code mean}, {@code cls}, {@code pooler}), or empty for the published
 *     way
 * @param tokenizer a tokenizer file for a backbone that comes without one, or null
 * @param input settings of the preprocessing that go before those that come with the weights
 * @param isUntrained whether a family's network starts from random weights, to see what the published ones are worth
 */
public record PretrainedSource(
        String name,
        @Nullable Path weights,
        @Nullable String cut,
        String pooling,
        @Nullable Path tokenizer,
        Config input,
        boolean isUntrained) {

    /** A backbone by its name or path alone. */
    public static PretrainedSource of(String name) {
        return new PretrainedSource(name, null, null, "", null, Config.empty(), false);
    }

    /** Weights from a file. */
    public PretrainedSource withWeights(@Nullable Path file) {
        return new PretrainedSource(name, file, cut, pooling, tokenizer, input, isUntrained);
    }

    /** An ONNX file cut at a value. */
    public PretrainedSource withCut(@Nullable String value) {
        return new PretrainedSource(name, weights, value, pooling, tokenizer, input, isUntrained);
    }

    /** Another pooling. */
    public PretrainedSource withPooling(String way) {
        return new PretrainedSource(name, weights, cut, way, tokenizer, input, isUntrained);
    }

    /** A tokenizer from a file. */
    public PretrainedSource withTokenizer(@Nullable Path file) {
        return new PretrainedSource(name, weights, cut, pooling, file, input, isUntrained);
    }

    /** Settings of the preprocessing, such as another size of pictures, in place of the published ones. */
    public PretrainedSource withInput(Config settings) {
        return new PretrainedSource(name, weights, cut, pooling, tokenizer, settings, isUntrained);
    }

    /**
     * The network of a preset or a variant with random weights, which follow from the seed of the training. All layers
     * have to be trained then; what comes of it is what transfer has to surpass.
     */
    public PretrainedSource untrained() {
        return new PretrainedSource(name, null, cut, pooling, tokenizer, input, true);
    }

    /** Builds the backbone and loads its weights. */
    public Pretrained load(Modality modality, ClassLoader loader) {
        Pretrained published = published(modality, loader);
        return input.keys().isEmpty()
                ? published
                : new Pretrained(
                        published.name(),
                        published.modality(),
                        published.graph(),
                        published.endpoints(),
                        published.weights(),
                        published.input().with(input),
                        published.folder(),
                        published.about());
    }

    private Pretrained published(Modality modality, ClassLoader loader) {
        Path path = Path.of(name);
        if (name.endsWith(".onnx")) {
            return onnx(path, modality);
        }
        if (Files.isDirectory(path)) {
            return folder(path, loader);
        }
        Backbones backbones = Backbones.load(loader);
        List<Preset> presets = Preset.installed(loader, backbones);
        for (Preset p : presets) {
            if (p.id().equals(name)) {
                return preset(p, backbones.get(p.family()), loader);
            }
        }
        List<String> known = new ArrayList<>(presets.stream().map(Preset::id).toList());
        for (Backbone b : backbones.all()) {
            for (Backbone.Variant v : b.variants()) {
                if (v.id().equals(name)) {
                    return variant(b, v);
                }
                known.add(v.id());
            }
        }
        throw new UnknownNameException(
                "backbone",
                name,
                known,
                "`tl presets` lists what is there; a path to an .onnx file or to a folder with config.json works, too");
    }

    // ------------------------------------------------------------------------------------------- any ONNX file

    private Pretrained onnx(Path file, Modality modality) {
        if (!Files.isRegularFile(file)) {
            throw new MissingArtifactException(
                    "There is no ONNX file '" + file + "'.",
                    "nothing there",
                    "a readable .onnx file",
                    "check the path");
        }
        OnnxModel model = OnnxReader.read(file);
        OnnxCut.Backbone cutOff = OnnxCut.of(model.graph(), cut, pooling);
        Weights needed = model.weights().only(cutOff.graph().parameters().keySet());
        Config about = Config.empty()
                .with("source", file.toString())
                .with("opset", model.opset())
                .with("cut", cutOff.cut());
        return new Pretrained(
                name,
                modality,
                cutOff.graph(),
                cutOff.endpoints(),
                needed,
                tokenizerBeside(Config.empty(), file.toAbsolutePath().getParent()),
                folderOf(file),
                about);
    }

    private static @Nullable Path folderOf(Path file) {
        return file.toAbsolutePath().getParent();
    }

    /** The tokenizer that was named, else the one that lies beside the weights. */
    private Config tokenizerBeside(Config input, @Nullable Path folder) {
        if (tokenizer != null) {
            return input.with("tokenizer", tokenizer.toAbsolutePath().toString());
        }
        return folder != null && Files.isRegularFile(folder.resolve("tokenizer.json"))
                ? input.with("tokenizer", "tokenizer.json")
                : input;
    }

    // ------------------------------------------------------------------------------------------- presets

    private Pretrained preset(Preset p, Backbone family, ClassLoader loader) {
        Graph graph = new Graph();
        Endpoints endpoints = family.build(graph, pooled(p.config()));
        Weights published;
        Path own = weights;
        if (isUntrained) {
            return random(p.id(), family, graph, endpoints, p.config(), p.input());
        }
        if (own != null) {
            published = WeightFile.read(own);
        } else {
            byte[] bytes = Hub.read(p.source(), p.sha256(), p.artefact(), loader);
            published = p.source().endsWith(".onnx")
                    ? OnnxReader.read(p.source(), bytes).weights()
                    : WeightFile.read(p.source(), bytes);
        }
        Config about = Config.empty()
                .with("preset", p.id())
                .with("family", p.family())
                .with("source", own == null ? p.source() : own.toString())
                .with("licence", p.licence())
                .with("reference", p.reference())
                .with("config", p.config());
        if (own == null) {
            about = about.with("sha256", p.sha256()).with("artefact", p.artefact());
        }
        Config input = tokenizer == null ? p.input() : tokenizerBeside(p.input(), null);
        return new Pretrained(
                name, family.modality(), graph, endpoints, matched(family, graph, published), input, null, about);
    }

    // ------------------------------------------------------------------------------------------- folders

    private Pretrained folder(Path folder, ClassLoader loader) {
        Path configFile = folder.resolve("config.json");
        if (!Files.isRegularFile(configFile)) {
            throw new MissingArtifactException(
                    "Folder '" + folder + "' holds no pretrained model.",
                    "no config.json",
                    "config.json, model.safetensors (or pytorch_model.bin) and tokenizer.json",
                    "name the folder of a downloaded Hugging Face model, or an .onnx file");
        }
        Config config = Config.parse(configFile.toString(), text(configFile));
        Backbone family = familyOf(config.text("model_type", ""), loader);
        Graph graph = new Graph();
        Endpoints endpoints = family.build(graph, pooled(config));
        Path own = weights;
        Path file = own != null ? own : weightsIn(folder);
        Config input = tokenizerBeside(Config.empty(), folder);
        Config about = Config.empty()
                .with("source", file.toString())
                .with("family", family.id())
                .with("config", config);
        return new Pretrained(
                name,
                family.modality(),
                graph,
                endpoints,
                matched(family, graph, WeightFile.read(file)),
                input,
                folder,
                about);
    }

    /** The family that declares a reference implementation for this {@code model_type}, or has that name itself. */
    private static Backbone familyOf(String modelType, ClassLoader loader) {
        Backbones backbones = Backbones.load(loader);
        List<String> known = new ArrayList<>();
        for (Backbone b : backbones.all()) {
            known.add(b.id());
            for (Backbone.Variant v : b.variants()) {
                String type = v.config().text("model_type", b.id());
                known.add(type);
                if (type.equals(modelType)) {
                    return b;
                }
            }
            if (b.id().equals(modelType)) {
                return b;
            }
        }
        throw new UnknownNameException(
                "model_type",
                modelType,
                known.stream().distinct().toList(),
                "export the model to ONNX and name that file");
    }

    private static Path weightsIn(Path folder) {
        List<String> names =
                List.of("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "model.pt");
        for (String n : names) {
            if (Files.isRegularFile(folder.resolve(n))) {
                return folder.resolve(n);
            }
        }
        throw new MissingArtifactException(
                "Folder '" + folder + "' holds no weights.",
                contents(folder),
                "one of " + names,
                "download the weights, or name them with --weights");
    }

    private static String contents(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(f -> String.valueOf(f.getFileName()))
                    .sorted()
                    .toList()
                    .toString();
        } catch (IOException e) {
            return "unreadable: " + e.getMessage();
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new CorruptFileException(
                    "'" + file + "' cannot be read.",
                    String.valueOf(e.getMessage()),
                    "UTF-8 text",
                    "restore the file",
                    e);
        }
    }

    // ------------------------------------------------------------------------------------------- variants

    private Pretrained variant(Backbone family, Backbone.Variant variant) {
        Path own = weights;
        if (isUntrained) {
            Graph fresh = new Graph();
            Endpoints ends = family.build(fresh, pooled(variant.config()));
            return random(variant.id(), family, fresh, ends, variant.config(), family.input(variant.config()));
        }
        if (own == null) {
            throw new MissingArtifactException(
                    "No published weights of '" + variant.id() + "' come with this class path.",
                    "the variant's configuration alone",
                    "a file of weights",
                    "name one with --weights, or choose a preset from `tl presets`; --from-scratch trains without any");
        }
        Graph graph = new Graph();
        Endpoints endpoints = family.build(graph, pooled(variant.config()));
        Path folder = folderOf(own);
        Config about = Config.empty()
                .with("source", own.toString())
                .with("family", family.id())
                .with("variant", variant.id())
                .with("config", variant.config());
        return new Pretrained(
                name,
                family.modality(),
                graph,
                endpoints,
                matched(family, graph, WeightFile.read(own)),
                tokenizerBeside(family.input(variant.config()), folder),
                folder,
                about);
    }

    private Pretrained random(
            String id, Backbone family, Graph graph, Endpoints endpoints, Config config, Config preprocessing) {
        Config about = Config.empty()
                .with("source", "random weights")
                .with("family", family.id())
                .with("variant", id)
                .with("config", config);
        return new Pretrained(name, family.modality(), graph, endpoints, Weights.none(), preprocessing, null, about);
    }

    private Config pooled(Config config) {
        return pooling.isEmpty() ? config : config.with("pooling", pooling);
    }

    private static Weights matched(Backbone family, Graph graph, Weights published) {
        Backbone.CheckpointNames names = family.checkpointNames();
        WeightMapping mapping =
                WeightMapping.strict().allowUnexpected().unwrap().tensorFlowNorms();
        for (String wrapper : names.wrappers()) {
            mapping = mapping.strip(wrapper);
        }
        for (Map.Entry<String, String> name : names.renamed().entrySet()) {
            mapping = mapping.rename(name.getKey(), name.getValue());
        }
        for (String dropped : names.dropped()) {
            mapping = mapping.ignore(dropped);
        }
        return mapping.load(graph, Keras.looksLike(published) ? Keras.layers(published) : published)
                .weights();
    }
}
