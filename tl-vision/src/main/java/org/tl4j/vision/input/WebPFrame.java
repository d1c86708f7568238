// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.input;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The first frame of a WebP file, and where it lies on the canvas. Everything else in the container (profile, alpha
 * plane, further frames) is left out, so that it cannot mislead the decoder.
 *
 * <p>Frame and container: James Zern, Pascal Massimino, Jyrki Alakuijala, "WebP Image Format", RFC 9649, 2024.
 */
final class WebPFrame {
    private static final int HEADER = 12;
    private static final int CHUNK = 8;
    private static final int FRAME_HEADER = 16;

    private final ByteBuffer webp;
    private int canvasWidth;
    private int canvasHeight;
    private int left;
    private int top;

    /** Where the chunk with the frame's pixels begins. */
    private int pixels = -1;

    /**
     * Finds the frame.
     *
     * @throws IOException if the container is cut short or holds no frame
     */
    WebPFrame(byte[] webp) throws IOException {
        this.webp = ByteBuffer.wrap(webp).order(ByteOrder.LITTLE_ENDIAN);
        if (webp.length < HEADER || CHUNK + unsigned(4) > webp.length) {
            throw new EOFException();
        }
        find(HEADER, (int) (CHUNK + unsigned(4)));
        if (pixels < 0) {
            throw new IOException("no frame");
        }
    }

    private void find(int from, int to) throws IOException {
        int at = from;
        while (pixels < 0 && at + CHUNK <= to) {
            long size = unsigned(at + 4);
            if (at + CHUNK + size > to) {
                throw new EOFException();
            }
            int data = at + CHUNK;
            switch (name(at)) {
                case "VP8X" -> {
                    require(size, 10);
                    canvasWidth = three(data + 4) + 1;
                    canvasHeight = three(data + 7) + 1;
                }
                case "ANMF" -> {
                    require(size, FRAME_HEADER);
                    left = 2 * three(data);
                    top = 2 * three(data + 3);
                    find(data + FRAME_HEADER, (int) (data + size));
                }
                case "VP8 ", "VP8L" -> pixels = at;
                default -> {}
            }
            at += (int) (CHUNK + size + (size & 1));
        }
    }

    /** A file of the simple format with this frame alone. */
    byte[] alone() {
        int size = (int) unsigned(pixels + 4);
        ByteBuffer out = ByteBuffer.allocate(HEADER + CHUNK + size + (size & 1)).order(ByteOrder.LITTLE_ENDIAN);
        out.put(name("RIFF")).putInt(out.capacity() - CHUNK).put(name("WEBP"));
        out.put(out.position(), webp.array(), pixels, CHUNK + size);
        if (isLossless()) {
            // The decoder makes up zeros past the end of this chunk, but not past the end of the file.
            out.putInt(4, Integer.MAX_VALUE).putInt(HEADER + 4, Integer.MAX_VALUE - CHUNK);
        }
        return out.array();
    }

    private boolean isLossless() {
        return name(pixels).equals("VP8L");
    }

    /** What the frame lies on; around it there is nothing, which is black. */
    Canvas canvas() {
        return new Canvas(canvasWidth, canvasHeight, left, top, 0);
    }

    private static void require(long size, int least) throws EOFException {
        if (size < least) {
            throw new EOFException();
        }
    }

    private String name(int at) {
        return new String(webp.array(), at, 4, StandardCharsets.ISO_8859_1);
    }

    private static byte[] name(String name) {
        return name.getBytes(StandardCharsets.ISO_8859_1);
    }

    private long unsigned(int at) {
        return webp.getInt(at) & 0xffffffffL;
    }

    private int three(int at) {
        return webp.getInt(at) & 0xffffff;
    }
}
