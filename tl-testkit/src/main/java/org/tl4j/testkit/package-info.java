// SPDX-License-Identifier: Apache-2.0
/**
 * Contract tests for plug-ins: what every backbone, head and fine-tuner has to pass. Passing the contract is being one.
 *
 * <p>Each contract is an interface of JUnit 5 tests. A plug-in's own test implements it, says what is under test, and
 * inherits the tests:
 *
 * <pre>{@code
 * class MyNetContractTest implements BackboneContract {
 *   public Backbone backbone() {
 *     return new MyNet();
 *   }
 *
 *   public Map<String, Config> configurations() {
 *     return Map.of("tiny", Config.empty().with("hidden_size", 16).with("num_hidden_layers", 2));
 *   }
 *
 *   public Map<String, Set<String>> publishedNames() {
 *     return Map.of("tiny", Set.of("embed.weight", "layer.0.fc.weight", ...));
 *   }
 * }
 * }</pre>
 *
 * <p>No weights and no network are needed; everything runs on the processor. This package uses JUnit, AssertJ and
 * tl-core, and nothing of the task modules.
 */
@NullMarked
package org.tl4j.testkit;

import org.jspecify.annotations.NullMarked;
