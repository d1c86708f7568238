// SPDX-License-Identifier: Apache-2.0
package org.tl4j.model;

/**
 * A task with its labels: what a transfer puts on a backbone.
 *
 * @param description how examples are read and answers written
 * @param head the head for these labels
 * @param <X> an example
 * @param <Y> what is learned for it
 * @param <P> what is answered for it
 */
public record Task<X, Y, P>(Head<X, Y, P> description, TaskHead<Y, P> head) {}
