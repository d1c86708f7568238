// SPDX-License-Identifier: Apache-2.0
package org.tl4j.speech.input;

import java.util.List;
import org.apache.commons.math3.complex.Complex;
import org.apache.commons.math3.transform.DftNormalization;
import org.apache.commons.math3.transform.FastFourierTransformer;
import org.apache.commons.math3.transform.TransformType;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.model.Config;

/**
 * Power of a sound by time and pitch, as {@code torchaudio.transforms.MelSpectrogram} and
 * {@code librosa.feature.melspectrogram} compute it: short-time Fourier transform under a periodic Hann window, with
 * the sound mirrored at both ends, then triangular filters that are equally wide on the mel scale.
 *
 * <p>Settings, by torchaudio's names, with what holds where nothing is said:
 *
 * <table>
 * <caption>Settings</caption>
 * <tr><td>{@code n_fft}</td><td>400</td><td>samples of a transform</td></tr>
 * <tr><td>{@code win_length}</td><td>{@code n_fft}</td><td>samples of the window, in the middle of the transform</td></tr>
 * <tr><td>{@code hop_length}</td><td>half a window</td><td>samples from one frame to the next</td></tr>
 * <tr><td>{@code f_min}, {@code f_max}</td><td>0, half the rate</td><td>lowest and highest frequency in Hz</td></tr>
 * <tr><td>{@code n_mels}</td><td>128</td><td>filters</td></tr>
 * <tr><td>{@code mel_scale}</td><td>{@code htk}</td><td>or {@code slaney}: linear up to 1000 Hz</td></tr>
 * <tr><td>{@code norm}</td><td>{@code none}</td><td>or {@code slaney}: each filter of area 1</td></tr>
 * <tr><td>{@code power}</td><td>2</td><td>of the magnitude</td></tr>
 * <tr><td>{@code center}</td><td>true</td><td>whether frame {@code t} has sample {@code t hop} in its middle</td></tr>
 * <tr><td>{@code log}</td><td>{@code natural}</td><td>or {@code decibel}, or {@code none}</td></tr>
 * <tr><td>{@code floor}</td><td>1e-10</td><td>what smaller power counts as before the logarithm</td></tr>
 * <tr><td>{@code top_db}</td><td>0</td><td>decibels below the loudest at which all is cut off; 0 for never</td></tr>
 * </table>
 *
 * <p>Immutable.
 */
public final class MelSpectrogram {
    private final int nFft;
    private final int winLength;
    private final int hopLength;
    private final double fMin;
    private final double fMax;
    private final int nMels;
    private final String melScale;
    private final String norm;
    private final double power;
    private final boolean center;
    private final String log;
    private final double floor;
    private final double topDb;
    private final double[] window;
    private final float[][] filters;

    private MelSpectrogram(int rate, Config c) {
        this.nFft = Checks.positive("n_fft", c.integer("n_fft", 400));
        this.winLength = Checks.positive("win_length", c.integer("win_length", nFft));
        this.hopLength = Checks.positive("hop_length", c.integer("hop_length", Math.max(1, winLength / 2)));
        this.fMin = Checks.between("f_min", c.number("f_min", 0), 0, rate / 2.0);
        this.fMax = Checks.between("f_max", c.number("f_max", rate / 2.0), 0, rate / 2.0);
        this.nMels = Checks.positive("n_mels", c.integer("n_mels", 128));
        this.melScale = one("mel_scale", c.text("mel_scale", "htk"), "htk", "slaney");
        this.norm = one("norm", c.text("norm", "none"), "none", "slaney");
        this.power = Checks.positive("power", c.number("power", 2));
        this.center = c.flag("center", true);
        this.log = one("log", c.text("log", "natural"), "natural", "decibel", "none");
        this.floor = Checks.positive("floor", c.number("floor", 1e-10));
        this.topDb = Checks.notNegative("top_db", c.number("top_db", 0));
        if (winLength > nFft || fMin >= fMax) {
            throw new InvalidArgumentException(
                    "A mel spectrogram cannot have these settings.",
                    "win_length = " + winLength + ", n_fft = " + nFft + ", f_min = " + fMin + ", f_max = " + fMax,
                    "a window no longer than the transform, and f_min below f_max",
                    "correct the preprocessing");
        }
        this.window = new double[nFft];
        int before = (nFft - winLength) / 2;
        for (int i = 0; i < winLength; i++) {
            window[before + i] = 0.5 - 0.5 * Math.cos(2 * Math.PI * i / winLength);
        }
        this.filters = filters(rate);
    }

    private static String one(String name, String value, String... known) {
        if (!List.of(known).contains(value)) {
            throw new UnknownNameException(name, value, List.of(known), "choose one of these");
        }
        return value;
    }

    /** A spectrogram of sound of that rate. */
    public static MelSpectrogram of(int rate, Config settings) {
        return new MelSpectrogram(Checks.positive("rate", rate), settings);
    }

    /** Rows of the result. */
    public int bands() {
        return nMels;
    }

    /** The fewest samples that there is a frame of. */
    public int shortest() {
        return center ? nFft / 2 + 1 : nFft;
    }

    /** Columns of the result for so many samples. */
    public int frames(int samples) {
        return 1 + (center ? samples : samples - nFft) / hopLength;
    }

    /** All settings, from which {@link #of} makes an equal one. */
    public Config config() {
        return Config.empty()
                .with("n_fft", nFft)
                .with("win_length", winLength)
                .with("hop_length", hopLength)
                .with("f_min", fMin)
                .with("f_max", fMax)
                .with("n_mels", nMels)
                .with("mel_scale", melScale)
                .with("norm", norm)
                .with("power", power)
                .with("center", center)
                .with("log", log)
                .with("floor", floor)
                .with("top_db", topDb);
    }

