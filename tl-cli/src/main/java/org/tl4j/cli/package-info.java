// SPDX-License-Identifier: Apache-2.0
/** The {@code tl} command over the plug-ins on its class path. */
@NullMarked
package org.tl4j.cli;

import org.jspecify.annotations.NullMarked;
