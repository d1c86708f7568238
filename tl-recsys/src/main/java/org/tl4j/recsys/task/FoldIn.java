// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.task;

import java.util.List;
import org.tl4j.model.Endpoints;
import org.tl4j.tuning.FineTuner;
import org.tl4j.tuning.Freeze;
import org.tl4j.tuning.Phase;
import org.tl4j.tuning.Recipe;

/**
 * Trains the embeddings of users, which are new, and the head; items and layers of an earlier network stay as they are.
 */
public final class FoldIn implements FineTuner {
    private static final int EPOCHS = 10;
    private static final double RATE = 1e-2;

    @Override
    public String id() {
        return "fold-in";
    }

    @Override
    public String title() {
        return "trains the first layer and the head: new users of a recommender that knows the items";
    }

    @Override
    public List<Phase> phases(Recipe r, List<Endpoints.Layer> layers) {
        int epochs = r.epochs() == 0 ? EPOCHS : r.epochs();
        double rate = r.rate() == 0 ? RATE : r.rate();
        return List.of(new Phase.Gradient(new Freeze.FirstLayers(1), epochs, rate, r.schedule(), 1));
    }
}
