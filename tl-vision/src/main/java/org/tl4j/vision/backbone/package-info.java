// SPDX-License-Identifier: Apache-2.0
/**
 * Families of networks that look at pictures, one file each.
 *
 * <h2>What all of them have in common</h2>
 *
 * <ul>
 *   <li>They take {@code image f32[N, 3, H, W]}, normalised as the published weights want it. H and W are open unless a
 *       family says otherwise, and the shapes of feature maps follow from them.
 *   <li>Settings and parameters have the names of the published constructor and checkpoint; a setting that is not given
 *       has the published default. Variants have the names of torchvision's builders: {@code resnet18}.
 *   <li>A family is built without its classifier. The setting {@code num_classes}, if it is above 0, adds the published
 *       classifier under its published names and declares its answer, {@code logits f32[N, num_classes]} (for
 *       segmentation {@code out f32[N, num_classes, H, W]}), among the outputs. References are always built with it.
 *       Dropout and stochastic depth are settings too, and 0 in references.
 *   <li>Segmentation networks declare {@code pixels f32[N, C, h, w]} among the outputs, and {@code aux_pixels} where they
 *       have an auxiliary classifier: what a 1 x 1 convolution, enlarged to the picture, makes the classes of pixels of.
 *       That convolution is the published classifier that transfer learning drops.
 *   <li>Endpoints: feature maps, finest first, the last one of each stage; {@code pooled}, the mean of the last
 *       map over the picture (the class token of a Vision Transformer); layers by the published modules.
 * </ul>
 *
 * <p>Families emit graph only. This package uses {@code org.tl4j.model}, {@code .graph}, {@code .tensor} and
 * {@code .error}.
 */
@NullMarked
package org.tl4j.vision.backbone;

import org.jspecify.annotations.NullMarked;
