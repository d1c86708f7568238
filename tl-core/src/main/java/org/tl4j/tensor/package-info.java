// SPDX-License-Identifier: Apache-2.0
/**
 * Element types, shapes and tensors in the memory of the JVM.
 *
 * <h2>The shape legend</h2>
 *
 * Every shape in TL4J's documentation is written in this notation, element type first: {@code f32[N, C, H, W]}.
 *
 * <table>
 * <caption>Letters</caption>
 * <tr><td>{@code N}</td><td>batch</td><td>{@code C}</td><td>channels</td></tr>
 * <tr><td>{@code H, W}</td><td>height, width</td><td>{@code L}</td><td>tokens of a text</td></tr>
 * <tr><td>{@code T}</td><td>time steps or frames</td><td>{@code F}</td><td>features</td></tr>
 * <tr><td>{@code D}</td><td>width of a hidden state</td><td>{@code K}</td><td>classes</td></tr>
 * <tr><td>{@code P}</td><td>patches</td><td>{@code ?}</td><td>known only when it runs</td></tr>
 * </table>
 *
 * A scalar is {@code []}; arithmetic is written out, {@code H/32}. Weights are in the published layout:
 * {@code weight f32[out, in, kH, kW]}, {@code weight f32[out, in]}. Pixels name their range and layout:
 * {@code u8 RGB [H, W, C] 0..255}.
 *
 * <p>This package uses only {@code org.tl4j.error}.
 */
@NullMarked
package org.tl4j.tensor;

import org.jspecify.annotations.NullMarked;
