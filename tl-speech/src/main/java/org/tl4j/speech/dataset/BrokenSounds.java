// SPDX-License-Identifier: Apache-2.0
package org.tl4j.speech.dataset;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.tl4j.error.Choice;
import org.tl4j.error.Excerpt;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.TlException;
import org.tl4j.speech.input.AudioSource;

/** What to do with sound that cannot be read. */
public enum BrokenSounds {
    /** Decode every file when the data are read, and refuse the data if one is broken, naming all that are. */
    REFUSE,
    /** Decode every file when the data are read, leave the broken ones out, and name them in the notes. */
    SKIP,
    /** Decode nothing beforehand; a broken file ends the training when its turn comes. */
    TRUST;

    private static final int SHOWN = 10;

    /** The answer of that name, such as {@code skip}. */
    public static BrokenSounds named(String name) {
        return Choice.of(BrokenSounds.class, "answer to broken sounds", name, "choose one of these");
    }

    /**
     * Which of the sounds to keep, by index; what is left out is noted.
     *
     * @param sounds decoded on all cores
     * @param name of the data, for errors
     * @param notes gets a line that names what was left out
     */
    List<Integer> usable(List<AudioSource> sounds, String name, List<String> notes) {
        List<Integer> usable = new ArrayList<>();
        List<TlException> problems = new ArrayList<>();
        List<Optional<TlException>> answers = this == TRUST
                ? sounds.stream().map(s -> Optional.<TlException>empty()).toList()
                : sounds.parallelStream().map(BrokenSounds::problem).toList();
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
        String which = problems.size() + " of " + sounds.size();
        if (this == REFUSE || usable.isEmpty()) {
            throw new InvalidDataException(
                    "'" + name + "' has sounds that cannot be used: " + which + ".",
                    described(problems),
                    "WAV files that can be read",
                    "repair or remove them" + (usable.isEmpty() ? "" : ", or leave them out: --set broken-sounds=skip"),
                    problems.get(0));
        }
        notes.add(which + " sounds were left out because they cannot be used:\n" + described(problems));
        return usable;
    }

    private static Optional<TlException> problem(AudioSource sound) {
        try {
            sound.read();
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
