// SPDX-License-Identifier: Apache-2.0
/**
 * Images: classification, segmentation and object detection.
 *
 * <p>The backbones, heads, input preparation and data sets of this task group live in subpackages named by their role.
 */
@NullMarked
package org.tl4j.vision;

import org.jspecify.annotations.NullMarked;
