// SPDX-License-Identifier: Apache-2.0
/** What a family of recommenders is, and what it makes of interactions. */
@NullMarked
package org.tl4j.recsys.family;

import org.jspecify.annotations.NullMarked;
