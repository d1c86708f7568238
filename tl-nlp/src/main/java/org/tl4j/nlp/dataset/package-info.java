// SPDX-License-Identifier: Apache-2.0
/**
 * Texts with labels, from CSV, TSV and JSON lines.
 *
 * <pre>{@code
 * TextDataset tickets = TextDataset.csv(Path.of("tickets.csv"), "text", "label");
 * TextDataset messages = TextDataset.read(Path.of("sms.tsv")); // guesses the columns, and says so in notes()
 * }</pre>
 */
@NullMarked
package org.tl4j.nlp.dataset;

import org.jspecify.annotations.NullMarked;
