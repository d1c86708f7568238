// SPDX-License-Identifier: Apache-2.0
/** The families, one file each. They emit graph only; names of parameters are the published ones. */
@NullMarked
package org.tl4j.timeseries.backbone;

import org.jspecify.annotations.NullMarked;
