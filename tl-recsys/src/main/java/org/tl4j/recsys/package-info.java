// SPDX-License-Identifier: Apache-2.0
/**
 * Recommendation from ratings and clicks.
 *
 * <p>{@code dataset} reads interactions and splits them; {@code family} says what a family of recommenders is, of which
 * {@code baseline}, {@code neighbour} and {@code factorisation} hold those that are computed at once and {@code backbone}
 * the networks; {@code head} turns either into answers, {@code task} is the way in.
 */
@NullMarked
package org.tl4j.recsys;

import org.jspecify.annotations.NullMarked;
