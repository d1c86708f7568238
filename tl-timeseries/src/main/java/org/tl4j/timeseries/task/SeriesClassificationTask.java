// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.task;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Dataset;
import org.tl4j.data.Example;
import org.tl4j.data.LabelledData;
import org.tl4j.error.InvalidDataException;
import org.tl4j.model.Backbones;
import org.tl4j.model.Classification;
import org.tl4j.model.ClassificationHead;
import org.tl4j.model.Config;
import org.tl4j.model.Head;
import org.tl4j.model.Modality;
import org.tl4j.model.Preprocessor;
import org.tl4j.model.Pretrained;
import org.tl4j.model.Providers;
import org.tl4j.timeseries.dataset.LabelledSeries;
import org.tl4j.timeseries.dataset.TimeSeries;
import org.tl4j.timeseries.input.SeriesInput;

/**
 * Classification of whole series, as a description. Usual is {@code rocket} under a head that is computed at once; a
 * recurrent network reads series of any length, and a network that was trained to forecast can be gone on with.
 */
public final class SeriesClassificationTask implements Head<TimeSeries, List<String>, Classification> {
    /** The task's name. */
    public static final String NAME = "series-classification";

    @Override
    public String task() {
        return NAME;
    }

    @Override
    public String title() {
        return "Labels for whole series, of one variable or several";
    }

    @Override
    public Modality modality() {
        return Modality.SERIES;
    }

    @Override
    public Preprocessor<TimeSeries> preprocessor(Config config, @Nullable Path folder) {
        return SeriesInput.of(config);
    }

    @Override
    public ClassificationHead restore(Config config) {
        return ClassificationHead.restore(NAME, config);
    }

    /** See {@link LabelledSeries#read}. */
    @Override
    public LabelledData<TimeSeries, List<String>> read(Path file, Config columns) {
        return LabelledSeries.read(file, columns);
    }

    @Override
    public ClassificationHead create(Dataset<TimeSeries, List<String>> train, Config settings) {
        return ClassificationHead.forData(NAME, train, settings);
    }

    @Override
    public Optional<Supplier<Pretrained>> ownBackbone(Dataset<TimeSeries, List<String>> train, Config settings) {
        int longest = 0;
        int shortest = Integer.MAX_VALUE;
        TimeSeries first = train.get(0).input();
        for (Example<TimeSeries, List<String>> e : train) {
            TimeSeries s = e.input();
            if (s.variables().size() != first.variables().size()) {
                throw new InvalidDataException(
                        e.source() + " has other variables than the first series.",
                        s.variables(),
                        first.variables(),
                        "give series of the same variables");
            }
            longest = Math.max(longest, s.length());
            shortest = Math.min(shortest, s.length());
        }
        Backbones backbones = Backbones.load(Providers.contextLoader());
        return Optional.of(SeriesNetwork.classifier(
                train.inputs(), shortest == longest, longest, first.variables().size(), settings, backbones));
    }

    /** A file that {@link LabelledSeries} reads, with one series in it; its label counts nothing. */
    @Override
    public TimeSeries parse(String input) {
        Path file = Path.of(input);
        Dataset<TimeSeries, List<String>> all =
                LabelledSeries.read(file, Config.empty()).all();
        if (all.size() != 1) {
            throw new InvalidDataException(
                    "'" + file + "' does not hold one series.", all.size() + " series", "one", "use `tl evaluate`");
        }
        return all.get(0).input();
    }

    @Override
    public Config describe(Classification prediction) {
        return prediction.describe();
    }

    @Override
    public String render(Classification prediction) {
        return prediction.render();
    }
}
