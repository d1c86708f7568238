// SPDX-License-Identifier: Apache-2.0
/**
 * From texts to the tensors that a backbone takes.
 *
 * <p>The only package of this module that uses DJL's Hugging Face tokenizers.
 */
@NullMarked
package org.tl4j.nlp.input;

import org.jspecify.annotations.NullMarked;
