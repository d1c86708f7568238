// SPDX-License-Identifier: Apache-2.0
/** Series, windows of them, and how they are read. */
@NullMarked
package org.tl4j.timeseries.dataset;

import org.jspecify.annotations.NullMarked;
