// SPDX-License-Identifier: Apache-2.0
/**
 * Tasks on texts: how examples are read, what is put on a backbone, how answers are written.
 *
 * <pre>{@code
 * Task<String, List<String>, Classification> task = TextClassification.of(LabelMap.of("ham", "spam"));
 * }</pre>
 */
@NullMarked
package org.tl4j.nlp.head;

import org.jspecify.annotations.NullMarked;
