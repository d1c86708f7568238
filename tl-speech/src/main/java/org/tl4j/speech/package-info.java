// SPDX-License-Identifier: Apache-2.0
/**
 * Sound: audio classification on pretrained and on new networks.
 *
 * <p>{@code input} decodes and prepares, {@code dataset} reads labelled sound, {@code backbone} holds the families,
 * {@code task} says what is answered.
 */
@NullMarked
package org.tl4j.speech;

import org.jspecify.annotations.NullMarked;
