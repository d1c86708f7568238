// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.dataset;

/**
 * A row of a file.
 *
 * @param user who
 * @param interaction what was done
 * @param source where it stands: {@code ratings.dat line 14}
 */
public record InteractionRow(String user, Interaction interaction, String source) {}
