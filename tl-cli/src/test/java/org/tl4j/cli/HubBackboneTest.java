// SPDX-License-Identifier: Apache-2.0
package org.tl4j.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.graph.Graph;
import org.tl4j.hub.Hub;
import org.tl4j.hub.HubSettings;
import org.tl4j.model.Backbones;
import org.tl4j.model.Config;
import org.tl4j.model.Modality;
import org.tl4j.model.Preset;
import org.tl4j.model.Pretrained;
import org.tl4j.model.Providers;
import org.tl4j.nlp.backbone.Bert;
import org.tl4j.tuning.PretrainedSource;
import org.tl4j.weights.WeightFile;
import org.tl4j.weights.Weights;

/** Backbones by the names that they have on the Hugging Face Hub, from a server on this machine. */
class HubBackboneTest {
    private static final String COMMIT = "c".repeat(40);
    private static final Pattern FILE = Pattern.compile("/acme/([a-z]+)/resolve/(?:main|c{40})/(.+)");
    private static final Pattern LISTING = Pattern.compile("/api/models/acme/([a-z]+)/revision/(?:main|c{40})");

    @TempDir
    private Path temp;

    private final Map<String, byte[]> files = new TreeMap<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void answer(HttpExchange x) throws IOException {
        try (x) {
            String path = x.getRequestURI().getPath();
            requests.add(x.getRequestMethod() + " " + path);
            Matcher listing = LISTING.matcher(path);
            Matcher file = FILE.matcher(path);
            byte[] bytes = null;
            if (listing.matches() && files.keySet().stream().anyMatch(f -> f.startsWith(listing.group(1) + "/"))) {
                String prefix = listing.group(1) + "/";
                bytes = ("{\"sha\":\"" + COMMIT + "\",\"siblings\":["
                                + files.keySet().stream()
                                        .filter(f -> f.startsWith(prefix))
                                        .map(f -> "{\"rfilename\":\"" + f.substring(prefix.length()) + "\"}")
                                        .collect(Collectors.joining(","))
                                + "]}")
                        .getBytes(UTF_8);
            } else if (file.matches()) {
                bytes = files.get(file.group(1) + "/" + file.group(2));
                x.getResponseHeaders().add("X-Repo-Commit", COMMIT);
            }
            if (bytes == null) {
                x.getResponseHeaders().add("X-Error-Code", file.matches() ? "EntryNotFound" : "RepoNotFound");
                x.sendResponseHeaders(404, -1);
                return;
            }
            x.getResponseHeaders().add("ETag", "\"" + Hub.sha256(bytes) + "\"");
            if (x.getRequestMethod().equals("HEAD")) {
                x.getResponseHeaders().add("Content-Length", String.valueOf(bytes.length));
                x.sendResponseHeaders(200, -1);
                return;
            }
            x.sendResponseHeaders(200, bytes.length);
            x.getResponseBody().write(bytes);
        }
    }

    private String endpoint() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    private Hub hub() {
        return Hub.of(HubSettings.of(
                Map.of("HF_HOME", temp.resolve("hf").toString(), "HF_ENDPOINT", endpoint(), "HOME", temp.toString())));
    }

