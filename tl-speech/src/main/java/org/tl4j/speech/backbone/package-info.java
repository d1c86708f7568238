// SPDX-License-Identifier: Apache-2.0
/** Families of networks that listen, one class each, which emits graph and no more. */
@NullMarked
package org.tl4j.speech.backbone;

import org.jspecify.annotations.NullMarked;
