// SPDX-License-Identifier: Apache-2.0
/**
 * What a model is made of: the SPIs {@link org.tl4j.model.Backbone} and {@link org.tl4j.model.Head}, presets,
 * preprocessing, and the folder that a model is saved as.
 *
 * <p>Descriptions are found by {@link java.util.ServiceLoader}, stateless and cheap to list; none loads native code. This
 * package uses {@code org.tl4j.graph}, {@code org.tl4j.weights}, {@code org.tl4j.data},
 * {@code org.tl4j.metric}, {@code org.tl4j.tensor} and
 * {@code org.tl4j.error}.
 */
@NullMarked
package org.tl4j.model;

import org.jspecify.annotations.NullMarked;