    private double mel(double hertz) {
        if (melScale.equals("htk")) {
            return 2595 * Math.log10(1 + hertz / 700);
        }
        return hertz < 1000 ? hertz * 3 / 200 : 15 + 27 * Math.log(hertz / 1000) / Math.log(6.4);
    }

    private double hertz(double mel) {
        if (melScale.equals("htk")) {
            return 700 * (Math.pow(10, mel / 2595) - 1);
        }
        return mel < 15 ? mel * 200 / 3 : 1000 * Math.exp((mel - 15) * Math.log(6.4) / 27);
    }

    /** The weight of each bin of the transform in each band: {@code [n_mels][n_fft / 2 + 1]}. */
    private float[][] filters(int rate) {
        int bins = nFft / 2 + 1;
        double[] corners = new double[nMels + 2];
        for (int m = 0; m < corners.length; m++) {
            corners[m] = hertz(mel(fMin) + (mel(fMax) - mel(fMin)) * m / (nMels + 1));
        }
        float[][] weights = new float[nMels][bins];
        for (int m = 0; m < nMels; m++) {
            double area = norm.equals("slaney") ? 2 / (corners[m + 2] - corners[m]) : 1;
            for (int bin = 0; bin < bins; bin++) {
                double frequency = (double) bin * rate / nFft;
                double up = (frequency - corners[m]) / (corners[m + 1] - corners[m]);
                double down = (corners[m + 2] - frequency) / (corners[m + 2] - corners[m + 1]);
                weights[m][bin] = (float) (area * Math.max(0, Math.min(up, down)));
            }
        }
        return weights;
    }

    /**
     * The spectrogram, band by band: {@code f32[n_mels, frames]}, row after row.
     *
     * @throws InvalidDataException if there are fewer samples than {@link #shortest}
     */
    public float[] of(float[] samples) {
        if (samples.length < shortest()) {
            throw new InvalidDataException(
                    "A sound is too short for its spectrogram.",
                    samples.length + " samples",
                    "at least " + shortest() + ", for n_fft = " + nFft,
                    "leave it out, or let short sounds be filled up: shortest = " + shortest());
        }
        int frames = frames(samples.length);
        float[] out = new float[nMels * frames];
        double[] frame = new double[nFft];
        Spectrum spectrum = Spectrum.of(nFft);
        for (int t = 0; t < frames; t++) {
            int start = t * hopLength - (center ? nFft / 2 : 0);
            for (int i = 0; i < nFft; i++) {
                frame[i] = window[i] * samples[mirrored(start + i, samples.length)];
            }
            double[] squared = spectrum.squared(frame);
            for (int m = 0; m < nMels; m++) {
                double sum = 0;
                for (int bin = 0; bin < squared.length; bin++) {
                    double weight = filters[m][bin];
                    sum += weight == 0 ? 0 : weight * (power == 2 ? squared[bin] : Math.pow(squared[bin], power / 2));
                }
                out[m * frames + t] = (float) scaled(sum);
            }
        }
        if (topDb > 0 && log.equals("decibel")) {
            cutOff(out);
        }
        return out;
    }

    private double scaled(double value) {
        return switch (log) {
            case "natural" -> Math.log(Math.max(floor, value));
            case "decibel" -> 10 * Math.log10(Math.max(floor, value));
            default -> value;
        };
    }

    private void cutOff(float[] decibels) {
        float loudest = Float.NEGATIVE_INFINITY;
        for (float d : decibels) {
            loudest = Math.max(loudest, d);
        }
        for (int i = 0; i < decibels.length; i++) {
            decibels[i] = (float) Math.max(decibels[i], loudest - topDb);
        }
    }

    /** An index beyond either end, turned back without repeating the end itself. */
    private static int mirrored(int i, int length) {
        return i < 0 ? -i : i >= length ? 2 * (length - 1) - i : i;
    }

    /** The squared magnitude of a real signal's Fourier transform, its {@code n / 2 + 1} first bins. */
    private interface Spectrum {
        double[] squared(double[] frame);

        static Spectrum of(int n) {
            return Integer.bitCount(n) == 1 ? new Fast() : new Direct(n);
        }
    }

    private static final class Fast implements Spectrum {
        private final FastFourierTransformer fourier = new FastFourierTransformer(DftNormalization.STANDARD);

        @Override
        public double[] squared(double[] frame) {
            Complex[] bins = fourier.transform(frame, TransformType.FORWARD);
            double[] out = new double[frame.length / 2 + 1];
            for (int k = 0; k < out.length; k++) {
                out[k] = bins[k].getReal() * bins[k].getReal() + bins[k].getImaginary() * bins[k].getImaginary();
            }
            return out;
        }
    }

    /** By the definition, for lengths that are no power of two, of which 400 is the usual one. */
    private static final class Direct implements Spectrum {
        private final double[] cosine;
        private final double[] sine;

        Direct(int n) {
            this.cosine = new double[n];
            this.sine = new double[n];
            for (int i = 0; i < n; i++) {
                cosine[i] = Math.cos(2 * Math.PI * i / n);
                sine[i] = Math.sin(2 * Math.PI * i / n);
            }
        }

        @Override
        public double[] squared(double[] frame) {
            int n = frame.length;
            double[] out = new double[n / 2 + 1];
            for (int k = 0; k < out.length; k++) {
                double real = 0;
                double imaginary = 0;
                int turn = 0;
                for (int i = 0; i < n; i++) {
                    real += frame[i] * cosine[turn];
                    imaginary += frame[i] * sine[turn];
                    turn += k;
                    turn = turn >= n ? turn - n : turn;
                }
                out[k] = real * real + imaginary * imaginary;
            }
            return out;
        }
    }
}
