// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.stream;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tl4j.anomaly.dataset.Condition;
import org.tl4j.anomaly.head.AnomalyHead;
import org.tl4j.anomaly.head.AnomalyScore;
import org.tl4j.serving.Predictor;

/**
 * Rows one by one, or in small batches, to scores, flags and the alarm that the data have changed. Not safe for use by
 * several threads at once.
 *
 * <pre>{@code
 * try (Predictor<TableRow, Condition, AnomalyScore> model = Predictor.load(folder, new TableAnomalyTask(), Device.CPU)) {
 *   AnomalyStream<TableRow> stream = AnomalyStream.of(model, 10_000);
 *   AnomalyStream.Step step = stream.next(TableRow.of(Map.of("amount", 51, "hour", 12)));
 *   if (step.drift()) {
 *     // fit anew
 *   }
 * }
 * }</pre>
 *
 * @param <X> a row
 */
public final class AnomalyStream<X> {
    private final Predictor<X, Condition, AnomalyScore> model;
    private final @Nullable DriftAlarm alarm;

    private AnomalyStream(Predictor<X, Condition, AnomalyScore> model, @Nullable DriftAlarm alarm) {
        this.model = model;
        this.alarm = alarm;
    }

    /**
     * What a row gave.
     *
     * @param answer its score and flag
     * @param drift whether the alarm went off that the data have changed
     */
    public record Step(AnomalyScore answer, boolean drift) {}

    /** Scores and flags alone. */
    public static <X> AnomalyStream<X> of(Predictor<X, Condition, AnomalyScore> model) {
        return new AnomalyStream<>(model, null);
    }

    /**
     * With an alarm of drift, which compares with the scores of the rows that the threshold was chosen on.
     *
     * @param rows that pass on average until a false alarm, at least; see {@link DriftAlarm}
     */
    public static <X> AnomalyStream<X> of(Predictor<X, Condition, AnomalyScore> model, double rows) {
        return new AnomalyStream<>(model, alarm(model, rows));
    }

    /** The alarm that goes with a saved model. */
    public static DriftAlarm alarm(Predictor<?, ?, ?> model, double rows) {
        double[] calibration = AnomalyHead.restore(
                        model.model().task(), model.model().about().config("head"))
                .calibration();
        return new DriftAlarm(rows, calibration, calibration.length);
    }

    /** Takes the next row. */
    public Step next(X row) {
        return next(List.of(row)).get(0);
    }

    /** Takes the next rows, in their order; many at once cost less each. */
    public List<Step> next(List<X> rows) {
        return model.predict(rows).stream()
                .map(a -> new Step(a, alarm != null && alarm.next(a.score())))
                .toList();
    }
}
