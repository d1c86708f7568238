// SPDX-License-Identifier: Apache-2.0
/**
 * One shape for every refusal: what was wrong, what was found, what was expected, how to fix it.
 *
 * <p>{@link org.tl4j.error.TlException} is the root; its few kinds are told apart by what the caller can do about them.
 * This package uses nothing else of TL4J.
 */
@NullMarked
package org.tl4j.error;

import org.jspecify.annotations.NullMarked;
