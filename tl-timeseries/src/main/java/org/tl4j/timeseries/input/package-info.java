// SPDX-License-Identifier: Apache-2.0
/** Windows in the form in which the networks take them. */
@NullMarked
package org.tl4j.timeseries.input;

import org.jspecify.annotations.NullMarked;
