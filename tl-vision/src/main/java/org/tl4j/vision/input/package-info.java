// SPDX-License-Identifier: Apache-2.0
/**
 * From image files to the tensors that a backbone takes, and random views of them for training.
 *
 * <pre>{@code
 * try (ImageInput input = ImageInput.of(Config.empty().with("size", List.of(3, 224, 224)), null)) {
 *   HostTensor image = input.encode(ImageSource.file(Path.of("ant.jpg"))).get("image");   // f32[3, 224, 224]
 * }
 * }</pre>
 *
 * <p>Decoded pixels and every resampling are held against Pillow, augmentation against torchvision on Pillow's images,
 * because published backbones were trained through these. The only package of this module that decodes image files.
 */
@NullMarked
package org.tl4j.vision.input;

import org.jspecify.annotations.NullMarked;
