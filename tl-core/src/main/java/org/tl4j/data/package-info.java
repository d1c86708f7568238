// SPDX-License-Identifier: Apache-2.0
/**
 * Data to learn from: data sets, tables, label maps, splits, batches, and the doctor who examines them.
 *
 * <pre>{@code
 * Dataset<String, String> tickets = Dataset.of("tickets.csv", examples);
 * LabelMap labels = LabelMap.fromData(tickets.targets());
 * Split<String, String> split = Split.stratified(tickets, 0.2, 42, List::of);
 * for (int[] batch : Batches.shuffled(split.train().size(), 16, 42, epoch)) { ... }
 * }</pre>
 *
 * <p>Whatever is random here is a pure function of its seed, on every platform: a run that resumes sees what it would have
 * seen. Every example carries the place it came from, so that a complaint can name file and line.
 *
 * <p>This package uses only {@code org.tl4j.tensor} and {@code org.tl4j.error}.
 */
@NullMarked
package org.tl4j.data;

import org.jspecify.annotations.NullMarked;
