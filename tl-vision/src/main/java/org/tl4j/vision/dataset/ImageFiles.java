// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.dataset;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.tl4j.data.BrokenFiles;
import org.tl4j.data.FolderFiles;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.MissingArtifactException;

/** Images in folders. */
final class ImageFiles {
    /** Broken images, in the words of errors. */
    static final BrokenFiles.Kind KIND =
            new BrokenFiles.Kind("images", "images that can be read", " with broken images = skip");

    /** Those that are read, and those that are images but are not read, so that they are told of as broken. */
    private static final Set<String> ENDINGS = Set.of(
            "jpg", "jpeg", "jfif", "png", "webp", "bmp", "gif", "tif", "tiff", "heic", "heif", "avif", "jp2", "jxl");

    private ImageFiles() {}

    static FolderFiles ofFolders() {
        return new FolderFiles("image", ENDINGS);
    }

    /** The images in a folder by their names without ending; two of one name are refused. */
    static Map<String, Path> byStem(Path folder) {
        Map<String, Path> byStem = new LinkedHashMap<>();
        for (Path file : ofFolders().below(folder)) {
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

    static void requireFolder(Path folder, String what) {
        if (!Files.isDirectory(folder)) {
            throw new MissingArtifactException(
                    "There is no folder '" + folder + "' of " + what + ".",
                    Files.exists(folder) ? "a file" : "nothing there",
                    "a folder",
                    "check the path");
        }
    }
}
