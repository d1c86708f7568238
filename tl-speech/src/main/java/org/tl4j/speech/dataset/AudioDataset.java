// SPDX-License-Identifier: Apache-2.0
package org.tl4j.speech.dataset;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tl4j.data.BrokenFiles;
import org.tl4j.data.Dataset;
import org.tl4j.data.DatasetChecks;
import org.tl4j.data.Example;
import org.tl4j.data.FolderFiles;
import org.tl4j.data.LabelledData;
import org.tl4j.data.Parts;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.model.Config;
import org.tl4j.speech.input.AudioSource;

/**
 * Reads labelled sound from disk in one of three ways:
 *
 * <ul>
 *   <li>a folder with a folder for each class, {@code yes/1.wav}, or such folders in {@code train}, {@code val} and
 *       {@code test};
 *   <li>a table of paths and labels: CSV, or any other kind that {@link org.tl4j.data.Table} reads;
 *   <li>a folder of files whose names say what is in them, by a pattern: {@code {label}_{speaker}_{index}}.
 * </ul>
 *
 * <p>Settings: {@code audio-column}, {@code label-column}, {@code split-column}, {@code label-separator} of a table;
 * {@code pattern} of file names, with {@code test} and {@code validation}, rules for what is held out (see
 * {@link FileNames}); {@code broken-sounds} ({@code refuse}, {@code skip}, {@code trust}).
 */
public final class AudioDataset {
    private static final BrokenFiles.Kind KIND =
            new BrokenFiles.Kind("sounds", "WAV files that can be read", ": --set broken-sounds=skip");

    /** Those that are read, and those that are sound but are not read, so that they are told of as broken. */
    private static final Set<String> ENDINGS = Set.of(
            "wav", "wave", "flac", "mp3", "ogg", "oga", "opus", "m4a", "aac", "aif", "aiff", "au", "wma", "amr", "caf");

    private AudioDataset() {}

    /**
     * A sound, what it is labelled, where that stands, and its part, which is empty where there are none.
     *
     * @param part {@code train}, {@code validation}, {@code test} or empty
     */
    record Found(AudioSource sound, List<String> labels, String source, String part) implements BrokenFiles.Checked {
        @Override
        public void read() {
            sound.read();
        }
    }

    /** Reads a folder or a table. */
    public static LabelledData<AudioSource, List<String>> read(Path path, Config settings) {
        if (!Files.exists(path)) {
            throw new MissingArtifactException(
                    "There is nothing at '" + path + "'.",
                    "nothing there",
                    "a folder of WAV files, or a table of paths and labels",
                    "check the path");
        }
        List<String> notes = new ArrayList<>();
        List<Found> found;
        if (!Files.isDirectory(path)) {
            found = new AudioTable(path, settings, notes).read();
        } else if (settings.has("pattern")) {
            found = FileNames.of(settings).read(path, notes);
        } else {
            found = new ClassFolders(path, notes).read();
        }
        String name = String.valueOf(path.toAbsolutePath().normalize().getFileName());
        BrokenFiles broken = BrokenFiles.named(settings.text("broken-sounds", "refuse"), KIND.plural());
        List<Example<AudioSource, List<String>>> all = new ArrayList<>();
        Map<String, List<Example<AudioSource, List<String>>>> byPart = new LinkedHashMap<>();
        for (int i : broken.usable(found, KIND, name, notes)) {
            Found f = found.get(i);
            Example<AudioSource, List<String>> example = new Example<>(f.sound, f.labels, f.source);
            all.add(example);
            byPart.computeIfAbsent(f.part, p -> new ArrayList<>()).add(example);
        }
        Dataset<AudioSource, List<String>> data = Dataset.of(name, all);
        DatasetChecks.notEmpty(data);
        return new LabelledData<>(data, Parts.datasets(name, byPart), notes);
    }

    /** Files of sound in folders. */
    static FolderFiles files() {
        return new FolderFiles("sound", ENDINGS);
    }
}
