// SPDX-License-Identifier: Apache-2.0
/**
 * Families of pretrained text models, one file each, that emit graph only.
 *
 * <p>This package uses {@code org.tl4j.model}, {@code .graph}, {@code .tensor} and {@code .error}.
 */
@NullMarked
package org.tl4j.nlp.backbone;

import org.jspecify.annotations.NullMarked;
