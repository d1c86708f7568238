// SPDX-License-Identifier: Apache-2.0
/**
 * Whether a family's numbers are those of its reference implementation: fixtures written by Python are built, filled and
 * run here, on both engines.
 *
 * <p>This package uses {@code org.tl4j.model}, {@code .engine}, {@code .weights}, {@code .graph}, {@code .tensor} and
 * {@code .error}.
 */
@NullMarked
package org.tl4j.parity;

import org.jspecify.annotations.NullMarked;
