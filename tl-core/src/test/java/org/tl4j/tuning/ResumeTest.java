// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tl4j.engine.Optimizer;
import org.tl4j.engine.onnx.OnnxEngine;
import org.tl4j.engine.torch.TorchEngine;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.TlException;
import org.tl4j.model.Classification;
import org.tl4j.model.ClassificationHead;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;
import org.tl4j.weights.WeightFile;
import org.tl4j.weights.Weights;

/** A training that was interrupted anywhere goes on to the bits of one that was not. */
class ResumeTest {
    private static final List<Phase> THREE = List.of(
            new Phase.Gradient(new Freeze.HeadOnly(), 1, 0.05, Schedule.oneCycle(), 1),
            new Phase.Gradient(new Freeze.LastLayers(2), 3, 0.02, Schedule.cosine(), 0.5),
            new Phase.Gradient(new Freeze.Nothing(), 1, 0.01, Schedule.linear(), 0.8));

    private static final TrainingOptions OPTIONS = TrainingOptions.defaults().withBatchSize(4);

    @TempDir
    private Path folder;

    /** Counts whatever a listener hears, and throws at the n-th. */
    private static final class Interruption implements TrainingListener {
        private int left;

        Interruption(int at) {
            left = at;
        }

        private void heard() {
            if (--left == 0) {
                throw new Interrupted();
            }
        }

        @Override
        public void note(String sentence) {
            heard();
        }

        @Override
        public void phase(int index, int count, String title, long steps) {
            heard();
        }

        @Override
        public void progress(String what, long done, long total) {
            heard();
        }

        @Override
        public void step(Step step) {
            heard();
        }

        @Override
        public void epoch(History.Epoch epoch) {
            heard();
        }
    }

    private static final class Interrupted extends RuntimeException {}

