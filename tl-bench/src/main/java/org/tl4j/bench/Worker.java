// SPDX-License-Identifier: Apache-2.0
package org.tl4j.bench;

import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tl4j.error.UnknownNameException;
import org.tl4j.model.Config;

/**
 * TL4J's side in a process of its own. It answers one line of JSON to each line on standard input ({@code verify} or
 * {@code measure}) and ends with it; {@code src/main/python/peer.py} is the same for Python.
 */
public final class Worker {
    private Worker() {}

    /** Takes the benchmark, the row, the folder, the number of threads and whether to be quick. */
    public static void main(String[] arguments) throws IOException {
        PrintStream answers = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        // What libraries print must not come between the answers.
        System.setOut(System.err);
        Benchmark benchmark = SideBySide.named(arguments[0]);
        Setup setup =
                new Setup(Path.of(arguments[2]), Integer.parseInt(arguments[3]), Boolean.parseBoolean(arguments[4]));
        try (Side side = benchmark.open(arguments[1], setup);
                BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            answers.println(line(Config.empty().with("ready", Machine.javaVersions())));
            for (String request = in.readLine(); request != null; request = in.readLine()) {
                answers.println(line(answer(side, request)));
            }
        }
        System.exit(0);
    }

    private static Config answer(Side side, String request) {
        return switch (request) {
            case "verify" -> Config.empty().with("series", side.verify());
            case "measure" -> {
                double before = Machine.processorSeconds();
                Side.Measured m = side.measure();
                double spent = Machine.processorSeconds() - before;
                yield Config.empty()
                        .with("value", m.value())
                        .with("series", m.series())
                        .with("processor", spent);
            }
            default ->
                throw new UnknownNameException("request", request, List.of("verify", "measure"), "write one of them");
        };
    }

    private static String line(Config answer) {
        return answer.toJson().toString();
    }

    /** The lists of an answer by name. */
    static Map<String, List<Double>> series(Config answer) {
        Map<String, List<Double>> series = new LinkedHashMap<>();
        Config lists = answer.config("series");
        lists.keys().forEach(name -> series.put(name, lists.numbers(name)));
        return series;
    }
}
