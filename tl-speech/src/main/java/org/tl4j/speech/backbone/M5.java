// SPDX-License-Identifier: Apache-2.0
package org.tl4j.speech.backbone;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Init;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Backbone;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Modality;
import org.tl4j.speech.input.AudioInput;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.Shape;

/**
 * Convolutions over the samples themselves, without a spectrogram, from three layers to eighteen.
 *
 * <p>Wei Dai, Chia Dai, Shuhui Qu, Juncheng Li, Samarjit Das, "Very Deep Convolutional Neural Networks for Raw
 * Waveforms", ICASSP 2017, <a href="https://arxiv.org/abs/1610.00087">arXiv:1610.00087</a>, table 1. A first layer of
 * 80 samples' width, then stages of width 3, a maximum over 4 steps after each of the first four, the mean over all
 * steps at the end. Parameters are named as in PyTorch's tutorial "Speech Command Classification with torchaudio":
 * {@code conv1}, {@code bn1}, {@code conv2} ...; {@code m5-speech-commands} is the narrow network of that tutorial.
 *
 * <p>Settings: {@code channels} and {@code convolutions} of each stage after the first layer's, {@code stride} of the
 * first layer, {@code padding} ({@code same}, by which lengths are divided by 4 as in the paper's table, or
 * {@code none} as in the tutorial), {@code rate} and {@code seconds} of its sound (in the paper 8000 and 4). Takes
 * {@code audio f32[N, T]}; gives {@code pooled f32[N, C]}.
 */
public final class M5 implements Backbone {
    private static final String REFERENCE = "speech_references:M5";
    private static final String CHANNELS = "channels";
    private static final String CONVOLUTIONS = "convolutions";
    private static final String PADDING = "padding";
    private static final String CLASSES = "num_classes";
    private static final String LOGITS = "logits";
    private static final int FIRST_WIDTH = 80;
    private static final int POOL = 4;
    private static final int POOLS = 4;

    @Override
    public String id() {
        return "m5";
    }

    @Override
    public String title() {
        return "M5: convolutions over raw samples (Dai et al. 2017, arXiv:1610.00087)";
    }

    @Override
    public Modality modality() {
        return Modality.AUDIO;
    }

    @Override
    public List<Variant> variants() {
        return List.of(
                new Variant("m3", stages(4, List.of(256, 256), List.of(1, 1))),
                new Variant("m5", stages(4, List.of(128, 128, 256, 512), List.of(1, 1, 1, 1))),
                new Variant("m11", stages(4, List.of(64, 64, 128, 256, 512), List.of(1, 2, 2, 3, 2))),
                new Variant("m18", stages(4, List.of(64, 64, 128, 256, 512), List.of(1, 4, 4, 4, 4))),
                new Variant(
                        "m5-speech-commands",
                        stages(16, List.of(32, 32, 64, 64), List.of(1, 1, 1, 1))
                                .with(PADDING, "none")
                                .with("seconds", 1)));
    }

    private static Config stages(int stride, List<Integer> channels, List<Integer> convolutions) {
        return Config.empty()
                .with("stride", stride)
                .with(CHANNELS, channels)
                .with(CONVOLUTIONS, convolutions)
                .with("rate", 8000)
                .with("seconds", 4);
    }

    /** "The input audio are normalized to be of mean 0 variance 1", section 3. */
    @Override
    public Config input(Config config) {
        return Config.empty()
                .with("rate", config.integer("rate", 8000))
                .with("seconds", config.number("seconds", 4))
                .with("normalisation", "standard");
    }

    @Override
    public CheckpointNames checkpointNames() {
        return new CheckpointNames(List.of(), List.of("fc1."));
    }

    @Override
    public Set<String> references() {
        return Set.of(REFERENCE);
    }

    @Override
    public Config reference(String source, Config arguments, Config config) {
        if (!source.equals(REFERENCE)) {
            throw new UnknownNameException("reference", source, references(), "use a fixture of this family");
        }
        return Config.empty().with(CLASSES, 10).with(arguments);
    }

