// SPDX-License-Identifier: Apache-2.0
/**
 * How good answers are: accumulators that take answers as they come and give figures with 95 % intervals.
 *
 * <pre>{@code
 * ConfusionMatrix confusion = new ConfusionMatrix(List.of("ham", "spam"));
 * confusion.add(truth, answer);                       // indices, one example after another
 * Estimate accuracy = confusion.accuracy();           // 0.97 [0.95, 0.98]
 * System.out.println(confusion.table());
 * }</pre>
 *
 * <p>This package uses only {@code org.tl4j.tensor} and {@code org.tl4j.error}.
 */
@NullMarked
package org.tl4j.metric;

import org.jspecify.annotations.NullMarked;
