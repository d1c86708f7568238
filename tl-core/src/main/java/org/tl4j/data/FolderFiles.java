// SPDX-License-Identifier: Apache-2.0
package org.tl4j.data;

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
import org.tl4j.error.InvalidDataException;

/** Files of one kind in folders: which count, in which order, and what was passed over. */
public final class FolderFiles {
    private static final int SHOWN = 10;

    /** By the parts of the path, so that the order is the same on every system. */
    private static final Comparator<Path> BY_NAME =
            Comparator.comparing(p -> p.toString().replace('\\', '/'));

    private final String noun;
    private final Set<String> endings;
    private final List<Path> others = new ArrayList<>();

    /**
     * The files of a kind.
     *
     * @param noun what one of them is, such as {@code image}
     * @param endings in lower case: of those that are read, and of those that are of the kind but are not read, so that
     *     they are told of as broken
     */
    public FolderFiles(String noun, Set<String> endings) {
        this.noun = noun;
        this.endings = Set.copyOf(endings);
    }

    /** The files of the kind below a folder, by path; hidden ones are passed over. */
    public List<Path> below(Path folder) {
        List<Path> found = new ArrayList<>();
        try (Stream<Path> files = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
            files.filter(Files::isRegularFile)
                    .filter(f -> !isHidden(folder.relativize(f)))
                    .sorted(BY_NAME)
                    .forEach(f -> (isOfKind(f) ? found : others).add(f));
        } catch (IOException | UncheckedIOException e) {
            throw unreadable(folder, e);
        }
        return found;
    }

    /** The folders in a folder, by name; hidden ones are passed over. */
    public static List<Path> folders(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(Files::isDirectory)
                    .filter(f -> !isHidden(f.getFileName()))
                    .sorted(BY_NAME)
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            throw unreadable(folder, e);
        }
    }

    /** Whether files of the kind lie in a folder itself, not below it. */
    public boolean areIn(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.anyMatch(f -> Files.isRegularFile(f) && isOfKind(f));
        } catch (IOException | UncheckedIOException e) {
            throw unreadable(folder, e);
        }
    }

    /** A line about the files that are of another kind by their names, if there were any. */
    public void note(List<String> notes) {
        if (!others.isEmpty()) {
            notes.add(others.size() + (others.size() == 1 ? " file is" : " files are")
                    + " no " + noun + " by its ending and was passed over: "
                    + others.subList(0, Math.min(SHOWN, others.size()))
                    + (others.size() > SHOWN ? " and " + (others.size() - SHOWN) + " more" : ""));
        }
    }

    private static boolean isHidden(Path relative) {
        for (Path part : relative) {
            String name = part.toString();
            if (name.startsWith(".") && name.length() > 1 || name.equals("__MACOSX") || name.equals("Thumbs.db")) {
                return true;
            }
        }
        return false;
    }

    private boolean isOfKind(Path file) {
        String name = String.valueOf(file.getFileName());
        return endings.contains(name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT));
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
