// SPDX-License-Identifier: Apache-2.0
package org.tl4j.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.tl4j.error.EngineFailureException;
import org.tl4j.model.Config;

/** A process that is one side of a row, asked over its standard input. */
final class Peer implements AutoCloseable {
    private final String title;
    private final Process process;
    private final Writer requests;
    private final BufferedReader answers;
    private final Config versions;

    private Peer(String title, Process process, Writer requests, BufferedReader answers) {
        this.title = title;
        this.process = process;
        this.requests = requests;
        this.answers = answers;
        this.versions = answer("its start").config("ready");
    }

    /** Starts a process and waits until it is ready. */
    static Peer start(String title, List<String> command, Map<String, String> environment) {
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().putAll(environment);
        try {
            Process p = builder.start();
            return new Peer(
                    title,
                    p,
                    p.outputWriter(StandardCharsets.UTF_8),
                    new BufferedReader(new InputStreamReader(p.getInputStream(), StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new EngineFailureException(
                    title + " could not be started.",
                    String.valueOf(e.getMessage()),
                    "a command that runs: " + command.get(0),
                    "check --python, or leave it away",
                    e);
        }
    }

    /** What it runs on, by name. */
    Config versions() {
        return versions;
    }

    Map<String, List<Double>> verify() {
        return Worker.series(ask("verify"));
    }

    Round measure() {
        Config answer = ask("measure");
        return new Round(answer.number("value"), answer.number("processor"), Worker.series(answer));
    }

    /**
     * What a round gave.
     *
     * @param value in the unit of the row
     * @param processor seconds of processor time, of children, too; 0 where the system does not tell
     * @param series numbers beside it by name
     */
    record Round(double value, double processor, Map<String, List<Double>> series) {}

    private Config ask(String request) {
        try {
            requests.write(request + "\n");
            requests.flush();
        } catch (IOException e) {
            throw ended(request, String.valueOf(e.getMessage()));
        }
        return answer(request);
    }

    private Config answer(String request) {
        try {
            String line = answers.readLine();
            if (line == null) {
                throw ended(request, "its standard output was closed");
            }
            return Config.parse("answer of " + title, line);
        } catch (IOException e) {
            throw ended(request, String.valueOf(e.getMessage()));
        }
    }

    private EngineFailureException ended(String request, Object found) {
        return new EngineFailureException(
                title + " ended in the middle of '" + request + "'.",
                found,
                "one line of JSON",
                "read what it printed above");
    }

    @Override
    public void close() {
        try {
            requests.close();
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (IOException e) {
            process.destroyForcibly();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
