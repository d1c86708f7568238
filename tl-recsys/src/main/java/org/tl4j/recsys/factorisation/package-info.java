// SPDX-License-Identifier: Apache-2.0
/** Factorisations of the matrix of interactions, one family a file. */
@NullMarked
package org.tl4j.recsys.factorisation;

import org.jspecify.annotations.NullMarked;
