// SPDX-License-Identifier: Apache-2.0
/** How well scores tell anomalies from normal rows. */
@NullMarked
package org.tl4j.anomaly.metric;

import org.jspecify.annotations.NullMarked;
