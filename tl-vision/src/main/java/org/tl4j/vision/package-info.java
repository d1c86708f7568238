// SPDX-License-Identifier: Apache-2.0
/**
 * Images: classification, segmentation and object detection.
 *
 * <p>Everything lies in a subpackage named by its role: {@code backbone} (one file a family), {@code head} (tasks),
 * {@code input} (decoding, preprocessing, augmentation), {@code dataset} (folders, tables, COCO, Pascal VOC).
 */
@NullMarked
package org.tl4j.vision;

import org.jspecify.annotations.NullMarked;
