// SPDX-License-Identifier: Apache-2.0
/** Labelled sound: folders of classes, tables of paths, and files whose names say their labels. */
@NullMarked
package org.tl4j.speech.dataset;

import org.jspecify.annotations.NullMarked;
