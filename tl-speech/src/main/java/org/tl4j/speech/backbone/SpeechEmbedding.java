// SPDX-License-Identifier: Apache-2.0
package org.tl4j.speech.backbone;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tl4j.error.UnknownNameException;
import org.tl4j.graph.Conv2d;
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
import org.tl4j.tensor.TensorType;

/**
 * Google's speech embedding: 96 numbers for each 0.78 s of speech, one every 80 ms, trained on many thousand keywords.
 *
 * <p>James Lin, Kevin Kilgour, Dominik Roblek, Matthew Sharifi, "Training Keyword Spotters with Limited and Synthesized
 * Speech Data", ICASSP 2020, <a href="https://arxiv.org/abs/2002.01322">arXiv:2002.01322</a>; as openWakeWord publishes
 * it: {@code melspectrogram.onnx} and {@code embedding_model.onnx}, which together are the weights, in one folder.
 *
 * <p>The spectrogram is part of the graph, its tables buffers that are never trained, so that a saved model needs no
 * second file: 32 bands in decibels, nothing more than 80 below the loudest of the same sound, then {@code x / 10 + 2}.
 * No convolution is padded in time and their strides multiply to 8 frames; over a whole sound the network therefore
 * gives what it gives for windows of 76 frames that move by 8. The vector of a sound is the mean over its windows.
 *
 * <p>Takes {@code audio f32[N, T]} from -1 to 1 at 16 kHz and {@code windows i64[N, W]}, ones for the windows that a
 * sound has; gives {@code tokens f32[N, W, 96]} and {@code pooled f32[N, 96]}.
 */
public final class SpeechEmbedding implements Backbone {
    private static final int TRANSFORM = 512;
    private static final int BINS = TRANSFORM / 2 + 1;
    private static final int HOP = 160;
    private static final int BANDS = 32;
    private static final int FRAMES = 76;
    private static final int STRIDE = 8;

    /** The published network was made for samples as 16-bit integers. */
    private static final double SCALE = 32768;

    /** Channels of the 19 convolutions that have an activation. */
    private static final int[] CHANNELS = {24, 24, 24, 48, 48, 48, 48, 72, 72, 72, 72, 96, 96, 96, 96, 96, 96, 96, 96};

    /** After which convolutions there is a maximum, over how many frames and always over two bands. */
    private static final Map<Integer, Integer> POOLS = Map.of(2, 2, 6, 1, 10, 2, 14, 1, 18, 2);

    @Override
    public String id() {
        return "speech-embedding";
    }

    @Override
    public String title() {
        return "Speech embedding: 96 numbers for each 0.78 s of speech (Lin et al. 2020, arXiv:2002.01322)";
    }

    @Override
    public Modality modality() {
        return Modality.AUDIO;
    }

    @Override
    public List<Variant> variants() {
        return List.of(new Variant("speech-embedding", Config.empty()));
    }

    @Override
    public List<String> weightFiles() {
        return List.of("melspectrogram.onnx", "embedding_model.onnx");
    }

    @Override
    public CheckpointNames checkpointNames() {
        return new CheckpointNames(List.of(), List.of(), renamed());
    }

    /** As an exporter from TensorFlow named them, all norms but the first folded into their convolutions. */
    private static Map<String, String> renamed() {
        Map<String, String> names = new LinkedHashMap<>();
        names.put("^0\\.stft\\.", "melspectrogram.");
        names.put("^1\\.melW$", "melspectrogram.melW");
        names.put("^model/conv2d/.*/ReadVariableOp:0$", "conv2d.weight");
        names.put("^model/(conv2d_\\d+)/Conv2D(_weights_fused_bn|/ReadVariableOp:0)$", "$1.weight");
        names.put("^model/(conv2d_\\d+)/Conv2D_bias_fused_bn$", "$1.bias");
        String norm = "^model/batch_normalization/";
        names.put(norm + "ReadVariableOp:0$", "batch_normalization.weight");
        names.put(norm + "ReadVariableOp_1:0$", "batch_normalization.bias");
        names.put(norm + "FusedBatchNormV3/ReadVariableOp:0$", "batch_normalization.running_mean");
        names.put(norm + "FusedBatchNormV3/ReadVariableOp_1:0$", "batch_normalization.running_var");
        return names;
    }

    /** Sounds shorter than one window are filled up to it. */
    @Override
    public Config input(Config config) {
        return Config.empty()
                .with("rate", 16_000)
                .with("window", TRANSFORM + (FRAMES - 1) * HOP)
                .with("hop", STRIDE * HOP);
    }

