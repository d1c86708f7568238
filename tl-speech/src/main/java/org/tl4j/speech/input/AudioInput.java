// SPDX-License-Identifier: Apache-2.0
package org.tl4j.speech.input;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.model.Config;
import org.tl4j.model.Preprocessor;
import org.tl4j.tensor.HostTensor;

/**
 * Sound as the tensor that a backbone was trained on: one channel, at its rate, of its length. Gives {@code audio
 * f32[T]}, or a spectrogram {@code mel f32[n_mels, frames]}; for backbones that look at windows, also {@code windows
 * i64[W]}, ones for those that this sound has, so that longer sounds of the same batch do not count.
 *
 * <p>Settings, with what holds where nothing is said:
 *
 * <table>
 * <caption>Settings</caption>
 * <tr><td>{@code rate}</td><td>16000</td><td>samples a second</td></tr>
 * <tr><td>{@code seconds}</td><td>0</td><td>the length that every sound is brought to: zeros around shorter ones, the
 *     middle of longer ones; 0 leaves them as long as they are</td></tr>
 * <tr><td>{@code shortest}</td><td>1</td><td>samples to which shorter sounds are filled up, with zeros around</td></tr>
 * <tr><td>{@code place}</td><td>{@code middle}</td><td>where a sound that is filled up stands among the zeros; or
 *     {@code start}, or {@code end}</td></tr>
 * <tr><td>{@code longest}</td><td>60</td><td>seconds above which a sound is refused, where {@code seconds} is 0</td></tr>
 * <tr><td>{@code normalisation}</td><td>{@code none}</td><td>or {@code standard}: each sound to mean 0 and deviation
 *     1, before zeros are put around</td></tr>
 * <tr><td>{@code window}, {@code hop}</td><td>0</td><td>samples of a window and from one to the next; 0 for a backbone
 *     without</td></tr>
 * <tr><td>{@code features}</td><td>{@code waveform}</td><td>or {@code mel}, with the settings of
 *     {@link MelSpectrogram}</td></tr>
 * <tr><td>{@code tensor}</td><td>{@code audio} or {@code mel}</td><td>the name of the input</td></tr>
 * </table>
 */
public final class AudioInput implements Preprocessor<AudioSource> {
    /** The name of the input where nothing else is said. */
    public static final String AUDIO = "audio";

    /** The input that says which windows a sound has. */
    public static final String WINDOWS = "windows";

    private static final String MEL = "mel";
    private static final String MIDDLE = "middle";
    private static final String START = "start";
    private static final String END = "end";
    private static final String NONE = "none";
    private static final String STANDARD = "standard";

    private final int rate;
    private final double seconds;
    private final int shortest;
    private final String place;
    private final double longest;
    private final String normalisation;
    private final int window;
    private final int hop;
    private final @Nullable MelSpectrogram mel;
    private final String tensor;

    private AudioInput(Config c) {
        this.rate = Checks.positive("rate", c.integer("rate", 16_000));
        this.seconds = Checks.notNegative("seconds", c.number("seconds", 0));
        this.window = Checks.notNegative("window", c.integer("window", 0));
        this.hop = Checks.notNegative("hop", c.integer("hop", window));
        String features = known("features", c.text("features", "waveform"), "waveform", MEL);
        this.mel = features.equals(MEL) ? MelSpectrogram.of(rate, c) : null;
        int least = Math.max(Math.max(1, window), mel == null ? 1 : mel.shortest());
        this.shortest = Math.max(least, Checks.positive("shortest", c.integer("shortest", 1)));
        this.place = known("place", c.text("place", MIDDLE), MIDDLE, START, END);
        this.longest = Checks.positive("longest", c.number("longest", 60));
        this.normalisation = known("normalisation", c.text("normalisation", NONE), NONE, STANDARD);
        this.tensor = c.text("tensor", mel == null ? AUDIO : MEL);
        if (window > 0 && (hop == 0 || mel != null)) {
            throw new InvalidArgumentException(
                    "Sound cannot be seen in these windows.",
                    "window = " + window + ", hop = " + hop + ", features = " + features,
                    "hop of at least 1, and features = waveform",
                    "correct the preprocessing");
        }
    }

