// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.dataset;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.tl4j.error.Choice;
import org.tl4j.error.Excerpt;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.TlException;

/** What to do with images that cannot be read. */
public enum BrokenImages {
    /** Decode every image when the data are read, and refuse the data if one is broken, naming all that are. */
    REFUSE,
    /** Decode every image when the data are read, leave the broken ones out, and name them in the notes. */
    SKIP,
    /** Decode nothing beforehand; a broken image ends the training when its turn comes. */
    TRUST;

    private static final int SHOWN = 10;

    /** The answer of that name, such as {@code skip}. */
    public static BrokenImages named(String name) {
        return Choice.of(BrokenImages.class, "answer to broken images", name, "choose one of these");
    }

    /** Something that is checked by reading it: an image, or an image with its mask. */
    interface Checked {
        /** Reads it and throws it away. */
        void read();
    }

    /**
     * Which of the things to keep, by index; what is left out is noted.
     *
     * @param things checked on all cores
     * @param name of the data, for errors
     * @param notes gets a line that names what was left out
     */
    List<Integer> usable(List<? extends Checked> things, String name, List<String> notes) {
        List<Integer> usable = new ArrayList<>();
        List<TlException> problems = new ArrayList<>();
        List<Optional<TlException>> answers = this == TRUST
                ? things.stream().map(t -> Optional.<TlException>empty()).toList()
                : things.parallelStream().map(BrokenImages::problem).toList();
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
                    "'" + name + "' has images that cannot be used: " + which + ".",
                    described(problems),
                    "images that can be read",
                    "repair or remove them" + (usable.isEmpty() ? "" : ", or leave them out with broken images = skip"),
                    problems.get(0));
        }
        notes.add(which + " images were left out because they cannot be used:\n" + described(problems));
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
