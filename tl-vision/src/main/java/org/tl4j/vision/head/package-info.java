// SPDX-License-Identifier: Apache-2.0
/**
 * Tasks on images: how examples are read, what is put on a backbone, how answers are written.
 *
 * <pre>{@code
 * Task<ImageSource, List<String>, Classification> task = ImageClassification.of(LabelMap.of("ant", "bee"));
 * }</pre>
 */
@NullMarked
package org.tl4j.vision.head;

import org.jspecify.annotations.NullMarked;
