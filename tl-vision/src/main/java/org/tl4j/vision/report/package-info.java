// SPDX-License-Identifier: Apache-2.0
/**
 * Pictures of how a model answers: the worst examples on one sheet, a confusion matrix, what an answer hangs on.
 *
 * <p>All are PNG files, whole or not there. Text is drawn with the fonts of the machine; one without fonts gets the
 * pictures without text.
 */
@NullMarked
package org.tl4j.vision.report;

import org.jspecify.annotations.NullMarked;
