// SPDX-License-Identifier: Apache-2.0
package org.tl4j.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.error.UnknownNameException;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * A YAML file that stands in for flags: {@code --config FILE.yaml}. Its keys are the options' long names without dashes
 * in front; a flag on the command line wins over the file.
 */
final class ConfigFile {
    private static final String OPTION = "--config";

    private ConfigFile() {}

    /** Makes the file that the arguments name, if any, the source of defaults of the command that they name. */
    static void applyTo(CommandLine line, String... arguments) {
        String name = named(arguments);
        CommandLine command =
                arguments.length == 0 ? null : line.getSubcommands().get(arguments[0]);
        if (name == null || command == null) {
            return;
        }
        command.setDefaultValueProvider(new Defaults(Path.of(name), command));
    }

    private static @Nullable String named(String... arguments) {
        for (int i = 0; i < arguments.length; i++) {
            if (arguments[i].equals(OPTION) && i + 1 < arguments.length) {
                return arguments[i + 1];
            }
            if (arguments[i].startsWith(OPTION + "=")) {
                return arguments[i].substring(OPTION.length() + 1);
            }
        }
        return null;
    }

    /** Reads the file when picocli first asks, so that its errors are reported as those of any option. */
    private static final class Defaults implements CommandLine.IDefaultValueProvider {
        private final Path file;
        private final CommandLine command;
        private @Nullable Map<String, String> values;

        Defaults(Path file, CommandLine command) {
            this.file = file;
            this.command = command;
        }

        @Override
        public @Nullable String defaultValue(ArgSpec argument) {
            Map<String, String> read = values;
            if (read == null) {
                try {
                    read = read(file, command);
                } catch (MissingArtifactException
                        | CorruptFileException
                        | InvalidArgumentException
                        | UnknownNameException e) {
                    throw new CommandLine.ParameterException(command, e.getMessage(), e);
                }
                values = read;
            }
            return argument instanceof OptionSpec option
                    ? read.get(key(option))
                    : read.get(argument.paramLabel().toLowerCase(Locale.ROOT));
        }
    }

    private static Map<String, String> read(Path file, CommandLine command) {
        Object yaml;
        try {
            yaml = new Load(LoadSettings.builder().setLabel(file.toString()).build())
                    .loadFromString(Files.readString(file, StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new MissingArtifactException(
                    "Configuration file '" + file + "' cannot be read.",
                    String.valueOf(e.getMessage()),
                    "a readable YAML file",
                    "check the path after " + OPTION,
                    e);
        } catch (YamlEngineException e) {
            throw new CorruptFileException(
                    "Configuration file '" + file + "' is no YAML.",
                    String.valueOf(e.getMessage()),
                    "lines such as 'epochs: 5'",
                    "correct the line",
                    e);
        }
        if (!(yaml instanceof Map<?, ?> map)) {
            throw new CorruptFileException(
                    "Configuration file '" + file + "' holds no settings.",
                    String.valueOf(yaml),
                    "lines such as 'epochs: 5'",
                    "write one setting a line");
        }
        List<String> known = new ArrayList<>();
        command.getCommandSpec().options().forEach(o -> known.add(key(o)));
        command.getCommandSpec()
                .positionalParameters()
                .forEach(p -> known.add(p.paramLabel().toLowerCase(Locale.ROOT)));
        Map<String, String> values = new HashMap<>();
        map.forEach((k, v) -> {
            String key = String.valueOf(k);
            if (!known.contains(key)) {
                throw new UnknownNameException(
                        "setting in '" + file + "'",
                        key,
                        known,
                        "use the names of the options of `tl " + command.getCommandName() + "`");
            }
            values.put(
                    key,
                    v instanceof List<?> list
                            ? list.stream().map(String::valueOf).collect(Collectors.joining(","))
                            : String.valueOf(v));
        });
        return values;
    }

    private static String key(OptionSpec option) {
        return option.longestName().replaceFirst("^--", "");
    }
}
