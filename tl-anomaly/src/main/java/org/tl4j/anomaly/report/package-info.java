// SPDX-License-Identifier: Apache-2.0
/** Pictures of what was found strange, for people. */
@NullMarked
package org.tl4j.anomaly.report;

import org.jspecify.annotations.NullMarked;
