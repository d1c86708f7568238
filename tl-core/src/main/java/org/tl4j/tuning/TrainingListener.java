// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import org.tl4j.hub.DownloadListener;

/** Hears how training goes, and the downloads before it. Every method does nothing by default. */
public interface TrainingListener extends DownloadListener {
    /** A listener that does nothing. */
    TrainingListener NONE = new TrainingListener() {};

    /** A sentence for the log, such as the freeze proof. */
    @Override
    default void note(String sentence) {}

    /** A phase begins; {@code steps} are those of the whole phase. */
    default void phase(int index, int count, String title, long steps) {}

    /** Work of a known size goes on, such as running the frozen prefix. */
    default void progress(String what, long done, long total) {}

    /** A step of the optimiser is done. */
    default void step(Step step) {}

    /** An epoch is done and was judged. */
    default void epoch(History.Epoch epoch) {}

    /**
     * A step of the optimiser.
     *
     * @param step from 1, in its phase
     * @param steps of the phase
     * @param loss mean over the step's examples
     * @param rate learning rate of the head
     * @param gradientNorm before clipping
     */
    record Step(long step, long steps, double loss, double rate, double gradientNorm) {}
}
