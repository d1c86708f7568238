// SPDX-License-Identifier: Apache-2.0
package org.tl4j.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The {@code tl} command. It has no subcommand yet and says so. */
@Command(
        name = "tl",
        mixinStandardHelpOptions = true,
        versionProvider = Tl.Version.class,
        description = "Transfer learning for Java.")
public final class Tl implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getErr());
        return CommandLine.ExitCode.USAGE;
    }

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Tl()).execute(arguments));
    }

    /** The version in the jar's manifest. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Tl.class.getPackage().getImplementationVersion();
            return new String[] {"TL4J " + (version == null ? "(from sources)" : version)};
        }
    }
}
