// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tl4j.engine.Device;
import org.tl4j.engine.InferenceSession;
import org.tl4j.engine.onnx.OnnxEngine;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.WriteFailedException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Init;
import org.tl4j.model.Batch;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;
import org.tl4j.weights.Weights;

class FeatureCacheTest {
    private static final OnnxEngine ENGINE = new OnnxEngine();
    private static final int[] LENGTHS = new Random(3).ints(150, 1, 40).toArray();

    @TempDir
    private Path temp;

    private final String threads = System.getProperty(OnnxEngine.THREADS, "");
    private final Graph graph = new Graph();
    private Weights weights = Weights.none();

    @BeforeEach
    void twoLayersOverTokens() {
        var ids = graph.input("ids", DType.I64, Shape.parse("N, L"));
        var x = graph.embedding("words", ids, 50, 8, -1, new Init.Normal(1));
        graph.output("tokens", graph.layerNorm("norm", graph.gelu(graph.linear("dense", x, 8)), 1e-5));
        weights = Weights.initial(graph, 1);
    }

    @AfterEach
    void threadsAsBefore() {
        threads("");
        if (!threads.isEmpty()) {
            threads(threads);
        }
    }

    private static void threads(String number) {
        if (number.isEmpty()) {
            System.clearProperty(OnnxEngine.THREADS);
        } else {
            System.setProperty(OnnxEngine.THREADS, number);
        }
    }

    private List<Map<String, HostTensor>> fill(String number, long memory) {
        return fill(number, memory, 1 << 20);
    }

    private List<Map<String, HostTensor>> fill(String number, long memory, long segment) {
        threads(number);
        try (InferenceSession session = ENGINE.loadForMany(graph, weights, Device.CPU)) {
            assertThat(session.concurrency()).isEqualTo(Integer.parseInt(number));
            FeatureCache cache = FeatureCache.fill(
                    graph,
                    session,
                    new Tokens(-1),
                    Examples.PLAIN,
                    y -> Map.of(),
                    Map.of(),
                    memory,
                    temp,
                    segment,
                    TrainingListener.NONE);
            List<Map<String, HostTensor>> rows = new ArrayList<>();
            for (int i = 0; i < LENGTHS.length; i++) {
                rows.add(cache.get(i));
            }
            assertThat(cache.isOnDisk()).isEqualTo(memory < Long.MAX_VALUE);
            return rows;
        }
    }

    @Test
    void keepsForEachExampleWhatItsOwnRunGives() {
        List<Map<String, HostTensor>> kept = fill("3", Long.MAX_VALUE);

        try (InferenceSession session = ENGINE.load(graph, weights, Device.CPU)) {
            for (int i = 0; i < LENGTHS.length; i++) {
                var alone = session.run(
                        Batch.collate(List.of(new Tokens(-1).get(i, 0).inputs()), Map.of()));
                HostTensor tokens = kept.get(i).get("tokens");
                assertThat(tokens.shape()).isEqualTo(Shape.of(LENGTHS[i], 8));
                assertThat(tokens.toFloats())
                        .containsExactly(alone.get("tokens").toFloats(), within());
            }
        }
    }

    private static Offset<Float> within() {
        return Offset.offset(1e-5f);
    }

    @Test
    void keepsTheSameBitsWithAnyNumberOfThreadsInMemoryAndInAFile() {
        List<Map<String, HostTensor>> one = fill("1", Long.MAX_VALUE);
        List<Map<String, HostTensor>> four = fill("4", 0);

        for (int i = 0; i < LENGTHS.length; i++) {
            assertThat(four.get(i).get("tokens").bitEquals(one.get(i).get("tokens")))
                    .isTrue();
        }
    }

    @Test
    void keepsTheSameBitsInAFileThatIsMappedInParts() {
        List<Map<String, HostTensor>> one = fill("1", Long.MAX_VALUE);
        // Parts of a few examples, and parts that are smaller than one; the first examples lie in memory.
        for (long segment : new long[] {4_000, 100}) {
            List<Map<String, HostTensor>> parts = fill("2", 10_000, segment);
            for (int i = 0; i < LENGTHS.length; i++) {
                assertThat(parts.get(i).get("tokens").bitEquals(one.get(i).get("tokens")))
                        .isTrue();
            }
        }
    }

    @Test
    void aFullDiskIsAnErrorThatNamesTheFileAndLeavesNothing() throws IOException {
        Configuration small = Configuration.unix().toBuilder()
                .setMaxSize(32 << 10)
                .setBlockSize(1 << 10)
                .build();
        threads("2");
        try (FileSystem disk = Jimfs.newFileSystem(small);
                InferenceSession session = ENGINE.loadForMany(graph, weights, Device.CPU)) {
            Path folder = Files.createDirectory(disk.getPath("/tmp"));

            assertThatThrownBy(() -> FeatureCache.fill(
                            graph,
                            session,
                            new Tokens(-1),
                            Examples.PLAIN,
                            y -> Map.of(),
                            Map.of(),
                            1000,
                            folder,
                            1 << 20,
                            TrainingListener.NONE))
                    .isInstanceOf(WriteFailedException.class)
                    .hasMessageContaining("'/tmp/tl4j-features-")
                    .hasMessageContaining("out of disk space")
                    .hasMessageMatching("(?s).*; \\d+ bytes free.*room for about \\d+ bytes more.*")
                    .hasMessageContaining("-Djava.io.tmpdir");
            try (Stream<Path> left = Files.list(folder)) {
                assertThat(left).isEmpty();
            }
        }
    }

    @Test
    void handsOnWhatIsWrongWithAnExample() {
        threads("2");
        try (InferenceSession session = ENGINE.loadForMany(graph, weights, Device.CPU)) {
            assertThatThrownBy(() -> FeatureCache.fill(
                            graph,
                            session,
                            new Tokens(77),
                            Examples.PLAIN,
                            y -> Map.of(),
                            Map.of(),
                            Long.MAX_VALUE,
                            TrainingListener.NONE))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("picture 77");
        }
    }

    /**
     * Random tokens, the same for the same index.
     *
     * @param damaged the index of one that cannot be read, or -1
     */
    private record Tokens(int damaged) implements Examples<String> {
        @Override
        public int size() {
            return LENGTHS.length;
        }

        @Override
        public Prepared<String> get(int index, long view) {
            if (index == damaged) {
                throw new InvalidDataException("picture " + index + " is damaged", "half", "a whole", "restore it");
            }
            return new Prepared<>(
                    Map.of(
                            "ids",
                            HostTensor.of(
                                    new Random(index)
                                            .longs(LENGTHS[index], 0, 50)
                                            .toArray(),
                                    LENGTHS[index])),
                    "");
        }

        @Override
        public String target(int index) {
            return "";
        }

        @Override
        public int views() {
            return 0;
        }

        @Override
        public int length(int index) {
            return LENGTHS[index];
        }

        @Override
        public String fingerprint() {
            return "";
        }
    }
}
