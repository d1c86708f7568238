// SPDX-License-Identifier: Apache-2.0
/** Tables of labelled or unlabelled rows, from CSV, JSON lines and NumPy archives. */
@NullMarked
package org.tl4j.anomaly.dataset;

import org.jspecify.annotations.NullMarked;
