// SPDX-License-Identifier: Apache-2.0
/**
 * Images with what is to be learned for them: labels, or the class of every pixel.
 *
 * <pre>{@code
 * ImageDataset insects = ImageDataset.folders(Path.of("hymenoptera"));   // train/ants/1.jpg ...
 * SegmentationDataset cells = SegmentationDataset.folders(Path.of("images"), Path.of("masks"), classes);
 * }</pre>
 *
 * <p>A data set holds paths and no pixels. What cannot be used is found when it is read, not when its turn comes in
 * training: broken images, empty class folders, masks of another size.
 */
@NullMarked
package org.tl4j.vision.dataset;

import org.jspecify.annotations.NullMarked;
