// SPDX-License-Identifier: Apache-2.0
/** Networks that score pairs of a user and an item, one family a file. */
@NullMarked
package org.tl4j.recsys.backbone;

import org.jspecify.annotations.NullMarked;