    private static String known(String name, String value, String... all) {
        if (!List.of(all).contains(value)) {
            throw new UnknownNameException(name, value, List.of(all), "choose one of these");
        }
        return value;
    }

    /** The preprocessing of these settings. */
    public static AudioInput of(Config settings) {
        return new AudioInput(settings);
    }

    @Override
    public Map<String, HostTensor> encode(AudioSource source) {
        float[] samples = samples(source);
        Map<String, HostTensor> out = new LinkedHashMap<>();
        if (mel == null) {
            out.put(tensor, HostTensor.of(samples, samples.length));
        } else {
            out.put(tensor, HostTensor.of(mel.of(samples), mel.bands(), mel.frames(samples.length)));
        }
        if (window > 0) {
            long[] windows = new long[1 + (samples.length - window) / hop];
            Arrays.fill(windows, 1);
            out.put(WINDOWS, HostTensor.of(windows, windows.length));
        }
        return out;
    }

    /** The samples that a backbone sees. */
    float[] samples(AudioSource source) {
        Waveform sound = source.read();
        if (seconds == 0 && sound.seconds() > longest) {
            throw new UnsupportedFeatureException(
                    "'" + source.name() + "' is too long.",
                    sound.seconds() + " s",
                    "at most " + longest + " s",
                    "cut it into pieces, or give the length that is to be heard: --preprocessing seconds=10");
        }
        float[] samples = sound.at(rate).samples();
        if (normalisation.equals(STANDARD)) {
            standardise(samples);
        }
        int length = seconds > 0 ? (int) Math.round(seconds * rate) : samples.length;
        return fitted(samples, Math.max(shortest, length));
    }

    /** Silence stays silence. */
    private static void standardise(float[] samples) {
        double sum = 0;
        for (float s : samples) {
            sum += s;
        }
        double mean = sum / samples.length;
        double squares = 0;
        for (float s : samples) {
            squares += (s - mean) * (s - mean);
        }
        double deviation = Math.sqrt(squares / samples.length);
        for (int i = 0; i < samples.length; i++) {
            samples[i] = (float) (deviation == 0 ? 0 : (samples[i] - mean) / deviation);
        }
    }

    /** Zeros around a shorter sound, or the middle of a longer one. */
    private float[] fitted(float[] samples, int length) {
        int missing = length - samples.length;
        if (missing <= 0) {
            return missing == 0 ? samples : Arrays.copyOfRange(samples, -missing / 2, -missing / 2 + length);
        }
        int before = switch (place) {
            case START -> 0;
            case END -> missing;
            default -> missing / 2;
        };
        float[] out = new float[length];
        System.arraycopy(samples, 0, out, before, samples.length);
        return out;
    }

    /** As {@link #encode}, for many sounds on all cores. */
    @Override
    public List<Map<String, HostTensor>> encodeAll(List<AudioSource> sources) {
        return sources.parallelStream().map(this::encode).toList();
    }

    @Override
    public Map<String, Double> padding() {
        return Map.of();
    }

    @Override
    public Config config() {
        Config c = Config.empty()
                .with("rate", rate)
                .with("seconds", seconds)
                .with("shortest", shortest)
                .with("place", place)
                .with("longest", longest)
                .with("normalisation", normalisation)
                .with("window", window)
                .with("hop", hop)
                .with("features", mel == null ? "waveform" : MEL)
                .with("tensor", tensor);
        return mel == null ? c : c.with(mel.config());
    }

    /** There are none: the settings say all. */
    @Override
    public void saveFiles(Path folder) {}

    /** There is nothing to free. */
    @Override
    public void close() {}
}
