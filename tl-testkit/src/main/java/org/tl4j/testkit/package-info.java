// SPDX-License-Identifier: Apache-2.0
/**
 * Contract tests for plug-ins: what every backbone, head and fine-tuner has to pass.
 *
 * <p>The contracts will live here. Nothing is here yet.
 */
@NullMarked
package org.tl4j.testkit;

import org.jspecify.annotations.NullMarked;
