// SPDX-License-Identifier: Apache-2.0
package org.tl4j.weights;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.UnsupportedFeatureException;

/**
 * The bytes of a file by their place in it. Small files are read whole, so that nothing holds on to them; large ones
 * are mapped, so that tensors are read from the disk as they are used. Slices stay valid after {@link #close}.
 */
final class FileBytes implements Closeable {
    private static final long LARGEST_ON_HEAP = 16L << 20;
    private static final long LARGEST_SLICE = Integer.MAX_VALUE - 8;
    private static final long WINDOW = 1L << 30;

    private final String source;
    private final long size;
    private final @Nullable FileChannel channel;
    private final long window;
    private final Map<Long, ByteBuffer> windows = new HashMap<>();

    private FileBytes(String source, long size, @Nullable FileChannel channel, long window) {
        this.source = source;
        this.size = size;
        this.channel = channel;
        this.window = window;
    }

    /** Opens a file. */
    static FileBytes open(Path file) throws IOException {
        if (Files.size(file) <= LARGEST_ON_HEAP) {
            return of(file.toString(), Files.readAllBytes(file));
        }
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        long size = channel.size();
        return new FileBytes(file.toString(), size, channel, size <= LARGEST_SLICE ? size : WINDOW);
    }

    /** Wraps bytes in memory; {@code source} names them in errors. */
    static FileBytes of(String source, byte[] bytes) {
        FileBytes all = new FileBytes(source, bytes.length, null, Math.max(1, bytes.length));
        all.windows.put(0L, ByteBuffer.wrap(bytes));
        return all;
    }

    /** What errors call these bytes. */
    String source() {
        return source;
    }

    /** Number of bytes. */
    long size() {
        return size;
    }

    /** The first bytes, at most {@code most} of them. */
    byte[] head(int most) {
        byte[] head = new byte[(int) Math.min(most, size)];
        slice(0, head.length).get(head);
        return head;
    }

    /** Whether the bytes from {@code at} on are these, each written as a character. */
    boolean has(long at, String latin1) {
        if (at < 0 || at + latin1.length() > size) {
            return false;
        }
        ByteBuffer b = slice(at, latin1.length());
        for (int i = 0; i < latin1.length(); i++) {
            if ((b.get(i) & 0xff) != latin1.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /**
     * A little-endian view, which is not copied.
     *
     * @throws CorruptFileException if it does not lie inside the file
     */
    ByteBuffer slice(long from, long length) {
        if (from < 0 || length < 0 || from > size - length) {
            throw corrupt(
                    "file",
                    "a file that ends at byte " + size,
                    length < 0 ? "a length of at least 0" : length + " bytes from byte " + from + " on");
        }
        if (length > LARGEST_SLICE) {
            throw new UnsupportedFeatureException(
                    "'" + source + "' holds a piece that is too large for one buffer.",
                    length + " bytes from byte " + from + " on",
                    "at most " + LARGEST_SLICE + " bytes",
                    "split the tensor");
        }
        long first = from / window;
        ByteBuffer slice;
        if (length == 0) {
            slice = ByteBuffer.allocate(0);
        } else if (first == (from + length - 1) / window) {
            ByteBuffer whole =
                    windows.computeIfAbsent(first, w -> map(w * window, Math.min(window, size - w * window)));
            slice = whole.slice((int) (from - first * window), (int) length);
        } else {
            slice = map(from, length);
        }
        return slice.order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The same as {@link #slice}, copied. */
    byte[] copy(long from, long length) {
        ByteBuffer slice = slice(from, length);
        byte[] copy = new byte[slice.remaining()];
        slice.get(copy);
        return copy;
    }

    /** An error about these bytes; {@code format} is what they claim to be. */
    CorruptFileException corrupt(String format, String found, String expected) {
        return corrupt(format, found, expected, null);
    }

    /** The same with its cause. */
    CorruptFileException corrupt(String format, String found, String expected, @Nullable Throwable cause) {
        return new CorruptFileException(
                "'" + source + "' is no whole " + format + ".",
                found,
                expected,
                "download or copy the file again",
                cause);
    }

    /** The first bytes in hexadecimal, for errors. */
    String shown() {
        return size == 0
                ? "an empty file"
                : size + " bytes that begin "
                        + java.util.HexFormat.ofDelimiter(" ").formatHex(head(8));
    }

    @Override
    public void close() throws IOException {
        if (channel != null) {
            channel.close();
        }
    }

    private ByteBuffer map(long from, long length) {
        if (channel == null) {
            throw new IllegalStateException("bytes in memory are one window: " + Arrays.asList(from, length));
        }
        try {
            return channel.map(FileChannel.MapMode.READ_ONLY, from, length);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
