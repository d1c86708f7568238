// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.tl4j.error.InvalidArgumentException;

/** Against what the benchmark's own scorer says: parity/make_nab_fixtures.py. */
class NabScoreTest {
    /** Sums in another order; rows have rewards of at most 1. */
    private static final double ROUNDING = 1e-12;

    private static JsonArray cases() throws IOException {
        try (Reader reader = new InputStreamReader(
                Objects.requireNonNull(NabScoreTest.class.getResourceAsStream("/metric/nab.json")),
                StandardCharsets.UTF_8)) {
            return JsonParser.parseReader(reader).getAsJsonArray();
        }
    }

    private static double[] numbers(JsonArray array) {
        double[] out = new double[array.size()];
        for (int i = 0; i < out.length; i++) {
            out[i] = array.get(i).getAsDouble();
        }
        return out;
    }

    private static List<Episode> episodes(JsonObject given) {
        List<Episode> episodes = new ArrayList<>();
        for (JsonElement w : given.getAsJsonArray("windows")) {
            episodes.add(new Episode(
                    w.getAsJsonArray().get(0).getAsInt(),
                    w.getAsJsonArray().get(1).getAsInt()));
        }
        return episodes;
    }

    @Test
    void equalsTheBenchmarksOwnScorerAtEveryThreshold() throws IOException {
        int compared = 0;
        for (JsonElement element : cases()) {
            JsonObject given = element.getAsJsonObject();
            double[] scores = numbers(given.getAsJsonArray("scores"));
            NabScore score = new NabScore().add(scores, episodes(given));
            for (NabScore.Profile profile : NabScore.Profile.all()) {
                JsonObject expected = given.getAsJsonObject("profiles").getAsJsonObject(profile.name());
                assertThat(NabScore.rewards(scores.length, episodes(given), profile))
                        .containsExactly(numbers(expected.getAsJsonArray("rewards")), within(ROUNDING));
                JsonArray swept = expected.getAsJsonArray("swept");
                List<NabScore.Result> own = score.sweep(profile);
                assertThat(own).hasSameSizeAs(swept);
                for (int i = 0; i < own.size(); i++) {
                    double[] row = numbers(swept.get(i).getAsJsonArray());
                    NabScore.Result r = own.get(i);
                    assertThat(r.raw()).isCloseTo(row[1], within(ROUNDING));
                    assertThat(new double[] {
                                r.truePositives(), r.falsePositives(), r.falseNegatives(), r.trueNegatives()
                            })
                            .containsExactly(row[2], row[3], row[4], row[5]);
                    if (i > 0) {
                        assertThat(r.threshold()).isEqualTo(row[0]);
                        assertThat(score.at(profile, row[0])).isEqualTo(r);
                    }
                    compared++;
                }
            }
        }
        assertThat(compared).isGreaterThan(200);
    }

    @Test
    void aDetectorThatNeverAlarmsScoresZeroAndOneThatAlarmsAtOnceAHundred() {
        double[] scores = new double[200];
        List<Episode> episodes = List.of(new Episode(60, 79), new Episode(150, 169));
        for (NabScore.Profile profile : NabScore.Profile.all()) {
            NabScore.Result silent = new NabScore().add(scores, episodes).at(profile, 1);
            assertThat(silent.normalised()).isZero();
            double[] perfect = scores.clone();
            perfect[60] = 1;
            perfect[150] = 1;
            assertThat(new NabScore().add(perfect, episodes).best(profile).normalised())
                    .isCloseTo(100, within(1e-10));
        }
    }

    @Test
    void alarmsBehindAnEpisodeOfOneRowAreFarAway() {
        double[] rewards = NabScore.rewards(10, List.of(new Episode(4, 4)), NabScore.Profile.STANDARD);
        assertThat(rewards[3]).isEqualTo(-0.11);
        assertThat(rewards[4]).isCloseTo(1, within(ROUNDING));
        assertThat(rewards[5]).isEqualTo(-0.11);
    }

    @Test
    void refusesEpisodesThatDoNotFit() {
        assertThatThrownBy(() -> new NabScore().add(new double[10], List.of(new Episode(5, 10))))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("10 rows");
        assertThatThrownBy(() -> new NabScore().add(new double[10], List.of(new Episode(5, 7), new Episode(7, 8))))
                .isInstanceOf(InvalidArgumentException.class);
        assertThatThrownBy(() -> new Episode(3, 2)).isInstanceOf(InvalidArgumentException.class);
    }

    @Test
    void countsEpisodesAndRunsOfAlarms() {
        boolean[] alarms = new boolean[100];
        alarms[10] = true; // false
        alarms[11] = true; // the same run
        alarms[24] = true; // in the first episode, four rows late
        alarms[28] = true; // again
        AlarmedEpisodes found = new AlarmedEpisodes().add(alarms, List.of(new Episode(20, 29), new Episode(60, 69)));
        assertThat(found.recall().value()).isEqualTo(0.5);
        assertThat(found.runs()).isEqualTo(3);
        assertThat(found.precision().value()).isCloseTo(2 / 3.0, within(1e-15));
        assertThat(found.meanDelay()).isEqualTo(4);
        assertThat(found.falseRunsPerThousand()).isEqualTo(10);
        assertThat(found.f1()).isCloseTo(2 * 0.5 * (2 / 3.0) / (0.5 + 2 / 3.0), within(1e-15));
        assertThat(Episode.of(alarms)).startsWith(new Episode(10, 11));
    }
}
