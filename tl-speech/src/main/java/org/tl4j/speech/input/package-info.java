// SPDX-License-Identifier: Apache-2.0
/** Sound as backbones see it: files decoded, resampled, and brought to samples or spectrograms. */
@NullMarked
package org.tl4j.speech.input;

import org.jspecify.annotations.NullMarked;
