// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.tl4j.tensor.HostTensor;
import org.tl4j.weights.WeightFile;

/** Files that {@code parity/make_vision_fixtures.py} made. */
public final class Fixtures {
    private Fixtures() {}

    public static Path path(String name) {
        try {
            return Path.of(url(name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    public static Map<String, HostTensor> tensors(String name) {
        try (InputStream in = url(name).openStream()) {
            return WeightFile.read(name, in.readAllBytes()).tensors();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static URL url(String name) {
        return Objects.requireNonNull(Fixtures.class.getResource("/vision/" + name), name);
    }

    /** Pixels that the script makes by the same formula. */
    public static byte[] formula(int width, int height) {
        byte[] out = new byte[3 * width * height];
        long state = 12345 + width * 31L + height;
        for (int i = 0; i < out.length; i++) {
            state = state * 1103515245 + 12345 & 0x7fffffff;
            out[i] = (byte) (state >> 16);
        }
        return out;
    }
}
