// SPDX-License-Identifier: Apache-2.0
/** From a user's name to the tensors that a model reads. */
@NullMarked
package org.tl4j.recsys.input;

import org.jspecify.annotations.NullMarked;
