// SPDX-License-Identifier: Apache-2.0
/**
 * Where weights come from: the class path (a Maven artefact that holds them) and files.
 *
 * <p>This package uses {@code org.tl4j.weights}, {@code .graph}, {@code .tensor} and {@code .error}.
 */
@NullMarked
package org.tl4j.hub;

import org.jspecify.annotations.NullMarked;
