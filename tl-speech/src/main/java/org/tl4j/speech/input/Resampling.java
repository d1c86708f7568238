// SPDX-License-Identifier: Apache-2.0
package org.tl4j.speech.input;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.tl4j.error.Checks;

/**
 * Another sampling rate by band-limited interpolation: a sinc under a Hann window, one filter for each phase between
 * two samples, as {@code torchaudio.functional.resample} has it by default ({@code sinc_interp_hann},
 * {@code lowpass_filter_width} 6, {@code rolloff} 0.99).
 *
 * <p>Julius O. Smith, <a href="https://ccrma.stanford.edu/~jos/resample/">"Digital Audio Resampling"</a>. With rates in
 * lowest terms, {@code o -> n}, sample {@code k n + p} of the result is the sound {@code k o} samples on under the
 * filter of phase {@code p}; there are {@code ceil(n L / o)} of them. Immutable.
 */
final class Resampling {
    private static final int ZERO_CROSSINGS = 6;
    private static final double ROLLOFF = 0.99;

    /** Data sets have few rates, and the filters of odd ones are large. */
    private static final Map<Long, Resampling> KNOWN = new ConcurrentHashMap<>();

    private static final int MOST_KNOWN = 16;

    private final int from;
    private final int to;
    /** Of each phase, the sample of the sound that its filter begins at, counted from {@code k o}. */
    private final int[] starts;

    private final float[][] filters;

    private Resampling(int from, int to) {
        this.from = from;
        this.to = to;
        double cutoff = Math.min(from, to) * ROLLOFF;
        double reach = ZERO_CROSSINGS * from / cutoff;
        this.starts = new int[to];
        this.filters = new float[to][];
        for (int phase = 0; phase < to; phase++) {
            double middle = (double) phase * from / to;
            // Beyond its reach the window is 0.
            starts[phase] = (int) Math.ceil(middle - reach);
            filters[phase] = new float[(int) Math.floor(middle + reach) - starts[phase] + 1];
            for (int i = 0; i < filters[phase].length; i++) {
                double t = ((double) (starts[phase] + i) / from - (double) phase / to) * cutoff;
                t = Math.max(-ZERO_CROSSINGS, Math.min(ZERO_CROSSINGS, t));
                double window = Math.cos(t * Math.PI / ZERO_CROSSINGS / 2);
                double sinc = t == 0 ? 1 : Math.sin(t * Math.PI) / (t * Math.PI);
                filters[phase][i] = (float) (sinc * window * window * cutoff / from);
            }
        }
    }

    /** From one rate to another. */
    static Resampling of(int from, int to) {
        int divisor = gcd(Checks.positive("rate", from), Checks.positive("rate", to));
        int o = from / divisor;
        int n = to / divisor;
        long key = (long) o << 32 | n;
        Resampling known = KNOWN.get(key);
        if (known == null) {
            known = new Resampling(o, n);
            if (KNOWN.size() < MOST_KNOWN) {
                KNOWN.put(key, known);
            }
        }
        return known;
    }

    private static int gcd(int a, int b) {
        return b == 0 ? a : gcd(b, a % b);
    }

    /** The samples at the new rate. */
    float[] apply(float[] samples) {
        int length = (int) ((((long) to * samples.length) + from - 1) / from);
        float[] out = new float[length];
        for (int j = 0; j < length; j++) {
            float[] filter = filters[j % to];
            int start = j / to * from + starts[j % to];
            int first = Math.max(0, -start);
            int end = Math.min(filter.length, samples.length - start);
            double sum = 0;
            for (int i = first; i < end; i++) {
                sum += (double) samples[start + i] * filter[i];
            }
            out[j] = (float) sum;
        }
        return out;
    }
}