    @Override
    public String referenceOutput(String key) {
        return key.equals("output") ? LOGITS : key;
    }

    @Override
    public Endpoints build(Graph graph, Config config) {
        List<Double> channels = config.has(CHANNELS) ? config.numbers(CHANNELS) : List.of(128.0, 128.0, 256.0, 512.0);
        List<Double> convolutions =
                config.has(CONVOLUTIONS) ? config.numbers(CONVOLUTIONS) : List.of(1.0, 1.0, 1.0, 1.0);
        if (channels.isEmpty() || channels.size() != convolutions.size() || convolutions.get(0) != 1) {
            throw new InvalidArgumentException(
                    "A network cannot have these stages.",
                    CHANNELS + " = " + channels + ", " + CONVOLUTIONS + " = " + convolutions,
                    "two lists of one length, and one convolution in the first stage",
                    "correct the settings");
        }
        String padding = config.text(PADDING, "same");
        if (!List.of("same", "none").contains(padding)) {
            throw new UnknownNameException(PADDING, padding, List.of("same", "none"), "choose one of these");
        }
        boolean isPadded = padding.equals("same");
        int stride = Checks.positive("stride", config.integer("stride", 4));
        int classes = Checks.notNegative(CLASSES, config.integer(CLASSES, 0));
        Value x = graph.unsqueeze(graph.input(AudioInput.AUDIO, DType.F32, Shape.parse("N, T")), 1); // f32[N, 1, T]
        List<Endpoints.Layer> layers = new ArrayList<>();
        int number = 0;
        for (int stage = 0; stage < channels.size(); stage++) {
            int out = Checks.positive(CHANNELS, channels.get(stage).intValue());
            List<String> names = new ArrayList<>();
            for (int i = 0; i < convolutions.get(stage); i++) {
                number++;
                x = number == 1
                        ? conv(graph, "conv1", x, out, FIRST_WIDTH, stride, isPadded ? (FIRST_WIDTH - stride) / 2 : 0)
                        : conv(graph, "conv" + number, x, out, 3, 1, isPadded ? 1 : 0);
                x = graph.relu(graph.batchNorm("bn" + number, x, 1e-5, 0.1));
                names.addAll(List.of("conv" + number, "bn" + number));
            }
            x = stage < POOLS ? pool(graph, x) : x;
            layers.add(new Endpoints.Layer("stage" + (stage + 1), names));
        }
        Value pooled = graph.reduce(Op.ReduceKind.MEAN, x, false, 2); // f32[N, C]
        Map<String, Value> outputs = new LinkedHashMap<>();
        if (classes > 0) {
            outputs.put(LOGITS, graph.linear("fc1", pooled, classes));
            layers.add(Endpoints.Layer.of("fc1"));
        }
        return new Endpoints(outputs, pooled, null, List.of(), layers);
    }

    /** {@code f32[N, C, T] -> f32[N, out, (T + 2 padding - width) / stride + 1]}, as PyTorch's {@code Conv1d}. */
    private static Value conv(Graph graph, String name, Value x, int out, int width, int stride, long padding) {
        Graph g = graph.at(name);
        long in = x.shape().size(1);
        Init init = new Init.FanIn(in * width);
        Op conv = new Op.Conv(List.of((long) stride), List.of(padding, padding), List.of(1L), 1);
        Value weight = g.parameter("weight", Shape.of(out, in, width), init);
        return g.add("", conv, x, weight, g.parameter("bias", Shape.of(out), init))
                .get(0);
    }

    /** {@code f32[N, C, T] -> f32[N, C, T / 4]}. */
    private static Value pool(Graph graph, Value x) {
        List<Long> four = List.of((long) POOL);
        Op pool = new Op.Pool(Op.PoolKind.MAX, four, four, List.of(0L, 0L), List.of(1L), false, false);
        return graph.add("pool", pool, x).get(0);
    }
}
