// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.Excerpt;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.graph.Graph;
import org.tl4j.hub.Hub;
import org.tl4j.hub.HubSnapshot;
import org.tl4j.hub.HubSource;
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
 * Face ({@code config.json}, weights, {@code tokenizer.json}), or a family's variant with a file of weights. The file
 * and the folder may lie on the Hugging Face Hub: {@code hf://OWNER/NAME@REVISION/model.onnx}, {@code hf://OWNER/NAME};
 * and the file on another server: {@code https://…/model.onnx}. A variant may be followed by settings that differ from
 * its own: {@code unet{width: 16}}.
 *
 * @param name what the user named
 * @param weights a file of weights for a family or variant, by its path or {@link HubSource}, or null for the published
 *     ones
 * @param cut the value of an ONNX file at which its top is taken off, or null to find it
 * @param pooling how tokens become one vector ({@code mean}, {@code cls}, {@code pooler}), or empty for the published
 *     way
 * @param tokenizer a tokenizer file for a backbone that comes without one, by its path or {@link HubSource}, or null
 * @param input settings of the preprocessing that go before those that come with the weights
 * @param isUntrained whether a family's network starts from random weights, to see what the published ones are worth
 */
public record PretrainedSource(
        String name,
        @Nullable String weights,
        @Nullable String cut,
        String pooling,
        @Nullable String tokenizer,
        Config input,
        boolean isUntrained)
        implements BackboneSource {

    private static final List<String> WEIGHTS =
            List.of("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "model.pt");
    private static final int SHOWN = 8;
    private static final String CONFIG = "config.json";
    private static final String TOKENIZER = "tokenizer.json";
    private static final String POOLING = "1_Pooling/config.json";

    /** A backbone by its name or path alone. */
    public static PretrainedSource of(String name) {
        return new PretrainedSource(name, null, null, "", null, Config.empty(), false);
    }

    /** Weights from a file, by its path or {@link HubSource}. */
    public PretrainedSource withWeights(@Nullable String file) {
        return new PretrainedSource(name, file, cut, pooling, tokenizer, input, isUntrained);
    }

    /** Weights from a file of this machine. */
    public PretrainedSource withWeights(Path file) {
        return withWeights(file.toString());
    }

    /** An ONNX file cut at a value. */
    public PretrainedSource withCut(@Nullable String value) {
        return new PretrainedSource(name, weights, value, pooling, tokenizer, input, isUntrained);
    }

    /** Another pooling. */
    public PretrainedSource withPooling(String way) {
        return new PretrainedSource(name, weights, cut, way, tokenizer, input, isUntrained);
    }

    /** A tokenizer from a file, by its path or {@link HubSource}. */
    public PretrainedSource withTokenizer(@Nullable String file) {
        return new PretrainedSource(name, weights, cut, pooling, file, input, isUntrained);
    }

    /** A tokenizer from a file of this machine. */
    public PretrainedSource withTokenizer(Path file) {
        return withTokenizer(file.toString());
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

    /** Builds the backbone and loads its weights, with the hub of this process. */
    public Pretrained load(Modality modality, ClassLoader loader) {
        return load(modality, loader, Hub.standard());
    }

    @Override
    public Pretrained load(Modality modality, ClassLoader loader, Hub hub) {
        PretrainedSource here = fetched(hub);
        Pretrained published = HubSource.isSource(name)
                ? here.published(HubSource.parse(name), modality, loader, hub)
                : here.local(modality, loader, hub);
        return published.withInput(published.input().with(input));
    }

    /** The same with weights and tokenizer on this machine. */
    private PretrainedSource fetched(Hub hub) {
        return new PretrainedSource(
                name,
                weights == null ? null : hub.path(weights).toString(),
                cut,
                pooling,
                tokenizer == null ? null : hub.path(tokenizer).toString(),
                input,
                isUntrained);
    }

    private Pretrained local(Modality modality, ClassLoader loader, Hub hub) {
        // Before it is taken for a path: on some systems braces and colons are none.
        int brace = name.endsWith("}") ? name.indexOf('{') : -1;
        boolean hasSettings = brace > 0;
        if (!hasSettings) {
            Path path = Path.of(name);
            if (name.endsWith(".onnx")) {
                return onnx(path, modality);
            }
            if (Files.isDirectory(path)) {
                return folder(path, loader);
            }
        }
        Backbones backbones = Backbones.load(loader);
        List<String> known = new ArrayList<>();
        for (Preset p : Preset.installed(loader, backbones)) {
            if (p.id().equals(name)) {
                return preset(p, backbones.get(p.family()), loader, hub);
            }
            known.add(p.id());
        }
        String id = hasSettings ? name.substring(0, brace) : name;
        Config settings = hasSettings ? Config.parse(name, name.substring(brace)) : Config.empty();
        for (Backbone b : backbones.all()) {
            for (Backbone.Variant v : b.variants()) {
                if (v.id().equals(id)) {
                    return variant(b, new Backbone.Variant(id, v.config().with(settings)));
                }
                known.add(v.id());
            }
        }
        throw new UnknownNameException(
                "backbone",
                name,
                known,
                "`tl presets` lists what is there; a path to an .onnx file or to a folder with config.json works, too,"
                        + " and hf://OWNER/NAME");
    }

    // ------------------------------------------------------------------------------------------- hub

    private Pretrained published(HubSource source, Modality modality, ClassLoader loader, Hub hub) {
        if (source instanceof HubSource.Local local) {
            return new PretrainedSource(local.path().toString(), weights, cut, pooling, tokenizer, input, isUntrained)
                    .local(modality, loader, hub);
        }
        if (source instanceof HubSource.HuggingFace f) {
            HubSnapshot snapshot = hub.snapshot(f);
            return f.path().endsWith(".onnx")
                    ? onnx(snapshot, f.path(), modality, hub)
                    : repository(snapshot, f.path(), loader, hub);
        }
        if (source instanceof HubSource.Web && name.endsWith(".onnx")) {
            return origin(onnx(hub.path(source, ""), modality), source);
        }
        throw new UnsupportedFeatureException(
                "'" + name + "' is no backbone.",
                source instanceof HubSource.Resource ? "a resource of the class path" : "a file that is not .onnx",
                "an .onnx file, or hf://OWNER/NAME",
                "name the family's variant as the backbone and the file as its weights (--weights)");
    }

    /** The tokenizer lies beside the ONNX file or, as is usual, at the top of the repository. */
    private Pretrained onnx(HubSnapshot snapshot, String path, Modality modality, Hub hub) {
        Path file = hub.path(snapshot.file(path), "");
        String beside = path.substring(0, path.lastIndexOf('/') + 1) + TOKENIZER;
        Optional<String> found =
                Stream.of(beside, TOKENIZER).filter(snapshot::has).findFirst();
        PretrainedSource whole = tokenizer != null || found.isEmpty()
                ? this
                : withTokenizer(hub.path(snapshot.file(found.get()), "").toString());
        return origin(whole.onnx(file, modality), snapshot.file(path));
    }

    /** Fetches the files of a folder of a repository that make a model, and no others. */
    private Pretrained repository(HubSnapshot snapshot, String folder, ClassLoader loader, Hub hub) {
        String prefix = folder.isEmpty() ? "" : folder + "/";
        if (!snapshot.has(prefix + CONFIG)) {
            List<String> onnx =
                    snapshot.files().stream().filter(f -> f.endsWith(".onnx")).toList();
            throw new MissingArtifactException(
                    "'" + name + "' holds no pretrained model.",
                    "no " + prefix + CONFIG + " among " + Excerpt.of(snapshot.files(), SHOWN),
                    "config.json, model.safetensors (or pytorch_model.bin) and tokenizer.json, or an .onnx file",
                    onnx.isEmpty()
                            ? "name a repository that transformers can load"
                            : "name one of its ONNX files: " + snapshot.file(onnx.get(0)));
        }
        for (String optional : List.of(TOKENIZER, POOLING)) {
            if (snapshot.has(prefix + optional)) {
                hub.path(snapshot.file(prefix + optional), "");
            }
        }
        if (weights == null) {
            String file = WEIGHTS.stream()
                    .filter(w -> snapshot.has(prefix + w))
                    .findFirst()
                    .orElseThrow(() -> new MissingArtifactException(
                            "'" + name + "' holds no weights.",
                            Excerpt.of(snapshot.files(), SHOWN),
                            "one of " + WEIGHTS,
                            "name weights of its variant with --weights, or another repository"));
            Path fetched = hub.path(snapshot.file(prefix + file), "");
            if (file.endsWith(".index.json")) {
                WeightFile.parts(fetched).forEach(part -> hub.path(snapshot.file(prefix + part), ""));
            }
        }
        Path config = hub.path(snapshot.file(prefix + CONFIG), "");
        return origin(
                folder(config.resolveSibling(""), loader),
                folder.isEmpty() ? snapshot.repository() : snapshot.file(folder));
    }

    /** What a model was made from is the published file, not its copy in the cache. */
    private static Pretrained origin(Pretrained p, HubSource source) {
        return p.withAbout(p.about().with("source", source.toString()));
    }

    // ------------------------------------------------------------------------------------------- any ONNX file

    private Pretrained onnx(Path file, Modality modality) {
        requireTrained("an ONNX file");
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

    /** How a network began is known of families alone. */
    private void requireTrained(String kind) {
        if (isUntrained) {
            throw new UnsupportedFeatureException(
                    "'" + name + "' cannot be trained from scratch.",
                    kind,
                    "a preset, or a family's variant",
                    "choose one from `tl families`, or leave --from-scratch away");
        }
    }

    private static @Nullable Path folderOf(Path file) {
        return file.toAbsolutePath().getParent();
    }

    /** The tokenizer that was named, else the one that lies beside the weights. */
    private Config tokenizerBeside(Config input, @Nullable Path folder) {
        if (tokenizer != null) {
            return input.with("tokenizer", "file:" + Path.of(tokenizer).toAbsolutePath());
        }
        return folder != null && Files.isRegularFile(folder.resolve(TOKENIZER))
                ? input.with("tokenizer", TOKENIZER)
                : input;
    }

    // ------------------------------------------------------------------------------------------- presets

    private Pretrained preset(Preset p, Backbone family, ClassLoader loader, Hub hub) {
        Graph graph = new Graph();
        Endpoints endpoints = family.build(graph, pooled(p.config()));
        Weights published;
        if (isUntrained) {
            return random(p.id(), family, graph, endpoints, p.config(), p.input());
        }
        Path own = weights == null ? null : Path.of(weights);
        if (own != null) {
            published = WeightFile.read(own);
        } else if (HubSource.parse(p.source()) instanceof HubSource.Resource) {
            byte[] bytes = Hub.read(p.source(), p.sha256(), p.artefact(), loader);
            published = p.source().endsWith(".onnx")
                    ? OnnxReader.read(p.source(), bytes).weights()
                    : WeightFile.read(p.source(), bytes);
        } else {
            // Never in memory as a whole.
            Path file = hub.path(HubSource.parse(p.source()), p.sha256());
            published = p.source().endsWith(".onnx") ? OnnxReader.read(file).weights() : WeightFile.read(file);
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
        requireTrained("a folder of a published model");
        Path configFile = folder.resolve(CONFIG);
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
        Endpoints endpoints = family.build(graph, pooled(publishedPooling(config, folder)));
        Path file = weights != null ? Path.of(weights) : weightsIn(folder);
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
        for (String n : WEIGHTS) {
            if (Files.isRegularFile(folder.resolve(n))) {
                return folder.resolve(n);
            }
        }
        throw new MissingArtifactException(
                "Folder '" + folder + "' holds no weights.",
                contents(folder),
                "one of " + WEIGHTS,
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
        if (isUntrained) {
            Graph fresh = new Graph();
            Endpoints ends = family.build(fresh, pooled(variant.config()));
            return random(variant.id(), family, fresh, ends, variant.config(), family.input(variant.config()));
        }
        Path own = weights == null ? null : Path.of(weights);
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
                matched(family, graph, own(family, own)),
                tokenizerBeside(family.input(variant.config()), folder),
                folder,
                about);
    }

    /** The weights that a user named: a file or folder of weights, or a folder with the files of the family. */
    private static Weights own(Backbone family, Path path) {
        List<String> files = family.weightFiles();
        if (files.isEmpty()) {
            return WeightFile.read(path);
        }
        if (!Files.isDirectory(path)) {
            throw new MissingArtifactException(
                    "There is no folder '" + path + "' of weights.",
                    Files.exists(path) ? "a file" : "nothing there",
                    "a folder that holds " + files,
                    "name the folder of the downloaded files with --weights");
        }
        for (String file : files) {
            if (!Files.isRegularFile(path.resolve(file))) {
                throw new MissingArtifactException(
                        "Folder '" + path + "' does not hold the weights of '" + family.id() + "'.",
                        "no " + file + " among " + contents(path),
                        files,
                        "download the missing file into the folder, or name another folder");
            }
        }
        Weights all = Weights.none();
        for (String name : files) {
            Path file = path.resolve(name);
            all = all.with(name.endsWith(".onnx") ? OnnxReader.read(file).weights() : WeightFile.read(file));
        }
        return all;
    }

    /** What Sentence Transformers note beside a model: how its tokens became one vector. */
    private static Config publishedPooling(Config config, Path folder) {
        Path file = folder.resolve(POOLING);
        if (config.has("pooling") || !Files.isRegularFile(file)) {
            return config;
        }
        Config published = Config.parse(file.toString(), text(file));
        return published.flag("pooling_mode_mean_tokens", false)
                ? config.with("pooling", "mean")
                : published.flag("pooling_mode_cls_token", false) ? config.with("pooling", "cls") : config;
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