    @Override
    public Endpoints build(Graph graph, Config config) {
        String pooling = config.text("pooling", "mean");
        if (!pooling.equals("mean")) {
            throw new UnknownNameException("pooling", pooling, List.of("mean"), "leave --pooling away");
        }
        Value audio = graph.input(AudioInput.AUDIO, DType.F32, Shape.parse("N, T"));
        Value windows = graph.input(AudioInput.WINDOWS, DType.I64, Shape.parse("N, W"));
        List<Endpoints.Layer> layers = new ArrayList<>(List.of(Endpoints.Layer.of("melspectrogram")));
        Value x = graph.unsqueeze(mel(graph.at("melspectrogram"), audio), 1); // f32[N, 1, frames, 32]
        for (int i = 0; i < CHANNELS.length; i++) {
            x = layer(graph, i, x, layers);
            Integer frames = POOLS.get(i);
            x = frames == null ? x : pool(graph, x, frames);
        }
        Conv2d last = Conv2d.of(96, 3, 1).withoutBias().withHeInit();
        x = graph.conv2d(conv(CHANNELS.length), x, last); // f32[N, 96, W, 1]
        layers.add(Endpoints.Layer.of(conv(CHANNELS.length)));
        Value tokens = graph.transpose(graph.squeeze(x, 3), 0, 2, 1); // f32[N, W, 96]
        Value mask = graph.unsqueeze(graph.cast(windows, DType.F32), 2);
        Value sum = graph.reduce(Op.ReduceKind.SUM, graph.mul(tokens, mask), false, 1);
        Value pooled = graph.div(sum, graph.reduce(Op.ReduceKind.SUM, mask, false, 1));
        Map<String, Value> outputs = new LinkedHashMap<>();
        outputs.put("tokens", tokens);
        return new Endpoints(outputs, pooled, tokens, List.of(), layers);
    }

    /** {@code f32[N, T] -> f32[N, 1 + (T - 512) / 160, 32]}. */
    private static Value mel(Graph g, Value audio) {
        Value x = g.unsqueeze(g.mul(audio, g.scalar(SCALE)), 1); // f32[N, 1, T]
        Value real = transform(g.at("conv_real"), x);
        Value imaginary = transform(g.at("conv_imag"), x);
        Value power = g.add(g.mul(real, real), g.mul(imaginary, imaginary)); // f32[N, 257, frames]
        Value filters = g.buffer("melW", new TensorType(DType.F32, Shape.of(BANDS, BINS)), Init.zeros());
        Value bands = g.add("bands", new Op.Linear(), g.transpose(power, 0, 2, 1), filters)
                .get(0);
        Value log = g.unary(Op.UnaryKind.LOG, g.clip(bands, 1e-10, Double.POSITIVE_INFINITY));
        Value decibels = g.mul(log, g.scalar(10 / Math.log(10)));
        // The file takes the maximum over all sounds of a batch, so that an answer would hang on its neighbours.
        Value loudest = g.reduce(Op.ReduceKind.MAX, decibels, true, 1, 2);
        Value heard = g.binary(Op.BinaryKind.MAX, decibels, g.sub(loudest, g.scalar(80)));
        return g.add(g.mul(heard, g.scalar(0.1)), g.scalar(2));
    }

    /** {@code f32[N, 1, T] -> f32[N, 257, frames]}: one half of a Fourier transform under its window. */
    private static Value transform(Graph g, Value x) {
        Value weight = g.buffer("weight", new TensorType(DType.F32, Shape.of(BINS, 1, TRANSFORM)), Init.zeros());
        Op conv = new Op.Conv(List.of((long) HOP), List.of(0L, 0L), List.of(1L), 1);
        return g.add("", conv, x, weight).get(0);
    }

    /** A convolution across bands where {@code i} is odd, across frames where it is even; the first across both. */
    private static Value layer(Graph g, int i, Value x, List<Endpoints.Layer> layers) {
        String name = conv(i);
        Conv2d c = (i == 0
                        ? Conv2d.of(CHANNELS[i], 3, 3)
                        : i % 2 == 1 ? Conv2d.of(CHANNELS[i], 1, 3) : Conv2d.of(CHANNELS[i], 3, 1))
                .withPadding(0, i == 0 || i % 2 == 1 ? 1 : 0)
                .withHeInit();
        Value y;
        if (i == 0) {
            y = g.batchNorm("batch_normalization", g.relu(g.conv2d(name, x, c.withoutBias())), 1e-3, 0.01);
            layers.add(new Endpoints.Layer(name, List.of(name, "batch_normalization")));
        } else {
            y = g.conv2d(name, x, c);
            layers.add(Endpoints.Layer.of(name));
        }
        Value leaky = g.add("leaky_re_lu", new Op.Activation(Op.ActivationKind.LEAKY_RELU, 0.2, 0), y)
                .get(0);
        return g.binary(Op.BinaryKind.MAX, leaky, g.scalar(-0.4));
    }

    private static String conv(int i) {
        return i == 0 ? "conv2d" : "conv2d_" + i;
    }

    private static Value pool(Graph g, Value x, long frames) {
        List<Long> window = List.of(frames, 2L);
        Op pool = new Op.Pool(Op.PoolKind.MAX, window, window, List.of(0L, 0L, 0L, 0L), List.of(1L, 1L), false, false);
        return g.add("max_pooling2d", pool, x).get(0);
    }
}
