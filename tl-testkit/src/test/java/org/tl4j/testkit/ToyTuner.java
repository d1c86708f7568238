// SPDX-License-Identifier: Apache-2.0
package org.tl4j.testkit;

import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.tl4j.model.Endpoints;
import org.tl4j.tuning.FineTuner;
import org.tl4j.tuning.Freeze;
import org.tl4j.tuning.Phase;
import org.tl4j.tuning.Recipe;
import org.tl4j.tuning.Schedule;

/** The head, then all layers; as it should be but for one flaw. */
public final class ToyTuner implements FineTuner {
    /** What may be wrong with it. */
    enum Flaw {
        NONE,
        A_NUMBER_IN_ITS_NAME,
        NO_TITLE,
        NO_PHASES,
        NO_PHASES_FOR_MANY_LAYERS,
        A_RANDOM_RATE,
        ANOTHER_ANSWER_EACH_TIME,
        EPOCHS_OF_ITS_OWN,
        A_RATE_OF_ITS_OWN,
        A_SCHEDULE_OF_ITS_OWN,
        A_DECAY_OF_ITS_OWN,
        A_RATE_THAT_TEACHES_NOTHING
    }

    private static final AtomicInteger CALLS = new AtomicInteger();

    private final Flaw flaw;

    /** Without a flaw. */
    public ToyTuner() {
        this(Flaw.NONE);
    }

    ToyTuner(Flaw flaw) {
        this.flaw = flaw;
    }

    private boolean has(Flaw f) {
        return flaw == f;
    }

    @Override
    public String id() {
        return has(Flaw.A_NUMBER_IN_ITS_NAME) ? "toy-2" : "toy";
    }

    @Override
    public String title() {
        return has(Flaw.NO_TITLE) ? " " : "the head, then all";
    }

    @Override
    public List<Phase> phases(Recipe r, List<Endpoints.Layer> layers) {
        if (has(Flaw.NO_PHASES) || has(Flaw.NO_PHASES_FOR_MANY_LAYERS) && layers.size() > 4) {
            return List.of();
        }
        Schedule schedule = has(Flaw.A_SCHEDULE_OF_ITS_OWN) ? Schedule.cosine() : r.schedule();
        double rate = switch (flaw) {
            case A_RANDOM_RATE -> 0.01 + 0.001 * new Random().nextDouble();
            case A_RATE_OF_ITS_OWN -> 0.02;
            case A_RATE_THAT_TEACHES_NOTHING -> 1e-9;
            default -> or(r.rate(), 0.01);
        };
        double headRate = has(Flaw.A_RATE_THAT_TEACHES_NOTHING) ? 1e-9 : or(r.headRate(), 0.01);
        int epochs = has(Flaw.EPOCHS_OF_ITS_OWN) ? 3 : r.epochs() == 0 ? 2 : r.epochs();
        int headEpochs = Math.max(1, r.headEpochs());
        if (has(Flaw.ANOTHER_ANSWER_EACH_TIME)) {
            headEpochs += CALLS.incrementAndGet();
        }
        return List.of(
                new Phase.Gradient(new Freeze.HeadOnly(), headEpochs, headRate, schedule, 1),
                new Phase.Gradient(
                        new Freeze.Nothing(),
                        epochs,
                        rate,
                        schedule,
                        has(Flaw.A_DECAY_OF_ITS_OWN) ? 0.9 : r.layerDecay()));
    }

    private static double or(double given, double otherwise) {
        return given == 0 ? otherwise : given;
    }
}
