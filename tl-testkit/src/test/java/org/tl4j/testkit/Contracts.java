// SPDX-License-Identifier: Apache-2.0
package org.tl4j.testkit;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.platform.engine.TestSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;

/** Runs the test of a plug-in as a build would and tells which of its tests fail. */
final class Contracts {
    private Contracts() {}

    /** Names of the test methods of which something failed; the class's own name if it could not even be run. */
    static Set<String> failures(Class<?> contract) {
        EngineExecutionResults results = run(contract);
        if (results.testEvents().started().count() == 0) {
            throw new AssertionError(contract + " has no tests");
        }
        return results.allEvents().failed().stream()
                .map(Contracts::method)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Method and display name of every test that was run. */
    static List<String> started(Class<?> contract) {
        return run(contract).testEvents().started().stream()
                .map(e -> method(e) + " " + e.getTestDescriptor().getDisplayName())
                .toList();
    }

    private static EngineExecutionResults run(Class<?> contract) {
        return EngineTestKit.engine("junit-jupiter")
                .selectors(selectClass(contract))
                .execute();
    }

    private static String method(Event event) {
        TestSource source = event.getTestDescriptor().getSource().orElse(null);
        return source instanceof MethodSource m
                ? m.getMethodName()
                : event.getTestDescriptor().getDisplayName();
    }
}
