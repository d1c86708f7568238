// SPDX-License-Identifier: Apache-2.0
/** How good rankings and predicted ratings are. */
@NullMarked
package org.tl4j.recsys.metric;

import org.jspecify.annotations.NullMarked;
