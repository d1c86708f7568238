// SPDX-License-Identifier: Apache-2.0
package org.tl4j.data;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.tl4j.error.Checks;
import org.tl4j.error.EngineFailureException;

/**
 * Makes things ahead of their use, on threads of its own, and gives them in order: batches are decoded while the engine
 * works on an earlier one. What is given does not depend on the number of threads, as long as each thing is made of its
 * number alone. A failure is thrown where the thing would have been given. Used by one thread; closing it waits for
 * what is under way and stops the others.
 *
 * @param <T> what is made
 */
public final class Prefetch<T> implements Iterator<T>, AutoCloseable {
    private final int end;
    private final IntFunction<T> make;
    private final ExecutorService threads;
    private final Queue<Future<T>> waiting = new ArrayDeque<>();
    private final int ahead;
    private int next;

    /**
     * Begins to make the things of numbers {@code from} (inclusive) to {@code to} (exclusive).
     *
     * @param ahead how many may wait to be used: what is held in memory
     */
    public Prefetch(int from, int to, int ahead, IntFunction<T> make) {
        this(from, to, ahead, Runtime.getRuntime().availableProcessors(), make);
    }

    /**
     * As above, on that many threads.
     *
     * @param threads how many are made at once
     */
    public Prefetch(int from, int to, int ahead, int threads, IntFunction<T> make) {
        this.next = from;
        this.end = to;
        this.make = make;
        this.ahead = Checks.positive("ahead", ahead);
        this.threads = Executors.newFixedThreadPool(Math.min(ahead, threads), task -> {
            Thread thread = new Thread(task, "tl4j-prefetch");
            thread.setDaemon(true);
            return thread;
        });
        fill();
    }

    private void fill() {
        while (next < end && waiting.size() < ahead) {
            int number = next++;
            waiting.add(threads.submit(() -> make.apply(number)));
        }
    }

    @Override
    public boolean hasNext() {
        return !waiting.isEmpty();
    }

    @Override
    public T next() {
        Future<T> first = waiting.poll();
        if (first == null) {
            throw new NoSuchElementException("everything was given");
        }
        try {
            T made = first.get();
            fill();
            return made;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EngineFailureException(
                    "Waiting for a batch was interrupted.",
                    "an interrupt",
                    "batches, one after another",
                    "try again",
                    e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            if (e.getCause() instanceof Error cause) {
                throw cause;
            }
            throw new IllegalStateException("a task threw what it does not declare", e);
        }
    }

    @Override
    public void close() {
        // Not interrupted: an interrupt would close the file that a thread is reading for good.
        waiting.forEach(f -> f.cancel(false));
        threads.shutdown();
        boolean interrupted = false;
        // What they use, such as a session, may be closed next.
        for (boolean done = false; !done; ) {
            try {
                done = threads.awaitTermination(1, TimeUnit.HOURS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
