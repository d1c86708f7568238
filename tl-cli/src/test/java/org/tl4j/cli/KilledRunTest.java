// SPDX-License-Identifier: Apache-2.0
package org.tl4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run that was killed goes on to the bits of one that was not. */
class KilledRunTest {
    private static final String[] FINETUNE = {
        "finetune",
        "text-classification",
        "--data",
        "data.csv",
        "--strategy",
        "head-only,unfreeze-last-1",
        "--head-epochs",
        "2",
        "--epochs",
        "3",
        "--checkpoint-steps",
        "2",
        "--averaging",
        "0.9",
        "--out"
    };

    @TempDir
    private Path folder;

    @Test
    void resumesToTheSameBitsWhereverItWasKilled() throws Exception {
        StringBuilder rows = new StringBuilder("text,label\n");
        for (int i = 0; i < 60; i++) {
            rows.append("I like number ").append(i).append(" a lot,good\n");
            rows.append("number ").append(i).append(" is broken again,bad\n");
        }
        Files.writeString(folder.resolve("data.csv"), rows);
        TlProcess tl = new TlProcess(folder);
        Process whole = tl.start(arguments("whole"));
        awaitCheckpoint(whole, "whole");
        long begin = System.nanoTime();
        assertThat(whole.waitFor()).isZero();
        long millis = (System.nanoTime() - begin) / 1_000_000;
        byte[] expected = Files.readAllBytes(folder.resolve("whole/model.onnx"));

        Random random = new Random(); // every run of this test kills elsewhere
        int killed = 0;
        for (int attempt = 0; attempt < 8 && killed < 3; attempt++) {
            Path run = folder.resolve("killed.run");
            Process process = tl.start(arguments("killed"));
            awaitCheckpoint(process, "killed");
            // Where the machine has got faster since, later attempts do not wait as long.
            long after = random.nextLong(1 + millis / (attempt - killed + 1));
            boolean ended = process.waitFor(after, TimeUnit.MILLISECONDS);
            process.destroyForcibly().waitFor(); // SIGKILL
            if (ended
                    || !Files.exists(run.resolve("checkpoint.safetensors"))
                    || !Files.exists(run.resolve("arguments.json"))) {
                delete(folder.resolve("killed"));
                continue;
            }
            killed++;
            if (Files.exists(folder.resolve("killed"))) {
                // Between its move into place and the end of the run, the model is whole.
                assertThat(Files.readAllBytes(folder.resolve("killed/model.onnx")))
                        .as("nothing half-written")
                        .isEqualTo(expected);
            }
            TlProcess.Result resumed = tl.run("finetune", "--resume", "killed");
            assertThat(resumed.code()).as(resumed.err()).isZero();
            assertThat(Files.readAllBytes(folder.resolve("killed/model.onnx")))
                    .as("killed " + after + " ms after its first checkpoint")
                    .isEqualTo(expected);
            assertThat(run).doesNotExist();
            delete(folder.resolve("killed"));
        }
        assertThat(killed)
                .as("runs killed between their first checkpoint and their end")
                .isPositive();
    }

    private void awaitCheckpoint(Process process, String out) throws InterruptedException {
        Path checkpoint = folder.resolve(out + ".run").resolve("checkpoint.safetensors");
        while (!Files.exists(checkpoint) && !process.waitFor(5, TimeUnit.MILLISECONDS)) {
            // It is on its way.
        }
    }

    private static String[] arguments(String out) {
        List<String> all = new ArrayList<>(List.of(FINETUNE));
        all.add(out);
        return all.toArray(String[]::new);
    }

    private static void delete(Path model) throws IOException {
        if (Files.isDirectory(model)) {
            try (var files = Files.list(model)) {
                for (Path f : files.toList()) {
                    Files.delete(f);
                }
            }
            Files.delete(model);
        }
    }

    @Test
    void saysWhenThereIsNothingToResume() throws Exception {
        TlProcess.Result result = new TlProcess(folder).run("finetune", "--resume", "nothing");
        assertThat(result.code()).isEqualTo(1);
        assertThat(result.err()).contains("no interrupted run of 'nothing'");
    }

    @Test
    void aFullDiskLeavesNothingHalfWritten() throws Exception {
        Files.writeString(
                folder.resolve("data.csv"),
                "text,label\n" + "fine and good,good\nquite bad,bad\n".repeat(12),
                StandardCharsets.UTF_8);
        // libtorch is unpacked by an unlimited run first; then no file may be larger than 40 MB, and the model is 90.
        assertThat(new TlProcess(folder).run(arguments("before")).code()).isZero();
        TlProcess.Result result = new TlProcess(folder).withFileLimit(40_000).run(arguments("after"));
        assertThat(result.code()).isEqualTo(1);
        assertThat(result.err()).contains("could not be written").contains("fix:");
        assertThat(folder.resolve("after")).doesNotExist();
        try (var left = Files.list(folder)) {
            assertThat(left.map(f -> f.getFileName().toString()))
                    .containsExactlyInAnyOrder("before", "data.csv", "out.txt", "err.txt", "after.run");
        }
    }

    @Test
    void servesWithoutLibtorch() throws Exception {
        Files.writeString(
                folder.resolve("data.csv"), "text,label\n" + "fine and good,good\nquite bad,bad\n".repeat(12));
        assertThat(new TlProcess(folder).run(arguments("model")).code()).isZero();
        TlProcess serving = new TlProcess(folder).without("pytorch");
        TlProcess.Result answer = serving.run("predict", "model", "so good");
        assertThat(answer.code()).as(answer.err()).isZero();
        assertThat(answer.out()).startsWith("good (");
        TlProcess.Result training = serving.run(arguments("other"));
        assertThat(training.code()).isEqualTo(1);
        assertThat(training.err()).contains("libtorch").contains("pytorch-native-cpu");
    }
}
