// SPDX-License-Identifier: Apache-2.0
/** Recommendation as a task: what the command line and programs call. */
@NullMarked
package org.tl4j.recsys.task;

import org.jspecify.annotations.NullMarked;
