// SPDX-License-Identifier: Apache-2.0
package org.tl4j.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.tl4j.bench.Comparison.Better;
import org.tl4j.bench.Comparison.Rival;
import org.tl4j.error.EngineFailureException;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.model.Config;

class ReportTest {
    private static final Rival RIVAL = new Rival("eager", "PyTorch eager");

    private static Comparison row(Better better, double target, double limit) {
        return new Comparison(
                "step",
                "training step",
                better == Better.LESS ? "s" : "texts/s",
                better,
                List.of(RIVAL),
                1,
                3,
                target,
                limit,
                Map.of("losses", 1e-3));
    }

    private static Result result(Comparison c, List<Double> tl4j, List<Double> python) {
        return new Result("step", c, RIVAL, new Sample(tl4j), new Sample(python), null, 1e-6, "");
    }

    @Test
    void ratiosAreOfTheSameRoundAndAboveOneWhereTl4jWins() {
        Result seconds = result(row(Better.LESS, 1, 0), List.of(1.0, 2.0, 4.0), List.of(2.0, 2.0, 2.0));
        assertThat(seconds.ratios().values()).containsExactly(2.0, 1.0, 0.5);
        assertThat(seconds.ratios().median()).isEqualTo(1);
        assertThat(seconds.reached()).isTrue();

        Result throughput = result(row(Better.MORE, 1.5, 0), List.of(10.0, 20.0), List.of(10.0, 10.0));
        assertThat(throughput.ratios().median()).isCloseTo(1.5, within(1e-12));
        assertThat(throughput.reached()).isTrue();
    }

    @Test
    void aMissedAimIsSaid() {
        Result slow = result(row(Better.LESS, 8, 0), List.of(1.0), List.of(7.9));
        assertThat(slow.reached()).isFalse();
        Result late = result(row(Better.LESS, 0, 2), List.of(2.1), List.of(9.0));
        assertThat(late.reached()).isFalse();

        Report report = new Report(
                new Machine("some processor", 2, 23, "Linux 6", 0.1),
                new Setup(Path.of("folder"), 1, false),
                List.of(Config.empty().with("torch", "2")),
                List.of(slow, late));
        assertThat(report.table().lines().filter(l -> l.endsWith("  no"))).hasSize(2);
        assertThat(report.markdown()).contains("| 7.90 (7.90 to 7.90) |").doesNotContain("--quick");
        Config first = report.json().configs("rows").get(0);
        assertThat(first.flag("reached", true)).isFalse();
        assertThat(first.config("timesBetter").number("median")).isCloseTo(7.9, within(1e-12));
    }

    @Test
    void refusesFiguresThatAreNone() {
        assertThatThrownBy(() -> new Sample(List.of())).isInstanceOf(InvalidArgumentException.class);
        assertThatThrownBy(() -> new Sample(List.of(1.0, Double.NaN))).isInstanceOf(InvalidArgumentException.class);
        assertThatThrownBy(() -> new Sample(List.of(0.0))).isInstanceOf(InvalidArgumentException.class);
        assertThat(new Sample(List.of(3.0, 1.0, 2.0, 10.0)).median()).isEqualTo(2.5);
    }

    @Test
    void sidesThatDisagreeAreNotCompared() {
        Comparison c = row(Better.LESS, 1, 0);
        assertThat(Agreement.check(
                        c, RIVAL, Map.of("losses", List.of(1.0, 2.0)), Map.of("losses", List.of(1.0, 2.001))))
                .isCloseTo(0.001 / 2.001, within(1e-12));
        for (List<Double> wrong :
                List.of(List.of(1.0, 2.1), List.of(1.0), List.of(1.0, Double.NaN), List.<Double>of())) {
            assertThatThrownBy(() ->
                            Agreement.check(c, RIVAL, Map.of("losses", List.of(1.0, 2.0)), Map.of("losses", wrong)))
                    .isInstanceOf(EngineFailureException.class)
                    .hasMessageContaining("losses");
        }
    }

    @Test
    void figuresHaveThreeDigits() {
        assertThat(Report.figure(0.012345)).isEqualTo("0.0123");
        assertThat(Report.figure(1.5)).isEqualTo("1.50");
        assertThat(Report.figure(12345)).isEqualTo("12345");
        assertThat(Report.figure(0)).isEqualTo("0");
    }

    @Test
    void namesBenchmarks() {
        assertThat(SideBySide.named("memory")).isInstanceOf(MemoryBenchmark.class);
        assertThatThrownBy(() -> SideBySide.named("memry"))
                .isInstanceOf(UnknownNameException.class)
                .hasMessageContaining("memory");
    }

    @Test
    void namesRowsByTheirBeginning() {
        Setup setup = new Setup(Path.of("folder"), 1, false);
        assertThat(SideBySide.chosen("inference/resnet18", setup).keySet())
                .extracting(Comparison::name)
                .containsExactly("resnet18-1", "resnet18-16");
        assertThat(SideBySide.chosen("step", setup).keySet())
                .extracting(Comparison::name)
                .contains("minilm-all", "resnet18-all");
        assertThatThrownBy(() -> SideBySide.chosen("step/resnet50", setup))
                .isInstanceOf(UnknownNameException.class)
                .hasMessageContaining("resnet18-all");
        // Every row of a shared model finds its model.
        for (String name : List.of("step", "frozen", "inference")) {
            SideBySide.chosen(name, setup)
                    .keySet()
                    .forEach(c -> assertThat(c.name())
                            .startsWith(SharedModel.of(c.name(), setup).name() + "-"));
        }
        assertThatThrownBy(() -> SharedModel.of("vgg-all", setup)).isInstanceOf(UnknownNameException.class);
    }

    @Test
    void readsTheMachine() {
        Machine here = Machine.here();
        assertThat(here.cores()).isPositive();
        assertThat(Machine.residentMegabytes()).isBetween(10.0, 100_000.0);
    }
}
