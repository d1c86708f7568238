// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.task;

import java.nio.file.Path;
import org.tl4j.model.Backbones;
import org.tl4j.model.Config;
import org.tl4j.model.Providers;
import org.tl4j.model.Task;
import org.tl4j.timeseries.dataset.Future;
import org.tl4j.timeseries.dataset.SeriesWindow;
import org.tl4j.timeseries.dataset.WindowDataset;
import org.tl4j.timeseries.head.Forecast;
import org.tl4j.tuning.BackboneSource;

/**
 * Forecasting in Java:
 *
 * <pre>{@code
 * var data = SeriesReader.read(Path.of("load.csv"), Config.empty().with("context", 336).with("horizon", 96));
 * var train = (WindowDataset) data.parts().get("train");
 * var forecasting = Forecasting.with("patchtst", train);
 * try (var model = Transfer.from(forecasting.network()).to(forecasting.task()).with(FineTuners.full()).fit(train)) {
 *   System.out.println(model.evaluate(data.parts().get("test")).report());
 *   model.save(Path.of("load-model"));
 * }
 * }</pre>
 *
 * @param train what is learned from; it says how long the horizon is
 * @param settings as on the command line, without dashes in front: {@code family}, {@code context}, {@code loss},
 *     {@code quantiles}, {@code normalisation}, {@code scaling}, {@code calendar}, {@code season}, {@code network},
 *     {@code from}
 */
public record Forecasting(WindowDataset train, Config settings) {
    /** A new network of a family, such as {@code nlinear}, that looks back twice the horizon. */
    public static Forecasting with(String family, WindowDataset train) {
        return new Forecasting(train, Config.empty().with("family", family));
    }

    /** Goes on with the network of a saved model, and with its head where that forecasts the same. */
    public static Forecasting from(Path model, WindowDataset train) {
        return new Forecasting(train, Config.empty().with("from", model.toString()));
    }

    /** With another setting. */
    public Forecasting with(String key, Object value) {
        return new Forecasting(train, settings.with(key, value));
    }

    /** The network, each time anew. */
    public BackboneSource network() {
        return (modality, loader, hub) -> SeriesNetwork.network(
                        train, settings, Backbones.load(Providers.contextLoader()))
                .get();
    }

    /** The head for these series, and how windows are brought to it. */
    public Task<SeriesWindow, Future, Forecast> task() {
        return new Task<>(new ForecastingTask(), SeriesNetwork.head(ForecastingTask.NAME, train, settings));
    }
}
