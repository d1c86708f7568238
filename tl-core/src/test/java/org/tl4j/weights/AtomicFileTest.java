// SPDX-License-Identifier: Apache-2.0
package org.tl4j.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tl4j.error.TlException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.error.WriteFailedException;
import org.tl4j.tensor.HostTensor;

class AtomicFileTest {
    /** A number that no process can have. */
    private static final long DEAD = 999_999_999_999L;

    @TempDir
    private Path temp;

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(f -> String.valueOf(f.getFileName())).sorted().toList();
        }
    }

    private static Weights weights(int elements) {
        return Weights.of(Map.of("w", HostTensor.of(new float[elements], elements)));
    }

    @Test
    void aFullDiskLeavesTheOldFileAndNothingElse() throws IOException {
        Configuration small = Configuration.unix().toBuilder()
                .setMaxSize(64 << 10)
                .setBlockSize(1 << 10)
                .build();
        try (FileSystem disk = Jimfs.newFileSystem(small)) {
            Path file = disk.getPath("/models/w.safetensors");
            WeightFile.writeSafetensors(weights(4_000), Map.of(), file);
            byte[] before = Files.readAllBytes(file);

            assertThatThrownBy(() -> WeightFile.writeSafetensors(weights(15_000), Map.of(), file))
                    .isInstanceOf(WriteFailedException.class)
                    .hasMessageContaining(
                            "'/models/w.safetensors' could not be written; what stood there before is as it was.")
                    .hasMessageContaining("IOException: out of disk space")
                    .hasMessageContaining("fix:      free some space or choose another place");
            assertThat(Files.readAllBytes(file)).isEqualTo(before);
            assertThat(names(file.resolveSibling(""))).containsExactly("w.safetensors");
        }
    }

    @Test
    void aFullDiskLeavesTheOldFolderAndNothingElse() throws IOException {
        Configuration small = Configuration.unix().toBuilder()
                .setMaxSize(64 << 10)
                .setBlockSize(1 << 10)
                .build();
        try (FileSystem disk = Jimfs.newFileSystem(small)) {
            Path folder = disk.getPath("/models/mine");
            AtomicFolder.replace(folder, part -> Files.writeString(part.resolve("a"), "old"));

            assertThatThrownBy(() -> AtomicFolder.replace(folder, part -> {
                        Files.writeString(part.resolve("a"), "new");
                        Files.write(part.resolve("b"), new byte[1 << 20]);
                    }))
                    .isInstanceOf(WriteFailedException.class)
                    .hasMessageContaining("out of disk space");
            assertThat(Files.readString(folder.resolve("a"))).isEqualTo("old");
            assertThat(names(folder)).containsExactly("a");
            assertThat(names(folder.resolveSibling(""))).containsExactly("mine");
        }
    }

    @Test
    void otherFailuresPassThroughAndLeaveNothing() throws IOException {
        Path file = temp.resolve("a.txt");
        TlException failure = new UnsupportedFeatureException("What.", "found", "expected", "fix");

        assertThatThrownBy(() -> AtomicFile.replace(file, part -> {
                    Files.writeString(part, "half");
                    throw failure;
                }))
                .isSameAs(failure);
        assertThatThrownBy(() -> AtomicFolder.replace(temp.resolve("folder"), part -> {
                    Files.writeString(part.resolve("a"), "half");
                    throw failure;
                }))
                .isSameAs(failure);
        assertThat(names(temp)).isEmpty();
    }

    @Test
    void contentThatWritesNothingIsAFailure() throws IOException {
        assertThatThrownBy(() -> AtomicFile.replace(temp.resolve("a"), part -> {}))
                .isInstanceOf(WriteFailedException.class)
                .hasMessageContaining("NoSuchFileException");
        assertThat(names(temp)).isEmpty();
    }

    @Test
    void refusesAFileInPlaceOfAFolderAndAFolderInPlaceOfAFile() throws IOException {
        Path file = Files.writeString(temp.resolve("file"), "kept");
        Path folder = Files.createDirectory(temp.resolve("folder"));
        Files.writeString(folder.resolve("a"), "kept");

        assertThatThrownBy(() -> AtomicFolder.replace(file, part -> {}))
                .isInstanceOf(WriteFailedException.class)
                .hasMessageContaining("NotDirectoryException");
        assertThatThrownBy(() -> AtomicFile.replace(folder, part -> Files.writeString(part, "new")))
                .isInstanceOf(WriteFailedException.class);
        assertThat(file).hasContent("kept");
        assertThat(folder.resolve("a")).hasContent("kept");
        assertThat(names(temp)).containsExactly("file", "folder");
    }

    @Test
    void clearsAwayWhatKilledProcessesLeftAndNothingElse() throws IOException {
        Path file = temp.resolve("w");
        long alive = ProcessHandle.current().parent().orElseThrow().pid();
        Files.writeString(temp.resolve(".w." + DEAD + "-1.tl4j-part"), "half");
        Files.writeString(temp.resolve(".w." + alive + "-1.tl4j-part"), "being written");
        Files.writeString(temp.resolve(".v." + DEAD + "-1.tl4j-part"), "of another file");
        Files.writeString(temp.resolve(".w.notes.tl4j-part"), "of a person");

        AtomicFile.replace(file, part -> Files.writeString(part, "new"));

        assertThat(file).hasContent("new");
        assertThat(names(temp))
                .containsExactlyInAnyOrder(
                        "w", ".w." + alive + "-1.tl4j-part", ".v." + DEAD + "-1.tl4j-part", ".w.notes.tl4j-part");
    }

    @Test
    void putsBackAFolderWhoseProcessWasKilledBetweenTwoMoves() throws IOException {
        Path folder = temp.resolve("model");
        Path old = Files.createDirectory(temp.resolve(".model." + DEAD + "-2.tl4j-old"));
        Files.writeString(old.resolve("a"), "old");
        Files.createDirectory(temp.resolve(".model." + DEAD + "-1.tl4j-part"));

        AtomicFolder.restore(folder);

        assertThat(folder.resolve("a")).hasContent("old");
        assertThat(names(temp)).containsExactly("model");
    }

    @Test
    void deletesAnOldFolderWhoseSuccessorIsThere() throws IOException {
        Path folder = Files.createDirectory(temp.resolve("model"));
        Files.createDirectory(temp.resolve(".model." + DEAD + "-2.tl4j-old"));

        AtomicFolder.restore(folder);

        assertThat(names(temp)).containsExactly("model");
    }

    @Test
    void replacesAFolderWithAllThatIsInIt() throws IOException {
        Path folder = temp.resolve("model");
        AtomicFolder.replace(folder, part -> {
            Files.createDirectories(part.resolve("deep/er"));
            Files.writeString(part.resolve("deep/er/a"), "old");
        });

        AtomicFolder.replace(folder, part -> Files.writeString(part.resolve("b"), "new"));

        assertThat(names(folder)).containsExactly("b");
        assertThat(names(temp)).containsExactly("model");
    }

    @Test
    void followsALinkAndLeavesItALink() throws IOException {
        Path file = Files.writeString(temp.resolve("real"), "old");
        Path link = Files.createSymbolicLink(temp.resolve("link"), file);

        AtomicFile.replace(link, part -> Files.writeString(part, "new"));

        assertThat(link).isSymbolicLink().hasContent("new");
        assertThat(file).hasContent("new");
    }

    @Test
    void manyWritersLeaveOneWholeFile() throws IOException {
        Path file = temp.resolve("w");
        Path folder = temp.resolve("f");

        IntStream.range(0, 40).parallel().forEach(i -> {
            AtomicFile.replace(
                    file, part -> Files.writeString(part, String.valueOf(i).repeat(1000)));
            AtomicFolder.replace(folder, part -> Files.writeString(part.resolve("a"), "whole"));
        });

        String last = Files.readString(file);
        assertThat(last).isEqualTo(last.substring(0, last.length() / 1000).repeat(1000));
        assertThat(folder.resolve("a")).hasContent("whole");
        assertThat(names(temp)).containsExactly("f", "w");
    }
}
