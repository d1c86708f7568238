// SPDX-License-Identifier: Apache-2.0
/**
 * Anomaly detection on tables and on the features of any backbone.
 *
 * <p>{@code detector} holds the families, one file each; {@code head} puts a fitted detector and its threshold on a
 * backbone; {@code dataset} reads tables; {@code input} brings their rows into the form that was learned from;
 * {@code metric} judges scores.
 */
@NullMarked
package org.tl4j.anomaly;

import org.jspecify.annotations.NullMarked;
