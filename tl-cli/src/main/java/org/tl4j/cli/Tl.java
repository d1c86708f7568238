// SPDX-License-Identifier: Apache-2.0
package org.tl4j.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.TlException;
import org.tl4j.error.UnknownNameException;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/**
 * The {@code tl} command. Answers go to standard output, progress and errors to standard error; the exit code is 0 when
 * it is done, 1 when it failed, 2 when it was used wrongly.
 */
@Command(
        name = "tl",
        mixinStandardHelpOptions = true,
        versionProvider = Tl.Version.class,
        scope = ScopeType.INHERIT,
        description = "Transfer learning for the JVM: a pretrained model and a few hundred labelled examples make a"
                + " fine-tuned model that your own JVM serves.",
        subcommands = {
            QuickstartCommand.class,
            DoctorCommand.class,
            FinetuneCommand.class,
            EvaluateCommand.class,
            PredictCommand.class,
            ForecastCommand.class,
            DetectAnomaliesCommand.class,
            RecommendCommand.class,
            FamiliesCommand.class,
            PresetsCommand.class,
            ExplainCommand.class,
            EmbedCommand.class,
            CacheCommand.class,
            ExportCommand.class,
            ParityCommand.class,
            AutoComplete.GenerateCompletion.class,
            CommandLine.HelpCommand.class
        })
public final class Tl implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--stack-trace", scope = ScopeType.INHERIT, description = "show where an error came from")
    private boolean stackTrace;

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "Name a command.");
    }

    public static void main(String[] arguments) {
        System.exit(execute(arguments));
    }

    /** Runs a command line and gives its exit code. */
    static int execute(String... arguments) {
        Tl tl = new Tl();
        CommandLine line = new CommandLine(tl)
                .setOut(new PrintWriter(System.out, true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(System.err, true, StandardCharsets.UTF_8))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpAutoWidth(true);
        line.setExecutionExceptionHandler((e, command, result) -> tl.failed(e, command));
        ConfigFile.applyTo(line, arguments);
        return line.execute(arguments);
    }

    private int failed(Exception e, CommandLine command) {
        if (stackTrace) {
            e.printStackTrace(command.getErr());
        }
        if (e instanceof TlException known) {
            command.getErr().println(command.getColorScheme().errorText(known.getMessage()));
            return known instanceof InvalidArgumentException || known instanceof UnknownNameException
                    ? CommandLine.ExitCode.USAGE
                    : CommandLine.ExitCode.SOFTWARE;
        }
        command.getErr()
                .println(command.getColorScheme().errorText("tl failed in a way that it did not foresee: " + e));
        command.getErr().println("run it again with --stack-trace and report what it prints");
        return CommandLine.ExitCode.SOFTWARE;
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
