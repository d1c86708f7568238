// SPDX-License-Identifier: Apache-2.0
/**
 * Benchmarks of TL4J beside its Python peers.
 *
 * <p>The benchmarks will live here. Nothing is here yet.
 */
@NullMarked
package org.tl4j.bench;

import org.jspecify.annotations.NullMarked;
