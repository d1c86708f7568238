// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.dataset;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.MissingArtifactException;

/** Images in folders: which files count, in which order, and what was passed over. */
final class ImageFiles {
    private static final int SHOWN = 10;

    /** Those that are read, and those that are images but are not read, so that they are told of as broken. */
    private static final Set<String> ENDINGS = Set.of(
            "jpg", "jpeg", "jfif", "png", "webp", "bmp", "gif", "tif", "tiff", "heic", "heif", "avif", "jp2", "jxl");

    private final List<Path> others = new ArrayList<>();

    /** The images below a folder, by path; hidden files are passed over. */
    List<Path> below(Path folder) {
        List<Path> images = new ArrayList<>();
        try (Stream<Path> files = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
            files.filter(Files::isRegularFile)
                    .filter(f -> !isHidden(folder.relativize(f)))
                    .sorted(ImageFiles::byName)
                    .forEach(f -> (ENDINGS.contains(ending(f)) ? images : others).add(f));
        } catch (IOException | UncheckedIOException e) {
            throw unreadable(folder, e);
        }
        return images;
    }

    /** The folders in a folder, by name; hidden ones are passed over. */
    static List<Path> folders(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(Files::isDirectory)
                    .filter(f -> !isHidden(f.getFileName()))
                    .sorted(ImageFiles::byName)
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            throw unreadable(folder, e);
        }
    }

    /** Whether images lie in a folder itself, not below it. */
    static boolean hasImages(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.anyMatch(f -> Files.isRegularFile(f) && ENDINGS.contains(ending(f)));
        } catch (IOException | UncheckedIOException e) {
            throw unreadable(folder, e);
        }
    }

    /** The images in a folder by their names without ending; two of one name are refused. */
    Map<String, Path> byStem(Path folder) {
        Map<String, Path> byStem = new LinkedHashMap<>();
        for (Path file : below(folder)) {
            String stem = stem(folder, file);
            Path other = byStem.put(stem, file);
            if (other != null) {
                throw new InvalidDataException(
                        "Two files of '" + folder + "' have the same name but for their endings.",
                        other + " and " + file,
                        "one file named '" + stem + "'",
                        "remove one of them");
            }
        }
        return byStem;
    }

    private static String stem(Path folder, Path file) {
        String name = folder.relativize(file).toString().replace('\\', '/');
        return name.substring(0, name.lastIndexOf('.'));
    }

    /** A line about the files that are no images by their names, if there were any. */
    void note(List<String> notes) {
        if (!others.isEmpty()) {
            notes.add(others.size() + (others.size() == 1 ? " file is" : " files are")
                    + " no image by its ending and was passed over: "
                    + others.subList(0, Math.min(SHOWN, others.size()))
                    + (others.size() > SHOWN ? " and " + (others.size() - SHOWN) + " more" : ""));
        }
    }

    static void requireFolder(Path folder, String what) {
        if (!Files.isDirectory(folder)) {
            throw new MissingArtifactException(
                    "There is no folder '" + folder + "' of " + what + ".",
                    Files.exists(folder) ? "a file" : "nothing there",
                    "a folder",
                    "check the path");
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

    /** By the parts of the path, so that the order is the same on every system. */
    private static int byName(Path a, Path b) {
        return a.toString().replace('\\', '/').compareTo(b.toString().replace('\\', '/'));
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