    private Pretrained load(String name) {
        return PretrainedSource.of(name).load(Modality.TEXT, Providers.contextLoader(), hub());
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = HubBackboneTest.class.getResourceAsStream("/" + name)) {
            return in.readAllBytes();
        }
    }

    /** A small BERT, as transformers would have saved it. */
    private void publishTiny(String repository) throws IOException {
        Config config = Config.empty()
                .with("model_type", "bert")
                .with("vocab_size", 30522)
                .with("hidden_size", 16)
                .with("num_hidden_layers", 2)
                .with("num_attention_heads", 2)
                .with("intermediate_size", 32)
                .with("max_position_embeddings", 512);
        Graph graph = new Graph();
        new Bert().build(graph, config.with("pooling", "mean"));
        Path file = temp.resolve("tiny.safetensors");
        WeightFile.writeSafetensors(Weights.initial(graph, 7), Map.of("format", "pt"), file);
        files.put(repository + "/config.json", config.toString().getBytes(UTF_8));
        files.put(repository + "/model.safetensors", Files.readAllBytes(file));
        files.put(repository + "/pytorch_model.bin", new byte[] {1});
        files.put(repository + "/tokenizer.json", resource("all-minilm-l6-v2-tokenizer.json"));
        files.put(repository + "/1_Pooling/config.json", "{\"pooling_mode_mean_tokens\": true}".getBytes(UTF_8));
        files.put(repository + "/README.md", "much to read".getBytes(UTF_8));
    }

    @Test
    void loadsARepositoryAsTransformersSavedIt() throws IOException {
        publishTiny("tiny");

        Pretrained loaded = load("hf://acme/tiny");

        assertThat(loaded.about().text("source")).isEqualTo("hf://acme/tiny@" + COMMIT);
        assertThat(loaded.about().config("config").text("pooling", "")).isEmpty();
        assertThat(loaded.weights().hashes())
                .isEqualTo(WeightFile.read(temp.resolve("tiny.safetensors")).hashes());
        // What Sentence Transformers noted: mean over the tokens, so that there is no pooler to be missed.
        assertThat(loaded.graph().parameters().keySet()).noneMatch(p -> p.startsWith("pooler"));
        assertThat(requests)
                .as("only what makes the model")
                .noneMatch(r -> r.contains("README") || r.contains("pytorch_model.bin"));
        requests.clear();
        load("hf://acme/tiny@" + COMMIT);
        assertThat(requests).containsExactly("GET /api/models/acme/tiny/revision/" + COMMIT);
    }

    @Test
    void loadsShardedWeights() throws IOException {
        publishTiny("tiny");
        Weights whole = WeightFile.read(temp.resolve("tiny.safetensors"));
        List<String> names = List.copyOf(whole.names());
        StringBuilder map = new StringBuilder();
        for (int part = 0; part < 2; part++) {
            int offset = part;
            String file = "model-0000" + (part + 1) + "-of-00002.safetensors";
            Weights some = whole.only(
                    names.stream().filter(n -> names.indexOf(n) % 2 == offset).collect(Collectors.toSet()));
            WeightFile.writeSafetensors(some, Map.of(), temp.resolve(file));
            files.put("tiny/" + file, Files.readAllBytes(temp.resolve(file)));
            some.names()
                    .forEach(n -> map.append(map.isEmpty() ? "" : ",")
                            .append('"')
                            .append(n)
                            .append("\":\"")
                            .append(file)
                            .append('"'));
        }
        files.put("tiny/model.safetensors.index.json", ("{\"weight_map\":{" + map + "}}").getBytes(UTF_8));
        files.remove("tiny/model.safetensors");

        assertThat(load("hf://acme/tiny").weights().hashes()).isEqualTo(whole.hashes());
    }

    @Test
    void loadsAnOnnxFileAndTheTokenizerAtTheTopOfItsRepository() throws IOException {
        files.put("minilm/onnx/model.onnx", resource("all-minilm-l6-v2.onnx"));
        files.put("minilm/tokenizer.json", resource("all-minilm-l6-v2-tokenizer.json"));

        Pretrained loaded = load("hf://acme/minilm/onnx/model.onnx");

        assertThat(loaded.about().text("source")).isEqualTo("hf://acme/minilm@" + COMMIT + "/onnx/model.onnx");
        assertThat(Files.readAllBytes(Path.of(loaded.input().text("tokenizer").replaceFirst("^file:", ""))))
                .isEqualTo(files.get("minilm/tokenizer.json"));
        Preset preset = Preset.get("all-minilm-l6-v2", Providers.contextLoader(), Backbones.installed());
        assertThat(loaded.weights().elements()).isGreaterThanOrEqualTo(preset.parameters());
    }

    @Test
    void saysWhatARepositoryLacks() {
        files.put("onnxonly/README.md", new byte[] {1});
        files.put("onnxonly/onnx/model.onnx", new byte[] {1});
        files.put("weightless/config.json", "{\"model_type\": \"bert\"}".getBytes(UTF_8));

        assertThatThrownBy(() -> load("hf://acme/onnxonly"))
                .isInstanceOf(MissingArtifactException.class)
                .hasMessageContaining("no config.json among README.md, onnx/model.onnx")
                .hasMessageContaining("name one of its ONNX files: hf://acme/onnxonly@" + COMMIT + "/onnx/model.onnx");
        assertThatThrownBy(() -> load("hf://acme/weightless"))
                .isInstanceOf(MissingArtifactException.class)
                .hasMessageContaining("holds no weights");
        assertThatThrownBy(() -> load("hf://acme/nothing"))
                .isInstanceOf(MissingArtifactException.class)
                .hasMessageContaining("no repository 'acme/nothing'");
    }

    @Test
    void fineTunesARepositoryAndGoesOnWithoutTheNetwork() throws Exception {
        publishTiny("tiny");
        Files.writeString(
                temp.resolve("data.csv"), "text,label\n" + "fine and good,good\nquite bad,bad\n".repeat(12), UTF_8);
        TlProcess tl = new TlProcess(temp)
                .with("HF_HOME", temp.resolve("hf").toString())
                .with("TL4J_HOME", temp.resolve("tl4j").toString())
                .with("HF_ENDPOINT", endpoint())
                .with("HF_HUB_OFFLINE", "0");
        String[] finetune = {
            "finetune",
            "text-classification",
            "--backbone",
            "hf://acme/tiny",
            "--data",
            "data.csv",
            "--epochs",
            "1",
            "--out",
            "one"
        };

        TlProcess.Result first = tl.run(finetune);

        assertThat(first.code()).as(first.err()).isZero();
        assertThat(first.err()).contains("downloading hf://acme/tiny@" + COMMIT + "/model.safetensors (");
        assertThat(temp.resolve("hf/hub/models--acme--tiny/refs/main")).hasContent(COMMIT);

        TlProcess.Result cache = tl.run("cache", "--json");
        assertThat(cache.out()).contains("hf://acme/tiny").contains("\"incomplete\":0");

        requests.clear();
        finetune[9] = "two";
        TlProcess.Result offline = tl.with("HF_HUB_OFFLINE", "1").run(finetune);
        assertThat(offline.code()).as(offline.err()).isZero();
        assertThat(requests).isEmpty();
        assertThat(Files.readAllBytes(temp.resolve("two/model.onnx")))
                .isEqualTo(Files.readAllBytes(temp.resolve("one/model.onnx")));

        TlProcess.Result removed = tl.run("cache", "--remove", "hf://acme/tiny");
        assertThat(removed.err()).contains("removed hf://acme/tiny");
        assertThat(temp.resolve("hf/hub/models--acme--tiny")).doesNotExist();
        TlProcess.Result missing = tl.run(finetune);
        assertThat(missing.code()).isEqualTo(1);
        assertThat(missing.err()).contains("HF_HUB_OFFLINE").contains("fix:");
    }
}
