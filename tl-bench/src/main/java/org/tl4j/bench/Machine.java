// SPDX-License-Identifier: Apache-2.0
package org.tl4j.bench;

import ai.onnxruntime.OrtEnvironment;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Stream;
import org.tl4j.error.EngineFailureException;
import org.tl4j.model.Config;

/**
 * What the figures were measured on.
 *
 * @param processor its model
 * @param cores that the system sees
 * @param memory of the machine in GiB
 * @param system name and version
 * @param load mean number of runnable processes over the last minute, before the first round
 */
record Machine(String processor, int cores, long memory, String system, double load) {
    private static final Path CPU = Path.of("/proc/cpuinfo");
    private static final Path MEMORY = Path.of("/proc/meminfo");
    private static final Path TIMES = Path.of("/proc/self/stat");
    private static final Path OWN = Path.of("/proc/self/status");

    static Machine here() {
        return new Machine(
                field(CPU, "model name").orElse(System.getProperty("os.arch")),
                Runtime.getRuntime().availableProcessors(),
                field(MEMORY, "MemTotal").map(Machine::kibibytes).orElse(0L) >> 20,
                System.getProperty("os.name") + " " + System.getProperty("os.version"),
                ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    }

    private static long kibibytes(String text) {
        return Long.parseLong(text.replaceAll("\\D", ""));
    }

    /** The versions of TL4J's side. */
    static Config javaVersions() {
        return Config.empty()
                .with("java", System.getProperty("java.vm.name") + " " + System.getProperty("java.version"))
                .with("onnxruntime", OrtEnvironment.getEnvironment().getVersion())
                .with("libtorch", properties("native/lib/pytorch.properties").getProperty("version", "unknown"));
    }

    private static Properties properties(String resource) {
        Properties properties = new Properties();
        try (InputStream in = Machine.class.getClassLoader().getResourceAsStream(resource)) {
            if (in != null) {
                properties.load(in);
            }
        } catch (IOException e) {
            throw new EngineFailureException(
                    "'" + resource + "' cannot be read.",
                    String.valueOf(e.getMessage()),
                    "a file of properties",
                    "build anew",
                    e);
        }
        return properties;
    }

    /** Resident memory of this process in MB, as the system counts it. */
    static double residentMegabytes() {
        return field(OWN, "VmRSS")
                .map(text -> kibibytes(text) * 1024 / 1e6)
                .orElseThrow(() -> new EngineFailureException(
                        "Resident memory cannot be read on this system.",
                        "no " + OWN,
                        "Linux",
                        "leave the benchmark 'memory' away"));
    }

    /**
     * Processor time of this process, its threads and the children that it waited for, in seconds; 0 where the system
     * does not tell. On a machine that others use, too, it says more than the clock.
     */
    static double processorSeconds() {
        if (!Files.isReadable(TIMES)) {
            return 0;
        }
        try {
            String text = Files.readString(TIMES, StandardCharsets.UTF_8);
            // After the name, which may hold blanks, the times are fields 12 to 15, in hundredths of a second.
            String[] fields = text.substring(text.lastIndexOf(')') + 2).split(" ");
            long ticks = 0;
            for (int i = 11; i <= 14; i++) {
                ticks += Long.parseLong(fields[i]);
            }
            return ticks / 100.0;
        } catch (IOException e) {
            return 0;
        }
    }

    private static Optional<String> field(Path file, String name) {
        if (!Files.isReadable(file)) {
            return Optional.empty();
        }
        try (Stream<String> lines = Files.lines(file, StandardCharsets.UTF_8)) {
            return lines.filter(l -> l.startsWith(name))
                    .map(l -> l.substring(l.indexOf(':') + 1).strip())
                    .findFirst();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** One line for people. */
    String describe(int threads) {
        return String.format(
                Locale.ROOT,
                "%s, %d cores, %d GiB, %s; %d %s on both sides; load before the first round %.1f",
                processor,
                cores,
                memory,
                system,
                threads,
                threads == 1 ? "thread" : "threads",
                load);
    }

    Config toConfig() {
        return Config.empty()
                .with("processor", processor)
                .with("cores", cores)
                .with("memoryGiB", memory)
                .with("system", system)
                .with("load", load);
    }

    /** The names of the versions in the order in which they are printed. */
    static String versions(List<Config> sides) {
        return sides.stream()
                .flatMap(c -> c.keys().stream().map(k -> k + " " + c.text(k)))
                .reduce((a, b) -> a + ", " + b)
                .orElse("");
    }
}
