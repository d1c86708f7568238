// SPDX-License-Identifier: Apache-2.0
/**
 * Fine-tuning: the SPI {@link org.tl4j.tuning.FineTuner}, what is frozen and for how long, schedules, the loop, and
 * checkpoints that resume to the same bits.
 *
 * <p>Before training the graph is cut at the last frozen value; what lies before the cut is run once by the inference
 * engine and kept, so that E epochs cost one pass of the backbone and E of the rest.
 *
 * <p>This package uses {@code org.tl4j.model}, {@code .data}, {@code .metric}, {@code .engine}, {@code .weights},
 * {@code .graph}, {@code .tensor} and {@code .error}.
 */
@NullMarked
package org.tl4j.tuning;

import org.jspecify.annotations.NullMarked;
