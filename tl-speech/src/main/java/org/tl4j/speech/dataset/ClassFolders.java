// SPDX-License-Identifier: Apache-2.0
package org.tl4j.speech.dataset;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.tl4j.data.FolderFiles;
import org.tl4j.data.Parts;
import org.tl4j.error.InvalidDataException;
import org.tl4j.speech.input.AudioSource;

/** A folder for each class, or such folders for each part of the data. */
final class ClassFolders {
    private final Path root;
    private final List<String> notes;
    private final FolderFiles files = AudioDataset.files();

    ClassFolders(Path root, List<String> notes) {
        this.root = root;
        this.notes = notes;
    }

    List<AudioDataset.Found> read() {
        List<Path> folders = FolderFiles.folders(root);
        List<AudioDataset.Found> found = new ArrayList<>();
        if (Parts.areIn(folders)) {
            Parts.requireDistinct(root, folders);
            for (Path part : folders) {
                classes(FolderFiles.folders(part), Parts.of(part), found);
            }
        } else {
            classes(folders, "", found);
        }
        files.note(notes);
        return found;
    }

    private void classes(List<Path> folders, String part, List<AudioDataset.Found> found) {
        if (folders.isEmpty()) {
            throw new InvalidDataException(
                    "Folder '" + root + "' holds no folders of classes.",
                    files.below(root).size() + " sounds, no folder that names their class",
                    "CLASS/SOUND.wav, or train/CLASS/SOUND.wav and test/CLASS/SOUND.wav",
                    "sort the sounds into a folder for each class, write a CSV file of paths and labels, or say what"
                            + " the names of the files mean: --set pattern={label}_{speaker}_{index}");
        }
        for (Path folder : folders) {
            List<Path> sounds = files.below(folder);
            if (sounds.isEmpty()) {
                throw new InvalidDataException(
                        "Class folder '" + folder + "' holds no sounds.",
                        "no file that ends in .wav",
                        "at least one sound for every class",
                        "add sounds, or remove the folder");
            }
            for (Path sound : sounds) {
                found.add(
                        new AudioDataset.Found(AudioSource.file(sound), List.of(name(folder)), sound.toString(), part));
            }
        }
    }

    private static String name(Path folder) {
        return String.valueOf(folder.getFileName());
    }
}
