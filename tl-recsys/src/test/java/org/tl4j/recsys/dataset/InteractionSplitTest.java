// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.tl4j.data.Dataset;
import org.tl4j.error.InvalidDataException;

class InteractionSplitTest {
    private static InteractionRow row(String user, String item, long time) {
        return new InteractionRow(user, new Interaction(item, 1, time), user + item);
    }

    private static Set<String> pairs(Dataset<User, History> data) {
        Set<String> pairs = new HashSet<>();
        for (InteractionRow r : InteractionSplit.rows(data)) {
            assertThat(pairs.add(r.user() + " " + r.interaction().item())).isTrue();
        }
        return pairs;
    }

    @Test
    void holdsTheLastOfEveryUserOut() {
        List<InteractionRow> rows = Fixture.tastes(60, 30, 8, 2);
        InteractionSplit split = InteractionSplit.of("t", rows, InteractionSplit.Way.LEAVE_LAST_OUT);
        Map<String, Long> latest = new HashMap<>();
        for (InteractionRow r : InteractionSplit.rows(split.train())) {
            latest.merge(r.user(), r.interaction().time(), Math::max);
        }
        assertThat(split.test().size()).isEqualTo(60);
        for (History h : split.test().targets()) {
            assertThat(h.interactions()).hasSize(1);
            assertThat(h.interactions().get(0).time()).isGreaterThan(latest.get(h.user()));
        }
        Set<String> both = pairs(split.train());
        both.retainAll(pairs(split.test()));
        assertThat(both).isEmpty();
        assertThat(pairs(split.train()).size() + pairs(split.test()).size()).isEqualTo(rows.size());
    }

    @Test
    void splitsByTimeAndTearsNoMomentApart() {
        List<InteractionRow> rows = new ArrayList<>();
        for (int t = 0; t < 10; t++) {
            // The last four rows of each are of one moment.
            rows.add(row("a", "x" + t, Math.min(t, 6)));
            rows.add(row("b", "x" + (9 - t), Math.min(t, 6)));
        }
        InteractionSplit split = InteractionSplit.of("t", rows, InteractionSplit.Way.TIME);
        long end = InteractionSplit.rows(split.train()).stream()
                .mapToLong(r -> r.interaction().time())
                .max()
                .orElseThrow();
        assertThat(end).isEqualTo(5);
        assertThat(pairs(split.test()))
                .containsExactlyInAnyOrder("a x6", "a x7", "a x8", "a x9", "b x3", "b x2", "b x1", "b x0");
        assertThat(split.test().size()).as("one example a user").isEqualTo(2);
    }

    @Test
    void dropsAndCountsWhatWasNotLearnedFrom() {
        List<InteractionRow> rows = List.of(
                row("a", "x", 1),
                row("a", "fresh", 2),
                row("b", "x", 1),
                row("b", "y", 1),
                row("b", "y2", 0),
                row("c", "y", 1),
                row("c", "x", 3),
                row("d", "x", 9));
        InteractionSplit split = InteractionSplit.of("t", rows, InteractionSplit.Way.LEAVE_LAST_OUT);
        assertThat(split.notes())
                .anyMatch(n -> n.contains("3 users is held out; 1 users have only one"))
                .anyMatch(n -> n.contains("0 interactions of users, 1 of items"));
        assertThat(split.test().size()).isEqualTo(2);
    }

    @Test
    void cutsLongHistoriesIntoExamples() {
        List<InteractionRow> rows = Fixture.tastes(3, 90, 40, 2);
        Dataset<User, History> data = InteractionSplit.examples("t", rows);
        assertThat(data.targets()).allMatch(h -> h.interactions().size() <= InteractionSplit.ROW);
        assertThat(pairs(data)).hasSize(120);
        assertThat(InteractionSplit.whole("t", rows).size()).isEqualTo(3);
        assertThat(data.sha256()).isNotEqualTo(InteractionSplit.whole("t", rows).sha256());
    }

    @Test
    void refusesWhatCannotBeSplit() {
        List<InteractionRow> alone = List.of(row("a", "x", 1), row("b", "y", 2));
        assertThatThrownBy(() -> InteractionSplit.of("t", alone, InteractionSplit.Way.LEAVE_LAST_OUT))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("Nothing can be held out of 't'");
        assertThatThrownBy(() -> InteractionSplit.Way.named("by-moon")).hasMessageContaining("leave-last-out");
    }
}
