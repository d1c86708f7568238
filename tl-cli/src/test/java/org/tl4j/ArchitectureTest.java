// SPDX-License-Identifier: Apache-2.0
package org.tl4j;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.equivalentTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaConstructorCall;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.GeneralCodingRules;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What may use what, over the classes of every module but the benchmarks. */
class ArchitectureTest {
    /** An empty scan would pass every rule below. */
    private static final int CLASSES_AT_LEAST = 150;

    private static final Set<String> TASK_MODULES =
            Set.of("vision", "nlp", "speech", "recsys", "timeseries", "anomaly");
    private static final Set<String> OTHER_MODULES = Set.of("testkit", "cli");

    /** The packages of tl-core, lowest first, and what each may use. */
    private static final Map<String, Set<String>> CORE = arrows("""
            error        ->
            tensor       -> error
            graph        -> tensor error
            data         -> tensor error
            metric       -> tensor error
            weights      -> graph tensor error
            hub          -> weights graph tensor error
            onnx         -> weights graph tensor error
            model        -> data metric weights graph tensor error
            engine       -> weights graph tensor error
            engine.onnx  -> engine onnx weights graph tensor error
            engine.torch -> engine weights graph tensor error
            parity       -> model engine weights graph tensor error
            serving      -> model data metric engine engine.onnx onnx hub weights graph tensor error
            tuning       -> serving model data metric engine engine.onnx engine.torch onnx hub weights graph tensor error
            """);

    private static final JavaClasses ALL = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("org.tl4j");

    @Test
    void seesEveryModule() {
        assertThat(ALL.size()).isGreaterThanOrEqualTo(CLASSES_AT_LEAST);
        assertThat(packages())
                .extracting(ArchitectureTest::module)
                .containsAll(TASK_MODULES)
                .containsAll(OTHER_MODULES);
        assertThat(packages()).extracting(ArchitectureTest::corePackage).contains("error", "graph", "tuning");
    }

    @Test
    void everyPackageHasItsPlace() {
        Set<String> strangers = new TreeSet<>();
        for (JavaPackage p : packages()) {
            if (!TASK_MODULES.contains(module(p))
                    && !OTHER_MODULES.contains(module(p))
                    && corePackage(p).isEmpty()) {
                strangers.add(p.getName());
            }
        }
        assertThat(strangers).as("packages that no rule of this test knows").isEmpty();
    }

    static Stream<Arguments> corePackages() {
        return CORE.entrySet().stream().map(e -> arguments(e.getKey(), e.getValue()));
    }

    @ParameterizedTest
    @MethodSource
    void corePackages(String name, Set<String> mayUse) {
        check(classes()
                .that(areIn(p -> corePackage(p).equals(name), "org.tl4j." + name))
                .should()
                .onlyDependOnClassesThat(describe(
                        "are its own, or of " + mayUse + ", or not TL4J's",
                        (JavaClass c) -> !c.getPackageName().startsWith("org.tl4j.")
                                || corePackage(c.getPackage()).equals(name)
                                || mayUse.contains(corePackage(c.getPackage())))));
    }

    static Stream<String> taskModules() {
        return TASK_MODULES.stream().sorted();
    }

    @ParameterizedTest
    @MethodSource
    void taskModules(String name) {
        check(classes()
                .that()
                .resideInAPackage("org.tl4j." + name + "..")
                .should()
                .onlyDependOnClassesThat(describe(
                        "are its own, or of tl-core, or not TL4J's",
                        (JavaClass c) -> !c.getPackageName().startsWith("org.tl4j.")
                                || module(c.getPackage()).equals(name)
                                || !corePackage(c.getPackage()).isEmpty())));
    }

