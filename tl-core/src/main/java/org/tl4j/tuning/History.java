// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What happened in a training: the loss of every step and the judgement of every epoch. */
public final class History {
    /**
     * An epoch as it was judged.
     *
     * @param phase from 0
     * @param epoch from 1, in its phase
     * @param step steps so far, of all phases
     * @param trainLoss mean over the epoch
     * @param validation metrics on the validation data, {@code loss} among them; empty without validation data
     * @param best whether no earlier epoch of the phase was better
     * @param seconds of this epoch
     */
    public record Epoch(
            int phase,
            int epoch,
            long step,
            double trainLoss,
            Map<String, Double> validation,
            boolean best,
            double seconds) {
        /** Keeps a sorted copy. */
        public Epoch {
            validation = Collections.unmodifiableMap(new TreeMap<>(validation));
        }
    }

    private final List<Double> losses = new ArrayList<>();
    private final List<Epoch> epochs = new ArrayList<>();

    void step(double loss) {
        losses.add(loss);
    }

    void epoch(Epoch epoch) {
        epochs.add(epoch);
    }

    /** The loss of every step, of all phases. */
    public List<Double> losses() {
        return Collections.unmodifiableList(losses);
    }

    /** The epochs in order, of all phases. */
    public List<Epoch> epochs() {
        return Collections.unmodifiableList(epochs);
    }
}
