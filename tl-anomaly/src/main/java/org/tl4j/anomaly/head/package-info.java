// SPDX-License-Identifier: Apache-2.0
/** A fitted detector with its threshold as the head of a backbone, and the tasks that read data for it. */
@NullMarked
package org.tl4j.anomaly.head;

import org.jspecify.annotations.NullMarked;
