// SPDX-License-Identifier: Apache-2.0
package org.tl4j.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.tl4j.error.Choice;
import org.tl4j.error.Excerpt;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.TlException;

/** What to do with files, of images or of sound, that cannot be read. */
public enum BrokenFiles {
    /** Decode every file when the data are read, and refuse the data if one is broken, naming all that are. */
    REFUSE,
    /** Decode every file when the data are read, leave the broken ones out, and name them in the notes. */
    SKIP,
    /** Decode nothing beforehand; a broken file ends the training when its turn comes. */
    TRUST;

    private static final int SHOWN = 10;

    /**
     * What the files hold, in the words of errors.
     *
     * @param plural such as {@code images}
     * @param expected files that can be read
     * @param skipping how a user says {@link #SKIP}
     */
    public record Kind(String plural, String expected, String skipping) {}

    /** The answer of that name, such as {@code skip}; {@code plural} says to what, such as {@code images}. */
    public static BrokenFiles named(String name, String plural) {
        return Choice.of(BrokenFiles.class, "answer to broken " + plural, name, "choose one of these");
    }

    /** Something that is checked by reading it: an image, or an image with its mask. */
    public interface Checked {
        /** Reads it and throws it away. */
        void read();
    }

    /**
     * Which of the things to keep, by index; what is left out is noted.
     *
     * @param things checked on all cores
     * @param kind what they are
     * @param name of the data, for errors
     * @param notes gets a line that names what was left out
     */
    public List<Integer> usable(List<? extends Checked> things, Kind kind, String name, List<String> notes) {
        List<Integer> usable = new ArrayList<>();
        List<TlException> problems = new ArrayList<>();
        List<Optional<TlException>> answers = this == TRUST
                ? things.stream().map(t -> Optional.<TlException>empty()).toList()
                : things.parallelStream().map(BrokenFiles::problem).toList();
        for (int i = 0; i < answers.size(); i++) {
            if (answers.get(i).isPresent()) {
                problems.add(answers.get(i).get());
            } else {
                usable.add(i);
            }
        }
        if (problems.isEmpty()) {
            return usable;
        }
        String which = problems.size() + " of " + things.size();
        if (this == REFUSE || usable.isEmpty()) {
            throw new InvalidDataException(
                    "'" + name + "' has " + kind.plural + " that cannot be used: " + which + ".",
                    described(problems),
                    kind.expected,
                    "repair or remove them" + (usable.isEmpty() ? "" : ", or leave them out" + kind.skipping),
                    problems.get(0));
        }
        notes.add(which + " " + kind.plural + " were left out because they cannot be used:\n" + described(problems));
        return usable;
    }

    private static Optional<TlException> problem(Checked thing) {
        try {
            thing.read();
            return Optional.empty();
        } catch (TlException e) {
            return Optional.of(e);
        }
    }

    private static String described(List<TlException> problems) {
        List<String> all = problems.stream()
                .map(p -> p.what() + " ("
                        + Objects.requireNonNull(p.found()).lines().findFirst().orElse("") + ")")
                .toList();
        return Excerpt.lines(all, SHOWN);
    }

    /** The name, such as {@code skip}. */
    @Override
    public String toString() {
        return Choice.name(this);
    }
}
