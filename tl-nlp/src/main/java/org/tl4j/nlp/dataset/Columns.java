// SPDX-License-Identifier: Apache-2.0
package org.tl4j.nlp.dataset;

import org.jspecify.annotations.Nullable;
import org.tl4j.data.Table;
import org.tl4j.error.InvalidArgumentException;

/**
 * Where texts and labels stand in a file. A column is given by its name, or by its number from 1; a file whose columns
 * are given by number is read as one without a header line. What is not given is guessed.
 *
 * @param text column of the texts; null to guess
 * @param label column of the labels; null to guess
 * @param split column that says which rows to train and to test with; null for none
 * @param labelSeparator what stands between the labels of one row, such as {@code |} or {@code ;}; null where a row has
 *     one label. Lists in JSON need none
 * @param emptyRows what to do with a row that has no text, or no label where it must have one
 * @param header whether there is a header line; null to conclude it from the columns
 */
public record Columns(
        @Nullable String text,
        @Nullable String label,
        @Nullable String split,
        @Nullable String labelSeparator,
        EmptyRows emptyRows,
        Table.@Nullable Header header) {
    /** What to do with a row that has no text, or no label where it must have one. */
    public enum EmptyRows {
        /** Refuse the file, naming the lines. */
        REFUSE,
        /** Leave them out, and say in the notes how many. */
        SKIP
    }

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

    /** Everything guessed; empty rows refused. */
    public static Columns guessed() {
        return new Columns(null, null, null, null, EmptyRows.REFUSE, null);
    }

    /** These columns; empty rows refused. */
    public static Columns of(String text, String label) {
        return guessed().withText(text).withLabel(label);
    }

    /** With this column of texts. */
    public Columns withText(String column) {
        return new Columns(column, label, split, labelSeparator, emptyRows, header);
    }

    /** With this column of labels. */
    public Columns withLabel(String column) {
        return new Columns(text, column, split, labelSeparator, emptyRows, header);
    }

    /** With a column that says which rows to train and to test with. */
    public Columns withSplit(String column) {
        return new Columns(text, label, column, labelSeparator, emptyRows, header);
    }

    /** With several labels a row, separated by this. */
    public Columns withLabelSeparator(String separator) {
        return new Columns(text, label, split, separator, emptyRows, header);
    }

    /** With another answer to empty rows. */
    public Columns withEmptyRows(EmptyRows answer) {
        return new Columns(text, label, split, labelSeparator, answer, header);
    }

    /** With or without a header line, whatever the columns suggest. */
    public Columns withHeader(boolean present) {
        return new Columns(
                text, label, split, labelSeparator, emptyRows, present ? Table.Header.PRESENT : Table.Header.ABSENT);
    }
}
