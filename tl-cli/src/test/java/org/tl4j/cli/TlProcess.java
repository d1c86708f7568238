// SPDX-License-Identifier: Apache-2.0
package org.tl4j.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The command line in a Java process of its own, as a user has it: it can be killed, and its class path chosen. */
final class TlProcess {
    private final Path folder;
    private final List<String> shell = new ArrayList<>();
    private final Map<String, String> environment = new HashMap<>();
    private Predicate<String> classPath = entry -> true;

    /** Runs in {@code folder}. */
    TlProcess(Path folder) {
        this.folder = folder;
    }

    /** What came of a command. */
    record Result(int code, String out, String err) {}

    /** Without the entries of the class path that hold {@code part}. */
    TlProcess without(String part) {
        Predicate<String> before = classPath;
        classPath = entry -> before.test(entry) && !entry.contains(part);
        return this;
    }

    /** With an environment variable. */
    TlProcess with(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    /** With a limit of the size of files, in KiB. */
    TlProcess withFileLimit(long kib) {
        shell.addAll(List.of("bash", "-c", "ulimit -f " + kib + "; exec \"$@\"", "bash"));
        return this;
    }

    Process start(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(shell);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Xmx1g");
        command.add(Tl.class.getName());
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectOutput(folder.resolve("out.txt").toFile())
                .redirectError(folder.resolve("err.txt").toFile());
        builder.environment().putAll(environment);
        builder.environment()
                .put(
                        "CLASSPATH",
                        Stream.of(System.getProperty("java.class.path").split(System.getProperty("path.separator")))
                                .filter(classPath)
                                .collect(Collectors.joining(System.getProperty("path.separator"))));
        return builder.start();
    }

    Result run(String... arguments) throws IOException, InterruptedException {
        Process process = start(arguments);
        if (!process.waitFor(5, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new AssertionError("the command did not end: " + String.join(" ", arguments));
        }
        return new Result(
                process.exitValue(),
                Files.readString(folder.resolve("out.txt"), StandardCharsets.UTF_8),
                Files.readString(folder.resolve("err.txt"), StandardCharsets.UTF_8));
    }
}
