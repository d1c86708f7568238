// SPDX-License-Identifier: Apache-2.0
package org.tl4j.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * Counts what the tests of all modules skipped: only tests that are known to need files from elsewhere may be, and all
 * of them are where nobody says where these files are. Of all modules, this one is built last.
 */
class SkippedTestsTest {
    private static final Path ROOT = Path.of("..");

    @Test
    void onlyTestsThatNeedFilesFromElsewhereWereSkipped() throws Exception {
        Map<String, Integer> known = known();
        Map<String, Integer> ran = new TreeMap<>();
        Map<String, Integer> skipped = new TreeMap<>();
        count(ran, skipped);
        boolean filesAreThere =
                Stream.of("TL4J_WEIGHTS", "TL4J_DATA", "TL4J_PYTHON").anyMatch(name -> System.getenv(name) != null);
        int total = skipped.values().stream().mapToInt(Integer::intValue).sum();
        System.out.println(total + " tests were skipped for want of files: " + skipped);

        assertThat(known.keySet()).as("tests that may be skipped").containsAll(skipped.keySet());
        if (!filesAreThere) {
            // A build of some modules alone has reports of these alone.
            known.keySet().retainAll(ran.keySet());
            assertThat(skipped).as("skipped tests, and how often").isEqualTo(known);
        }
    }

    private static Map<String, Integer> known() throws IOException {
        Map<String, Integer> known = new TreeMap<>();
        try (InputStream in = SkippedTestsTest.class.getResourceAsStream("/skipped-tests.txt")) {
            assertThat(in).isNotNull();
            new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(l -> !l.startsWith("#") && !l.isBlank())
                    .map(l -> l.split(" "))
                    .forEach(l -> known.put(l[0], Integer.valueOf(l[1])));
        }
        return known;
    }

    private static void count(Map<String, Integer> ran, Map<String, Integer> skipped)
            throws IOException, ParserConfigurationException, SAXException {
        DocumentBuilder parser = DocumentBuilderFactory.newInstance().newDocumentBuilder();
        for (Path report : reports()) {
            NodeList tests = parser.parse(report.toFile()).getElementsByTagName("testcase");
            for (int i = 0; i < tests.getLength(); i++) {
                Element test = (Element) tests.item(i);
                String name = test.getAttribute("classname") + "."
                        + test.getAttribute("name").replaceAll("[({\\[].*", "");
                ran.merge(name, 1, Integer::sum);
                if (test.getElementsByTagName("skipped").getLength() > 0) {
                    skipped.merge(name, 1, Integer::sum);
                }
            }
        }
    }

    private static List<Path> reports() throws IOException {
        List<Path> reports = new ArrayList<>();
        try (Stream<Path> modules = Files.list(ROOT)) {
            for (Path module : modules.sorted().toList()) {
                Path folder = module.resolve("target/surefire-reports");
                if (Files.isDirectory(folder)) {
                    try (Stream<Path> files = Files.list(folder)) {
                        files.filter(f -> f.toString().endsWith(".xml")).forEach(reports::add);
                    }
                }
            }
        }
        return reports;
    }
}