    @Test
    void theTestKitUsesOnlyTheCore() {
        check(noClasses()
                .that()
                .resideInAPackage("org.tl4j.testkit..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        TASK_MODULES.stream().map(m -> "org.tl4j." + m + "..").toArray(String[]::new)));
    }

    @Test
    void noPackagesUseEachOther() {
        check(SlicesRuleDefinition.slices().matching("org.tl4j.(**)").should().beFreeOfCycles());
    }

    /** The only homes of what is not ours: a pattern of foreign packages, then those that may use it. */
    static Stream<Arguments> foreignPackages() {
        return Stream.of(
                arguments(resideInAPackage("ai.onnxruntime.."), List.of("org.tl4j.engine.onnx..")),
                arguments(resideInAPackage("ai.djl.huggingface.."), List.of("org.tl4j.nlp.input..")),
                arguments(
                        resideInAPackage("ai.djl..")
                                .and(DescribedPredicate.not(resideInAPackage("ai.djl.huggingface.."))),
                        List.of("org.tl4j.engine.torch..")),
                arguments(
                        resideInAnyPackage("ai.onnx.proto..", "com.google.protobuf..", "org.tribuo.util.onnx.."),
                        List.of("org.tl4j.onnx..")),
                // LibSVM comes through Tribuo.
                arguments(
                        resideInAnyPackage("org.tribuo..", "libsvm..")
                                .and(DescribedPredicate.not(resideInAPackage("org.tribuo.util.onnx.."))),
                        List.of("org.tl4j.anomaly.detector..")),
                arguments(resideInAPackage("com.sun.jna.."), List.of("org.tl4j.engine.torch..")),
                arguments(resideInAPackage("io.jhdf.."), List.of("org.tl4j.weights..")),
                arguments(resideInAPackage("picocli.."), List.of("org.tl4j.cli..")),
                arguments(
                        resideInAnyPackage("org.junit..", "org.assertj..", "net.jqwik.."),
                        List.of("org.tl4j.testkit..")),
                // One JSON library, which is Gson; one way to log, which is System.Logger.
                arguments(resideInAPackage("com.fasterxml.."), List.of()),
                arguments(
                        resideInAnyPackage(
                                "java.util.logging..",
                                "org.slf4j..",
                                "org.apache.commons.logging..",
                                "org.apache.logging.."),
                        List.of()),
                arguments(resideInAnyPackage("sun..", "jdk.internal.."), List.of()));
    }

    @ParameterizedTest
    @MethodSource
    void foreignPackages(DescribedPredicate<JavaClass> foreign, List<String> users) {
        check(noClasses()
                .that()
                .resideOutsideOfPackages(users.toArray(String[]::new))
                .should()
                .dependOnClassesThat(foreign));
    }

    @Test
    void familiesAndHeadsOnlyDescribe() {
        check(noClasses()
                .that()
                .resideInAnyPackage("org.tl4j.*.backbone..", "org.tl4j.*.head..")
                .should()
                .dependOnClassesThat(resideInAnyPackage(
                                "org.tl4j.engine..",
                                "org.tl4j.onnx..",
                                "org.tl4j.serving..",
                                "org.tl4j.tuning..",
                                "java.net..")
                        .or(equivalentTo(Files.class))));
    }

    /** A head is told where data lie and hands the path on to a data set; a family has nothing to do with files. */
    @Test
    void familiesKnowNoFiles() {
        check(noClasses()
                .that()
                .resideInAPackage("org.tl4j.*.backbone..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("java.nio.file.."));
    }

    @Test
    void everyPackageIsNullMarked() {
        assertThat(packages().stream()
                        .filter(p -> p.tryGetPackageInfo()
                                .filter(info -> info.isAnnotatedWith(NullMarked.class))
                                .isEmpty())
                        .map(JavaPackage::getName))
                .as("packages without a package-info that says @NullMarked")
                .isEmpty();
    }

    @Test
    void onlyTheCommandLinePrints() {
        check(GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS, outside("org.tl4j.cli"));
    }

    @Test
    void onlyTheCommandLineExits() {
        check(
                noClasses()
                        .should()
                        .callMethod(System.class, "exit", int.class)
                        .orShould()
                        .callMethod(Runtime.class, "exit", int.class)
                        .orShould()
                        .callMethod(Runtime.class, "halt", int.class),
                outside("org.tl4j.cli"));
    }

    @Test
    void nothingThrowsExceptionsThatSayNothing() {
        Set<Class<?>> tooWide = Set.of(Throwable.class, Exception.class, RuntimeException.class, Error.class);
        check(noClasses()
                .should()
                .callConstructorWhere(describe("it makes one of " + tooWide, (JavaConstructorCall call) -> {
                    boolean callOfSuper = call.getOrigin().isConstructor()
                            && call.getOriginOwner()
                                    .isAssignableTo(call.getTargetOwner().getName());
                    return !callOfSuper && tooWide.stream().anyMatch(call.getTargetOwner()::isEquivalentTo);
                })));
    }

    @Test
    void packagesAreNamedAfterTheDomain() {
        Set<String> says = Set.of("util", "utils", "helper", "helpers", "impl", "common", "base", "manager", "misc");
        assertThat(packages().stream()
                        .filter(p -> Stream.of(p.getName().split("\\.")).anyMatch(says::contains)))
                .as("packages whose name says nothing")
                .isEmpty();
    }

    /**
     * Javadoc fails on a module without classes, which is why such a module skips it; with the first class the reason
     * is gone.
     */
    @Test
    void onlyModulesWithoutClassesSkipJavadoc() throws IOException {
        List<String> wrong = new ArrayList<>();
        try (DirectoryStream<Path> poms = Files.newDirectoryStream(root(), "tl-*")) {
            for (Path module : poms) {
                Path sources = module.resolve("src/main/java");
                if (Files.isDirectory(sources)
                        && Files.readString(module.resolve("pom.xml")).contains("<maven.javadoc.skip>")
                        && hasClasses(sources)) {
                    wrong.add(module.getFileName() + "/pom.xml");
                }
            }
        }
        assertThat(wrong).as("files to take <maven.javadoc.skip> out of").isEmpty();
    }

    private static boolean hasClasses(Path sources) throws IOException {
        try (Stream<Path> files = Files.walk(sources)) {
            return files.map(f -> f.getFileName().toString())
                    .anyMatch(f -> f.endsWith(".java") && !f.equals("package-info.java"));
        }
    }

    private static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("mvnw"))) {
            folder = folder.getParent();
        }
        return folder;
    }

    private static void check(ArchRule rule) {
        check(rule, c -> true);
    }

    /** Rules hold before there is anything to hold, such as a package of the design that is not there yet. */
    private static void check(ArchRule rule, Predicate<JavaClass> scope) {
        rule.allowEmptyShould(true).check(ALL.that(describe("in scope", scope)));
    }

    private static Predicate<JavaClass> outside(String packageName) {
        return c -> !(c.getPackageName() + ".").startsWith(packageName + ".");
    }

    private static DescribedPredicate<JavaClass> areIn(Predicate<JavaPackage> packages, String description) {
        return describe("reside in " + description, c -> packages.test(c.getPackage()));
    }

    private static Set<JavaPackage> packages() {
        return ALL.stream()
                .map(JavaClass::getPackage)
                .collect(Collectors.toCollection(() -> new TreeSet<>(Comparator.comparing(JavaPackage::getName))));
    }

    private static Map<String, Set<String>> arrows(String lines) {
        Map<String, Set<String>> arrows = new LinkedHashMap<>();
        lines.lines().map(line -> line.split("->", -1)).forEach(sides -> {
            Set<String> mayUse = new LinkedHashSet<>(List.of(sides[1].strip().split(" ")));
            mayUse.remove("");
            assertThat(arrows.keySet()).containsAll(mayUse);
            arrows.put(sides[0].strip(), mayUse);
        });
        return arrows;
    }

    /** The first word after {@code org.tl4j.}: the module, where it is not tl-core. */
    private static String module(JavaPackage p) {
        return p.getName().replaceFirst("^org\\.tl4j\\.?", "").replaceFirst("\\..*", "");
    }

    /** The longest name in {@link #CORE} that the package is or lies in; empty where there is none. */
    private static String corePackage(JavaPackage p) {
        return CORE.keySet().stream()
                .filter(name -> (p.getName() + ".").startsWith("org.tl4j." + name + "."))
                .max(Comparator.comparingInt(String::length))
                .orElse("");
    }
}
