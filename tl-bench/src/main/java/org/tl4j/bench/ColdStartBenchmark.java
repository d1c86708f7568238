// SPDX-License-Identifier: Apache-2.0
package org.tl4j.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.tl4j.bench.Comparison.Better;
import org.tl4j.bench.Comparison.Rival;
import org.tl4j.error.EngineFailureException;
import org.tl4j.error.InvalidDataException;

/**
 * The first answer of a command: a new process that loads a saved model, tokenises one text, prints its label and ends.
 * Model and libraries are in the file cache of the system on both sides.
 */
final class ColdStartBenchmark implements Benchmark {
    private static final String TEXT = "you took 49.99 twice for the same month, please explain";

    /** System property: the launcher that is timed; without it, the same class is started without a launcher. */
    private static final String LAUNCHER = "tl4j.launcher";

    @Override
    public String name() {
        return "cold_start";
    }

    @Override
    public String title() {
        return "one text to its label in a new process, MiniLM-L6: `tl predict` and a script that does the same";
    }

    @Override
    public List<Comparison> comparisons(Setup setup) {
        return List.of(new Comparison(
                "predict",
                "first answer of a new process",
                "s",
                Better.LESS,
                List.of(new Rival("transformers", "script with transformers, PyTorch eager")),
                setup.of(2, 0),
                setup.of(11, 1),
                0,
                2,
                Map.of("label", 0.0)));
    }

    @Override
    public void prepare(String comparison, Setup setup) {
        new MiniLm(setup).writeSaved();
    }

    @Override
    public Side open(String comparison, Setup setup) {
        MiniLm shared = new MiniLm(setup);
        Path saved = shared.saved();
        String launcher = System.getProperty(LAUNCHER);
        return new Command(
                shared.labels().names(),
                launcher != null
                        ? List.of(launcher, "predict", saved.toString(), TEXT)
                        : List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java")
                                        .toString(),
                                "-cp",
                                System.getProperty("java.class.path"),
                                "-Dtl4j.threads=" + setup.threads(),
                                "org.tl4j.cli.Tl",
                                "predict",
                                saved.toString(),
                                TEXT));
    }

    private record Command(List<String> labels, List<String> command) implements Side {
        /** The place of the label that it printed: {@code billing_question (0.99)}. */
        @Override
        public Map<String, List<Double>> verify() {
            String answer = run();
            int label = labels.indexOf(answer.strip().replaceFirst(" \\(.*", ""));
            if (label < 0) {
                throw new InvalidDataException(
                        "The command answered with no label.", answer, labels, "run it by hand: " + command);
            }
            return Map.of("label", List.of((double) label));
        }

        @Override
        public Measured measure() {
            long begin = System.nanoTime();
            run();
            return Measured.of((System.nanoTime() - begin) / 1e9);
        }

        private String run() {
            try {
                Process process = new ProcessBuilder(command)
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
                process.getOutputStream().close();
                String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                int code = process.waitFor();
                if (code != 0) {
                    throw failed("exit code " + code, null);
                }
                return answer;
            } catch (IOException e) {
                throw failed(String.valueOf(e.getMessage()), e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw failed("an interrupt", e);
            }
        }

        private EngineFailureException failed(String found, @org.jspecify.annotations.Nullable Exception cause) {
            return new EngineFailureException(
                    "The command did not answer.", found, "an answer", "run it by hand: " + command, cause);
        }

        @Override
        public void close() {}
    }
}
