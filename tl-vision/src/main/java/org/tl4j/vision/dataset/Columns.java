// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.dataset;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.BrokenFiles;
import org.tl4j.error.InvalidArgumentException;

/**
 * Where paths of images and labels stand in a table. A column is given by its name, or by its number from 1; a table
 * whose columns are given by number is read as one without a header line. What is not given is guessed.
 *
 * @param image column of the paths; null to guess
 * @param label column of the labels; null to guess
 * @param split column that says which images to train and to test with; null for none
 * @param labelSeparator what stands between the labels of one image; null where an image has one label
 * @param root what relative paths are relative to; null for the folder of the table
 * @param broken what to do with images that cannot be read
 */
public record Columns(
        @Nullable String image,
        @Nullable String label,
        @Nullable String split,
        @Nullable String labelSeparator,
        @Nullable Path root,
        BrokenFiles broken) {
    /** Checks the separator. */
    public Columns {
        if (labelSeparator != null && labelSeparator.isEmpty()) {
            throw new InvalidArgumentException(
                    "Labels cannot be separated by nothing.",
                    "an empty separator",
                    "'|' or ';', say",
                    "give the separator");
        }
    }

    /** Everything guessed; broken images refused. */
    public static Columns guessed() {
        return new Columns(null, null, null, null, null, BrokenFiles.REFUSE);
    }

    /** These columns; broken images refused. */
    public static Columns of(String image, String label) {
        return guessed().withImage(image).withLabel(label);
    }

    /** With this column of paths. */
    public Columns withImage(String column) {
        return new Columns(column, label, split, labelSeparator, root, broken);
    }

    /** With this column of labels. */
    public Columns withLabel(String column) {
        return new Columns(image, column, split, labelSeparator, root, broken);
    }

    /** With a column that says which images to train and to test with. */
    public Columns withSplit(String column) {
        return new Columns(image, label, column, labelSeparator, root, broken);
    }

    /** With several labels an image, separated by this. */
    public Columns withLabelSeparator(String separator) {
        return new Columns(image, label, split, separator, root, broken);
    }

    /** With paths relative to this folder. */
    public Columns withRoot(Path folder) {
        return new Columns(image, label, split, labelSeparator, folder, broken);
    }

    /** With another answer to broken images. */
    public Columns withBroken(BrokenFiles answer) {
        return new Columns(image, label, split, labelSeparator, root, answer);
    }
}
