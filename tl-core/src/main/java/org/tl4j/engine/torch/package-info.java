// SPDX-License-Identifier: Apache-2.0
/**
 * Training on libtorch through DJL; the only user of {@code ai.djl.pytorch}.
 *
 * <p>A graph becomes a TorchScript archive: generated code and the weights. Forward, loss and backward then run inside
 * libtorch in one native call a step, and the update in another.
 */
@NullMarked
package org.tl4j.engine.torch;

import org.jspecify.annotations.NullMarked;
