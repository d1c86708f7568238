// SPDX-License-Identifier: Apache-2.0
/** Rows of a table as the numbers that a detector was fitted to, their columns matched by name. */
@NullMarked
package org.tl4j.anomaly.input;

import org.jspecify.annotations.NullMarked;
