// SPDX-License-Identifier: Apache-2.0
package org.tl4j.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.TlException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.error.WriteFailedException;
import org.tl4j.model.Config;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Compares TL4J with its Python peers in one run: for each row a JVM and a Python process are started, made to show
 * that they compute the same numbers, and then take turns, round by round.
 */
@Command(
        name = "tl-bench/run",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Compares TL4J with PyTorch and its kin, side by side on this machine.")
public final class SideBySide implements Runnable {
    /** Every benchmark. A new one is a class and a script of the same name, and a line here. */
    static final List<Benchmark> BENCHMARKS = List.of(
            new StepBenchmark(),
            new FrozenBenchmark(),
            new InferenceBenchmark(),
            new ColdStartBenchmark(),
            new MemoryBenchmark(),
            new ForestBenchmark(),
            new SeriesBenchmark());

    @Option(
            names = "--only",
            split = ",",
            paramLabel = "NAME",
            description =
                    "these benchmarks: step, frozen, inference, cold_start, memory, forest, series; all if not given. Of one of"
                            + " them only the rows of a model: step/resnet18, inference/minilm")
    private List<String> only = BENCHMARKS.stream().map(Benchmark::name).toList();

    @Option(
            names = "--threads",
            defaultValue = "1",
            description = "threads on either side; ${DEFAULT-VALUE} if not given")
    private int threads = 1;

    @Option(names = "--quick", description = "a tiny model and few rounds, to see that everything runs")
    private boolean quick;

    @Option(names = "--rounds", paramLabel = "N", description = "rounds of every row, instead of its own number")
    private int rounds;

    @Option(names = "--json", paramLabel = "FILE", description = "where every round goes")
    private Path json = Path.of("side-by-side.json");

    @Option(names = "--markdown", paramLabel = "FILE", description = "where the table goes, to be put on a page")
    private Path markdown = Path.of("side-by-side.md");

    @Option(names = "--folder", paramLabel = "DIR", description = "where what both sides read is written")
    private Path folder = Path.of(System.getProperty("java.io.tmpdir"), "tl4j-side-by-side");

    @Option(names = "--python", paramLabel = "FILE", description = "a Python with what requirements.txt names")
    private String python = "python3";

    @Option(names = "--scripts", paramLabel = "DIR", description = "where the Python side lies")
    private Path scripts = Path.of("tl-bench", "src", "main", "python");

    public static void main(String[] arguments) {
        CommandLine line = new CommandLine(new SideBySide());
        line.setExecutionExceptionHandler((e, command, result) -> {
            if (!(e instanceof TlException)) {
                throw e;
            }
            command.getErr().println(e.getMessage());
            return CommandLine.ExitCode.SOFTWARE;
        });
        System.exit(line.execute(arguments));
    }

    /** The benchmark of a name. */
    static Benchmark named(String name) {
        return BENCHMARKS.stream()
                .filter(b -> b.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new UnknownNameException(
                        "benchmark",
                        name,
                        BENCHMARKS.stream().map(Benchmark::name).toList(),
                        "write --only with some of them"));
    }

    /** The rows of a benchmark, or those that begin with what stands behind a slash. */
    static Map<Comparison, Benchmark> chosen(String choice, Setup setup) {
        String[] parts = choice.split("/", 2);
        Benchmark benchmark = named(parts[0]);
        List<Comparison> all = benchmark.comparisons(setup);
        Map<Comparison, Benchmark> chosen = new LinkedHashMap<>();
        all.stream()
                .filter(c -> parts.length == 1 || c.name().startsWith(parts[1]))
                .forEach(c -> chosen.put(c, benchmark));
        if (chosen.isEmpty()) {
            throw new UnknownNameException(
                    "row of '" + parts[0] + "'",
                    parts[1],
                    all.stream().map(Comparison::name).toList(),
                    "write the beginning of one of them behind the slash");
        }
        return chosen;
    }

    @Override
    public void run() {
        Setup setup = new Setup(folder.resolve(quick ? "quick" : "full").toAbsolutePath(), threads, quick);
        Machine machine = Machine.here();
        List<Result> results = new ArrayList<>();
        Map<String, Config> versions = new LinkedHashMap<>();
        Map<Comparison, Benchmark> chosen = new LinkedHashMap<>();
        only.forEach(choice -> chosen.putAll(chosen(choice, setup)));
        Benchmark before = null;
        for (Map.Entry<Comparison, Benchmark> row : chosen.entrySet()) {
            Benchmark b = row.getValue();
            if (!b.equals(before)) {
                progress(b.name() + ": " + b.title());
            }
            before = b;
            b.prepare(row.getKey().name(), setup);
            results.addAll(compare(b, row.getKey(), setup, versions));
        }
        Report report = new Report(machine, setup, List.copyOf(versions.values()), results);
        System.out.println();
        System.out.print(report.table());
        write(json, report.json() + "\n");
        write(markdown, report.markdown());
        progress("wrote " + json + " and " + markdown);
    }

    /** One row: starts both sides, lets them show that they agree, and has them take turns. */
    private List<Result> compare(Benchmark b, Comparison c, Setup setup, Map<String, Config> versions) {
        Map<Comparison.Rival, Peer> rivals = new LinkedHashMap<>();
        try (Peer tl4j = Peer.start("TL4J", java(b, c, setup), environment(setup))) {
            for (Comparison.Rival r : c.rivals()) {
                rivals.put(r, Peer.start(r.title(), python(b, c, r, setup), environment(setup)));
            }
            versions.put("java", tl4j.versions());
            rivals.values().forEach(p -> versions.put("python", p.versions()));
            Map<Comparison.Rival, Double> agreement = new LinkedHashMap<>();
            Map<String, List<Double>> own = tl4j.verify();
            rivals.forEach((r, peer) -> agreement.put(r, Agreement.check(c, r, own, peer.verify())));

            List<Peer.Round> mine = new ArrayList<>();
            Map<Comparison.Rival, List<Peer.Round>> theirs = new LinkedHashMap<>();
            int count = rounds > 0 ? rounds : c.rounds();
            for (int i = -c.warmUps(); i < count; i++) {
                Peer.Round measured = tl4j.measure();
                if (i >= 0) {
                    mine.add(measured);
                }
                for (Map.Entry<Comparison.Rival, Peer> r : rivals.entrySet()) {
                    Peer.Round other = r.getValue().measure();
                    if (i >= 0) {
                        theirs.computeIfAbsent(r.getKey(), k -> new ArrayList<>())
                                .add(other);
                    }
                }
            }
            List<Result> results = new ArrayList<>();
            theirs.forEach((rival, measured) -> {
                Result result = new Result(
                        b.name(),
                        c,
                        rival,
                        sample(mine),
                        sample(measured),
                        processor(mine, measured),
                        agreement.getOrDefault(rival, 0.0),
                        b.remark(last(mine), last(measured)));
                progress("  " + c.title() + ": " + Report.figure(result.tl4j().median()) + " " + c.unit() + ", "
                        + rival.title() + " " + Report.figure(result.python().median()) + " " + c.unit() + ", "
                        + Report.figure(result.ratios().median()) + " times better");
                results.add(result);
            });
            return results;
        } finally {
            rivals.values().forEach(Peer::close);
        }
    }

    private static Sample sample(List<Peer.Round> rounds) {
        return new Sample(rounds.stream().map(Peer.Round::value).toList());
    }

    /** Processor time for processor time; a clock of hundredths says nothing about rounds of a few of them. */
    private static @Nullable Sample processor(List<Peer.Round> mine, List<Peer.Round> theirs) {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < mine.size(); i++) {
            if (mine.get(i).processor() < 0.1 || theirs.get(i).processor() < 0.1) {
                return null;
            }
            ratios.add(theirs.get(i).processor() / mine.get(i).processor());
        }
        return new Sample(ratios);
    }

    private static Map<String, List<Double>> last(List<Peer.Round> measured) {
        return measured.get(measured.size() - 1).series();
    }

    /** The command of TL4J's side: with as many threads for the JVM itself as for the operations. */
    private static List<String> java(Benchmark b, Comparison c, Setup setup) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseParallelGC",
                "-XX:ActiveProcessorCount=" + setup.threads(),
                "-Xmx1g",
                "-Dtl4j.threads=" + setup.threads(),
                "-cp",
                System.getProperty("java.class.path")));
        String launcher = System.getProperty("tl4j.launcher");
        if (launcher != null) {
            command.add("-Dtl4j.launcher=" + launcher);
        }
        command.add(Worker.class.getName());
        command.addAll(arguments(b.name(), c.name(), setup));
        return command;
    }

    private List<String> python(Benchmark b, Comparison c, Comparison.Rival rival, Setup setup) {
        List<String> command = new ArrayList<>(
                List.of(python, scripts.resolve(b.name() + ".py").toString()));
        command.addAll(arguments(rival.name(), c.name(), setup));
        return command;
    }

    private static List<String> arguments(String first, String comparison, Setup setup) {
        return List.of(
                first,
                comparison,
                setup.folder().toString(),
                Integer.toString(setup.threads()),
                Boolean.toString(setup.quick()));
    }

    /** What libraries of both sides read when they are loaded. */
    private static Map<String, String> environment(Setup setup) {
        String threads = Integer.toString(setup.threads());
        return Map.of(
                "OMP_NUM_THREADS",
                threads,
                "MKL_NUM_THREADS",
                threads,
                "RAYON_NUM_THREADS",
                threads,
                "TL4J_JAVA_OPTS",
                "-Dtl4j.threads=" + threads,
                "HF_HUB_OFFLINE",
                "1",
                "TRANSFORMERS_OFFLINE",
                "1",
                "TQDM_DISABLE",
                "1");
    }

    private static void progress(String line) {
        System.err.println(line);
    }

    private static void write(Path file, String text) {
        try {
            Path parent = file.toAbsolutePath().getParent();
            if (parent != null) {
                Files.createDirectories(parent);
            }
            Files.writeString(file, text, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new WriteFailedException(
                    "'" + file + "' cannot be written.",
                    String.valueOf(e.getMessage()),
                    "a folder that can be written to",
                    "name another file with --json or --markdown",
                    e);
        }
    }
}
