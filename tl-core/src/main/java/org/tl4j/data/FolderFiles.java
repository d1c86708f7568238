// SPDX-License-Identifier: Apache-2.0
package org.tl4j.speech.dataset;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.tl4j.error.Excerpt;
import org.tl4j.error.InvalidDataException;

/** Sound in folders: which files count, in which order, and what was passed over. */
final class SoundFiles {
    private static final int SHOWN = 10;

    /** Those that are read, and those that are sound but are not read, so that they are told of as broken. */
    private static final Set<String> ENDINGS = Set.of(
            "wav", "wave", "flac", "mp3", "ogg", "oga", "opus", "m4a", "aac", "aif", "aiff", "au", "wma", "amr", "caf");

    /** By the parts of the path, so that the order is the same on every system. */
    private static final Comparator<Path> BY_NAME =
            Comparator.comparing(p -> p.toString().replace('\\', '/'));

    private final List<Path> others = new ArrayList<>();

    /** The sounds below a folder, by path; hidden files are passed over. */
    List<Path> below(Path folder) {
        List<Path> sounds = new ArrayList<>();
        try (Stream<Path> files = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
            files.filter(Files::isRegularFile)
                    .filter(f -> !isHidden(folder.relativize(f)))
                    .sorted(BY_NAME)
                    .forEach(f -> (ENDINGS.contains(ending(f)) ? sounds : others).add(f));
        } catch (IOException | UncheckedIOException e) {
            throw unreadable(folder, e);
        }
        return sounds;
    }

    /** The folders in a folder, by name; hidden ones are passed over. */
    static List<Path> folders(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(Files::isDirectory)
                    .filter(f -> !isHidden(f.getFileName()))
                    .sorted(BY_NAME)
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            throw unreadable(folder, e);
        }
    }

    /** A line about the files that are no sound by their names, if there were any. */
    void note(List<String> notes) {
        if (!others.isEmpty()) {
            notes.add(others.size() + (others.size() == 1 ? " file is" : " files are")
                    + " no sound by its ending and was passed over: "
                    + Excerpt.of(others.stream().map(Path::toString).toList(), SHOWN));
        }
    }

    private static boolean isHidden(Path relative) {
        for (Path part : relative) {
            String name = part.toString();
            if (name.startsWith(".") && name.length() > 1 || name.equals("__MACOSX")) {
                return true;
            }
        }
        return false;
    }

    private static String ending(Path file) {
        String name = String.valueOf(file.getFileName());
        return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    }

    private static InvalidDataException unreadable(Path folder, Exception e) {
        return new InvalidDataException(
                "Folder '" + folder + "' cannot be read.",
                e.getClass().getSimpleName() + ": " + e.getMessage(),
                "a folder whose files can be listed",
                "check the permissions, and that no link leads back into the folder",
                e);
    }
}
