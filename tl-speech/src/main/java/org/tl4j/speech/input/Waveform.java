// SPDX-License-Identifier: Apache-2.0
package org.tl4j.speech.input;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Fingerprint;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidDataException;

/** Sound of one channel: samples from -1 to 1 at a rate. */
public final class Waveform implements Fingerprint.Part {
    private final int rate;
    private final float[] samples;

    private Waveform(int rate, float[] samples) {
        this.rate = rate;
        this.samples = samples;
    }

    /**
     * Sound of these samples, which are copied.
     *
     * @param rate samples a second
     * @throws InvalidDataException if there is no sample, or one is not a number
     */
    public static Waveform of(int rate, float... samples) {
        return owning("samples", rate, samples.clone());
    }

    /** As {@link #of}, without a copy; {@code name} is for errors. */
    static Waveform owning(String name, int rate, float[] samples) {
        Checks.positive("rate", rate);
        if (samples.length == 0) {
            throw new InvalidDataException(
                    "'" + name + "' has no samples.", "0 samples", "at least 1", "remove it, or record it again");
        }
        for (int i = 0; i < samples.length; i++) {
            if (!Float.isFinite(samples[i])) {
                throw new InvalidDataException(
                        "'" + name + "' holds a sample that is no number.",
                        samples[i] + " at sample " + i,
                        "finite numbers",
                        "write the file anew");
            }
        }
        return new Waveform(rate, samples);
    }

    /** Samples a second. */
    public int rate() {
        return rate;
    }

    /** How many samples there are. */
    public int length() {
        return samples.length;
    }

    /** How long it takes. */
    public double seconds() {
        return (double) samples.length / rate;
    }

    /** A copy of the samples. */
    public float[] samples() {
        return samples.clone();
    }

    /** The samples themselves. */
    float[] shared() {
        return samples;
    }

    /** The same sound at another rate; see {@link Resampling}. */
    public Waveform at(int newRate) {
        return newRate == rate
                ? this
                : new Waveform(newRate, Resampling.of(rate, newRate).apply(samples));
    }

    @Override
    public void addTo(Fingerprint fingerprint) {
        fingerprint.add(rate).add(samples);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Waveform w && rate == w.rate && Arrays.equals(samples, w.samples);
    }

    @Override
    public int hashCode() {
        return 31 * rate + Arrays.hashCode(samples);
    }

    @Override
    public String toString() {
        return samples.length + " samples at " + rate + " Hz";
    }
}
