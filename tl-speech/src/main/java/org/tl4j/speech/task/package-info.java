// SPDX-License-Identifier: Apache-2.0
/** Audio classification, as a description. */
@NullMarked
package org.tl4j.speech.task;

import org.jspecify.annotations.NullMarked;
