// SPDX-License-Identifier: Apache-2.0
/** The families of detectors, one file each: fitted to rows of numbers, they score rows and write themselves as a graph. */
@NullMarked
package org.tl4j.anomaly.detector;

import org.jspecify.annotations.NullMarked;
