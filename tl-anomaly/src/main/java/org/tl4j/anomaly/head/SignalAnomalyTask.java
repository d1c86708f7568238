// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.head;

import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.tl4j.anomaly.dataset.Condition;
import org.tl4j.anomaly.dataset.Signal.SignalPoint;
import org.tl4j.anomaly.dataset.SignalTable;
import org.tl4j.anomaly.input.SignalInput;
import org.tl4j.data.Dataset;
import org.tl4j.data.LabelledData;
import org.tl4j.model.Config;
import org.tl4j.model.Head;
import org.tl4j.model.Modality;
import org.tl4j.model.Preprocessor;
import org.tl4j.model.Pretrained;

/**
 * Anomaly detection on the points of a series, each by the window that ends with it, as a description. Settings of the
 * window are those of {@link SignalInput#of}.
 */
public final class SignalAnomalyTask implements Head<SignalPoint, Condition, AnomalyScore> {
    /** The task's name. */
    public static final String NAME = "series-anomaly-detection";

    @Override
    public String task() {
        return NAME;
    }

    @Override
    public String title() {
        return "How strange each point of a series is, by the window that ends with it";
    }

    @Override
    public Modality modality() {
        return Modality.SERIES;
    }

    @Override
    public Preprocessor<SignalPoint> preprocessor(Config config, @Nullable Path folder) {
        return SignalInput.of(config);
    }

    @Override
    public AnomalyHead restore(Config config) {
        return AnomalyHead.restore(NAME, config);
    }

    /** See {@link SignalTable#read}. */
    @Override
    public LabelledData<SignalPoint, Condition> read(Path file, Config columns) {
        return SignalTable.read(file, columns);
    }

    /** The settings are those of {@link AnomalyHead#of}; points come in time. */
    @Override
    public AnomalyHead create(Dataset<SignalPoint, Condition> train, Config settings) {
        return AnomalyHead.of(
                NAME, settings.with("order", "time"), SignalInput.of(settings).features());
    }

    @Override
    public Optional<Supplier<Pretrained>> ownBackbone(Dataset<SignalPoint, Condition> train, Config settings) {
        SignalInput input = SignalInput.of(settings);
        return Optional.of(() -> windows(input));
    }

    private static Pretrained windows(SignalInput input) {
        return OwnFeatures.backbone(
                "windows",
                Modality.SERIES,
                SignalInput.INPUT,
                input.features().size(),
                input.config(),
                Config.empty().with("source", "windows of the series"));
    }

    /** See {@link SignalTable#parse}. */
    @Override
    public SignalPoint parse(String input) {
        return SignalTable.parse(input);
    }

    @Override
    public Config describe(AnomalyScore prediction) {
        return prediction.describe();
    }

    @Override
    public String render(AnomalyScore prediction) {
        return prediction.render();
    }
}
