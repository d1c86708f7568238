// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.dataset;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.tl4j.data.Dataset;
import org.tl4j.data.Example;
import org.tl4j.error.Choice;
import org.tl4j.error.InvalidDataException;

/**
 * Interactions to learn from and later ones to be found again, so that nothing that is judged was seen before.
 *
 * @param train by user, at most {@link #ROW} interactions an example, so that those of a batch are alike in size
 * @param test by user, all that was held out of each; empty where nothing was
 * @param notes what was left out, a sentence each
 */
public record InteractionSplit(Dataset<User, History> train, Dataset<User, History> test, List<String> notes) {
    /** Interactions of one example to learn from; a user with more has several examples. */
    public static final int ROW = 16;

    /** Keeps a copy. */
    public InteractionSplit {
        notes = List.copyOf(notes);
    }

    /** How interactions are held out. */
    public enum Way {
        /** The last one of every user who has at least two. */
        LEAVE_LAST_OUT,
        /** The last fifth of all interactions by time. */
        TIME,
        /** None. */
        NONE;

        /** The way of that name. */
        public static Way named(String name) {
            return Choice.of(Way.class, "split", name, "choose one of these");
        }

        @Override
        public String toString() {
            return Choice.name(this);
        }
    }

    private static final double LAST = 0.2;

    /** Users with their rows, earliest first; rows of one time stay in the order of the file. */
    private static Map<String, List<InteractionRow>> byUser(List<InteractionRow> rows) {
        Map<String, List<InteractionRow>> users = new LinkedHashMap<>();
        for (InteractionRow row : rows) {
            users.computeIfAbsent(row.user(), u -> new ArrayList<>()).add(row);
        }
        Comparator<InteractionRow> earlier =
                Comparator.comparingLong(r -> r.interaction().time());
        users.values().forEach(own -> own.sort(earlier));
        return users;
    }

    /**
     * Splits rows; held-out interactions of users or items that the other part does not have are dropped and counted.
     *
     * @param name of the data
     * @throws InvalidDataException if nothing is left to judge
     */
    public static InteractionSplit of(String name, List<InteractionRow> rows, Way way) {
        if (way == Way.NONE) {
            return new InteractionSplit(examples(name, rows), Dataset.of(name, List.of()), List.of());
        }
        List<InteractionRow> train = new ArrayList<>();
        List<InteractionRow> held = new ArrayList<>();
        List<String> notes = new ArrayList<>();
        if (way == Way.LEAVE_LAST_OUT) {
            int alone = 0;
            for (List<InteractionRow> own : byUser(rows).values()) {
                int last = own.size() - 1;
                train.addAll(own.subList(0, Math.max(1, last)));
                held.addAll(own.subList(Math.max(1, last), own.size()));
                alone += last == 0 ? 1 : 0;
            }
            notes.add(String.format(
                    Locale.ROOT,
                    "split: the last interaction of each of %,d users is held out; %,d users have only one, which is"
                            + " learned from.",
                    held.size(),
                    alone));
        } else {
            List<InteractionRow> inTime = new ArrayList<>(rows);
            inTime.sort(Comparator.comparingLong(r -> r.interaction().time()));
            int cut = (int) Math.round((1 - LAST) * inTime.size());
            // Rows of one moment are not torn apart.
            long moment =
                    inTime.get(Math.min(cut, inTime.size() - 1)).interaction().time();
            while (cut > 0 && inTime.get(cut - 1).interaction().time() == moment) {
                cut--;
            }
            train.addAll(inTime.subList(0, cut));
            held.addAll(inTime.subList(cut, inTime.size()));
            notes.add(String.format(
                    Locale.ROOT, "split: %,d interactions from time %d on are held out.", held.size(), moment));
        }
        Set<String> users = new HashSet<>();
        Set<String> items = new HashSet<>();
        for (InteractionRow row : train) {
            users.add(row.user());
            items.add(row.interaction().item());
        }
        List<InteractionRow> test = known(held, users, items, notes);
        if (test.isEmpty() || train.isEmpty()) {
            throw new InvalidDataException(
                    "Nothing can be held out of '" + name + "' to judge a recommender by.",
                    rows.size() + " interactions; " + String.join(" ", notes),
                    "users with two interactions or more, of items that others have, too",
                    "give more data, or --set split=none and --test");
        }
        return new InteractionSplit(
                examples(name + " (train)", train), whole(name + " (held out)", test), List.copyOf(notes));
    }

    /** Those whose user and item are known; others are counted into the notes. */
    public static List<InteractionRow> known(
            List<InteractionRow> rows, Set<String> users, Set<String> items, List<String> notes) {
        List<InteractionRow> known = new ArrayList<>();
        int strangers = 0;
        int fresh = 0;
        for (InteractionRow row : rows) {
            if (!users.contains(row.user())) {
                strangers++;
            } else if (!items.contains(row.interaction().item())) {
                fresh++;
            } else {
                known.add(row);
            }
        }
        if (strangers + fresh > 0) {
            notes.add(String.format(
                    Locale.ROOT,
                    "left out of what is judged: %,d interactions of users, %,d of items that were not learned from.",
                    strangers,
                    fresh));
        }
        return known;
    }

    /** Examples to learn from: users in the order of their first row, at most {@link #ROW} interactions each. */
    public static Dataset<User, History> examples(String name, List<InteractionRow> rows) {
        return dataset(name, rows, ROW);
    }

    /** One example a user. */
    public static Dataset<User, History> whole(String name, List<InteractionRow> rows) {
        return dataset(name, rows, Integer.MAX_VALUE);
    }

    private static Dataset<User, History> dataset(String name, List<InteractionRow> rows, int most) {
        List<Example<User, History>> examples = new ArrayList<>();
        byUser(rows).forEach((user, own) -> {
            for (int from = 0; from < own.size(); from += Math.min(most, own.size())) {
                List<InteractionRow> part = own.subList(from, (int) Math.min((long) from + most, own.size()));
                examples.add(new Example<>(
                        new User(user),
                        new History(
                                user,
                                part.stream().map(InteractionRow::interaction).toList()),
                        part.get(0).source()));
            }
        });
        return Dataset.of(name, examples);
    }

    /** The rows of examples again. */
    public static List<InteractionRow> rows(Dataset<User, History> data) {
        List<InteractionRow> rows = new ArrayList<>();
        for (Example<User, History> e : data) {
            for (Interaction i : e.target().interactions()) {
                rows.add(new InteractionRow(e.target().user(), i, e.source()));
            }
        }
        return rows;
    }

    /** Items of each user. */
    public static Map<String, Set<String>> items(Dataset<?, History> data) {
        Map<String, Set<String>> items = new HashMap<>();
        for (History h : data.targets()) {
            Set<String> own = items.computeIfAbsent(h.user(), u -> new HashSet<>());
            h.interactions().forEach(i -> own.add(i.item()));
        }
        return items;
    }
}