    static Stream<Arguments> runs() {
        TrainingOptions accumulating = OPTIONS.withAccumulate(2);
        List<Phase> closedFormFirst = new ArrayList<>(THREE);
        closedFormFirst.set(0, new Phase.ClosedForm(true, 1));
        return Stream.of(
                arguments("AdamW, averaging, accumulation", THREE, accumulating.withAveraging(0.9), 1),
                arguments(
                        "SGD with momentum, patience",
                        THREE,
                        OPTIONS.withOptimizer(new Optimizer.Sgd(0.9, true)).withPatience(1),
                        1),
                arguments("a checkpoint every fourth step, last epoch", THREE, OPTIONS.withKeepBest(false), 4),
                arguments("closed form first, features in a file", closedFormFirst, accumulating.withCacheBytes(0), 2));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void runs(String name, List<Phase> phases, TrainingOptions options, int everySteps) throws IOException {
        Tuned<List<String>, Classification> whole = train(phases, options, TrainingListener.NONE);
        int interruptions = 0;
        for (int at = 1; ; at++) {
            TrainingOptions saving = options.withCheckpoint(folder.resolve(at + "/checkpoint"), everySteps);
            Tuned<List<String>, Classification> resumed;
            try {
                // What is never heard of was not interrupted: every place has been tried.
                resumed = train(phases, saving, new Interruption(at));
                assertSame(resumed, whole, "with checkpoints, not interrupted");
                break;
            } catch (Interrupted expected) {
                interruptions++;
            }
            resumed = train(phases, saving, TrainingListener.NONE);
            assertSame(resumed, whole, "interrupted at " + at);
        }
        assertThat(interruptions).isGreaterThan(whole.history().losses().size());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("runs")
    void interruptedAgainAndAgain(String name, List<Phase> phases, TrainingOptions options, int everySteps) {
        TrainingOptions saving = options.withCheckpoint(folder.resolve("checkpoint"), everySteps);
        Tuned<List<String>, Classification> resumed = null;
        for (int attempt = 0; resumed == null && attempt < 100; attempt++) {
            try {
                // Enough to come past the next checkpoint, even where the features of two phases come before it.
                resumed = train(phases, saving, new Interruption(14 + everySteps));
            } catch (Interrupted expected) {
                assertThat(attempt).as("attempts").isLessThan(99);
            }
        }
        assertSame(resumed, train(phases, options, TrainingListener.NONE), "interrupted again and again");
    }

    @Test
    void aFinishedRunResumesToItsEnd() {
        TrainingOptions saving = OPTIONS.withCheckpoint(folder.resolve("checkpoint"), 1);
        Tuned<List<String>, Classification> whole = train(THREE, saving, TrainingListener.NONE);

        List<TrainingListener.Step> steps = new ArrayList<>();
        Tuned<List<String>, Classification> again = train(THREE, saving, new TrainingListener() {
            @Override
            public void step(Step step) {
                steps.add(step);
            }
        });

        assertSame(again, whole, "finished before");
        assertThat(steps).isEmpty();
    }

    private static Tuned<List<String>, Classification> train(
            List<Phase> phases, TrainingOptions options, TrainingListener listener) {
        return TinyModel.train(TinyModel.withDropout(), phases, options, listener);
    }

    private static void assertSame(Tuned<?, ?> actual, Tuned<?, ?> expected, String description) {
        assertThat(actual.history().losses())
                .as(description)
                .isEqualTo(expected.history().losses());
        assertThat(actual.history().epochs())
                .as(description)
                .usingRecursiveComparison()
                .ignoringFields("seconds")
                .isEqualTo(expected.history().epochs());
        assertThat(actual.model().weights().hashes())
                .as(description)
                .isEqualTo(expected.model().weights().hashes());
        assertThat(actual.frozen()).as(description).isEqualTo(expected.frozen());
        assertThat(actual.trainedParameters()).as(description).isEqualTo(expected.trainedParameters());
    }

    // ------------------------------------------------------------------------------------------- what is refused

    private Path interrupted() {
        Path file = folder.resolve("checkpoint");
        TrainingOptions saving = OPTIONS.withCheckpoint(file, 1);
        assertThatThrownBy(() -> train(THREE, saving, new Interruption(20))).isInstanceOf(Interrupted.class);
        assertThat(file).isRegularFile();
        return file;
    }

    static Stream<Arguments> others() {
        List<Phase> fewer = THREE.subList(0, 2);
        var vectors = TinyModel.vectors(12, 1);
        var others = TinyModel.vectors(12, 3);
        var model = TinyModel.withDropout();
        Weights moved = model.weights()
                .with(Weights.of(Map.of("head.classifier.bias", HostTensor.of(new float[] {0, 1, 0}, 3))));
        ClassificationHead head =
                ClassificationHead.singleLabel("test", TinyModel.LABELS).withDropout(0.2);
        return Stream.of(
                arguments("another seed", model, THREE, vectors, OPTIONS.withSeed(1)),
                arguments("another optimiser", model, THREE, vectors, OPTIONS.withOptimizer(Optimizer.sgd(0.9))),
                arguments("fewer phases", model, fewer, vectors, OPTIONS),
                arguments("other data", model, THREE, others, OPTIONS),
                arguments("other weights", model.withWeights(moved), THREE, vectors, OPTIONS),
                arguments("another head", TinyModel.of(0.3, head.withLabelSmoothing(0.1)), THREE, vectors, OPTIONS),
                arguments("another dropout in the backbone", TinyModel.of(0.1, head), THREE, vectors, OPTIONS));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("others")
    void refusesTheCheckpointOfAnotherRun(
            String name,
            Trainable<List<String>, Classification> model,
            List<Phase> phases,
            Examples<List<String>> train,
            TrainingOptions options)
            throws IOException {
        Path file = interrupted();
        byte[] before = Files.readAllBytes(file);

        assertThatThrownBy(() -> Training.run(
                        model,
                        phases,
                        train,
                        TinyModel.vectors(9, 2),
                        options.withCheckpoint(file, 1),
                        new OnnxEngine(),
                        new TorchEngine(),
                        TrainingListener.NONE))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("belongs to another run")
                .hasMessageContaining(file.toString())
                .hasMessageContaining("fix:");
        assertThat(file).hasBinaryContent(before);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.0005, 0.01, 0.3, 0.7, 0.9999})
    void refusesACheckpointThatWasCutShort(double part) throws IOException {
        Path file = interrupted();
        byte[] whole = Files.readAllBytes(file);
        byte[] cut = Arrays.copyOf(whole, (int) (part * whole.length));
        Files.write(file, cut);

        assertThatThrownBy(() -> train(THREE, OPTIONS.withCheckpoint(file, 1), TrainingListener.NONE))
                .isInstanceOf(TlException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("fix:");
        assertThat(file).hasBinaryContent(cut);
    }

    @Test
    void refusesAFileThatIsNoCheckpoint() throws IOException {
        Path file = folder.resolve("weights.safetensors");
        WeightFile.writeSafetensors(TinyModel.withDropout().weights(), Map.of(), file);
        byte[] before = Files.readAllBytes(file);

        assertThatThrownBy(() -> train(THREE, OPTIONS.withCheckpoint(file, 1), TrainingListener.NONE))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining("is no checkpoint");
        assertThat(file).hasBinaryContent(before);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "null", "{}", "{\"format\": \"tl4j-checkpoint/1\"}", "{\"format\": 1", "[1]"})
    void refusesAPositionThatIsNone(String json) {
        Path file = interrupted();
        Weights all = WeightFile.read(file);
        byte[] text = json.getBytes(StandardCharsets.UTF_8);
        HostTensor position = HostTensor.of(DType.U8, Shape.of(text.length), ByteBuffer.wrap(text));
        WeightFile.writeSafetensors(all.with(Weights.of(Map.of("position", position))), Map.of(), file);

        assertThatThrownBy(() -> train(THREE, OPTIONS.withCheckpoint(file, 1), TrainingListener.NONE))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining(file.toString());
    }
}
