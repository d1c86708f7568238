// SPDX-License-Identifier: Apache-2.0
package org.tl4j.weights;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.UnsupportedFeatureException;

/**
 * A zip file by its central directory, zip64 included. Stored entries are views of the file, so that a mapped archive
 * is not copied; the JDK's readers can do neither that nor the stored entries with a data descriptor that PyTorch
 * writes.
 */
final class ZipArchive {
    /**
     * One file in the archive.
     *
     * @param header where its local header begins
     */
    record Entry(String name, int flags, int method, long crc, long packed, long size, long header) {}

    private static final String FORMAT = "zip file";
    private static final int END = 22;
    private static final int LONGEST_COMMENT = 0xffff;
    private static final int STORED = 0;
    private static final int DEFLATED = 8;
    private static final long ESCAPED = 0xffffffffL;
    /** Deflate makes nothing smaller than by this. */
    private static final long DEFLATE_LIMIT = 1032;

    private final FileBytes bytes;
    private final Map<String, Entry> entries = new LinkedHashMap<>();

    private ZipArchive(FileBytes bytes) {
        this.bytes = bytes;
    }

    /** Whether a file begins as a zip file does. */
    static boolean looksLike(FileBytes bytes) {
        return bytes.has(0, "PK\3\4") || bytes.has(0, "PK\5\6");
    }

    /** Reads the directory. */
    static ZipArchive open(FileBytes bytes) {
        ZipArchive zip = new ZipArchive(bytes);
        zip.readDirectory();
        return zip;
    }

    /** The entries in the order of the directory. */
    Collection<Entry> entries() {
        return Collections.unmodifiableCollection(entries.values());
    }

    /** The entry of that name, or null. */
    @Nullable
    Entry find(String name) {
        return entries.get(name);
    }

    /** The contents of an entry, checked against its length and checksum. */
    ByteBuffer read(Entry e) {
        if ((e.flags() & 1) != 0) {
            throw new UnsupportedFeatureException(
                    "'" + bytes.source() + "' is encrypted.",
                    "entry '" + e.name() + "' with a password",
                    "a zip file without one",
                    "unpack it and save the weights without a password");
        }
        if (!bytes.has(e.header(), "PK\3\4")) {
            throw corrupt("no entry at byte " + e.header(), "entry '" + e.name() + "', as the directory says");
        }
        ByteBuffer local = bytes.slice(e.header(), 30);
        long begin = e.header() + 30 + (local.getShort(26) & 0xffff) + (local.getShort(28) & 0xffff);
        ByteBuffer packed = bytes.slice(begin, e.packed());
        ByteBuffer contents = switch (e.method()) {
            case STORED -> packed;
            case DEFLATED -> inflate(e, packed);
            default ->
                throw new UnsupportedFeatureException(
                        "'" + bytes.source() + "' is packed in a way that is not read.",
                        "entry '" + e.name() + "' with method " + e.method(),
                        "stored or deflated entries",
                        "pack it again with deflate");
        };
        if (contents.remaining() != e.size()) {
            throw corrupt(
                    "entry '" + e.name() + "' of " + contents.remaining() + " bytes",
                    e.size() + " bytes, as the directory says");
        }
        CRC32 crc = new CRC32();
        crc.update(contents.duplicate());
        // PyTorch can be told to leave the checksum out, and writes 0.
        if (crc.getValue() != e.crc() && e.crc() != 0) {
            throw corrupt(
                    "entry '" + e.name() + "' at byte " + begin + " with checksum " + Long.toHexString(crc.getValue()),
                    "checksum " + Long.toHexString(e.crc()));
        }
        return contents;
    }

    private ByteBuffer inflate(Entry e, ByteBuffer packed) {
        if (e.size() / DEFLATE_LIMIT > e.packed() + 1 || e.size() > Integer.MAX_VALUE - 8) {
            throw corrupt(
                    "entry '" + e.name() + "' that says it grows from " + e.packed() + " to " + e.size() + " bytes",
                    "a length that deflate can reach");
        }
        byte[] out = new byte[(int) e.size()];
        Inflater inflater = new Inflater(true);
        try {
            inflater.setInput(packed);
            int done = 0;
            while (done < out.length) {
                int n = inflater.inflate(out, done, out.length - done);
                if (n == 0) {
                    throw corrupt("entry '" + e.name() + "' that ends after " + done + " bytes", out.length + " bytes");
                }
                done += n;
            }
            if (!inflater.finished() && inflater.inflate(new byte[1]) > 0) {
                throw corrupt("entry '" + e.name() + "' that goes on after " + done + " bytes", "its end");
            }
        } catch (DataFormatException bad) {
            throw bytes.corrupt(FORMAT, "entry '" + e.name() + "': " + bad.getMessage(), "deflated bytes", bad);
        } finally {
            inflater.end();
        }
        return ByteBuffer.wrap(out).order(java.nio.ByteOrder.LITTLE_ENDIAN);
    }

    private void readDirectory() {
        long end = endOfDirectory();
        ByteBuffer last = bytes.slice(end, END);
        long count = last.getShort(10) & 0xffff;
        long size = last.getInt(12) & ESCAPED;
        long begin = last.getInt(16) & ESCAPED;
        if (bytes.has(end - 20, "PK\6\7")) {
            long wide = bytes.slice(end - 20, 20).getLong(8);
            if (!bytes.has(wide, "PK\6\6")) {
                throw corrupt("no zip64 directory at byte " + wide, "one there");
            }
            ByteBuffer b = bytes.slice(wide, 56);
            count = b.getLong(32);
            size = b.getLong(40);
            begin = b.getLong(48);
        }
        if (begin < 0 || size < 0 || begin > end - size || count < 0 || count > size / 46) {
            throw corrupt(
                    "a directory of " + count + " entries in " + size + " bytes from byte " + begin + " on",
                    "a directory before byte " + end);
        }
        ByteBuffer b = bytes.slice(begin, size);
        for (long i = 0; i < count; i++) {
            Entry e = entry(b, begin);
            if (entries.put(e.name(), e) != null) {
                throw corrupt("two entries '" + e.name() + "'", "a name of its own for each entry");
            }
        }
    }

    private Entry entry(ByteBuffer b, long begin) {
        int at = b.position();
        if (b.remaining() < 46 || b.getInt(at) != 0x02014b50) {
            throw corrupt("no directory entry at byte " + (begin + at), "one there");
        }
        int name = b.getShort(at + 28) & 0xffff;
        int extra = b.getShort(at + 30) & 0xffff;
        int comment = b.getShort(at + 32) & 0xffff;
        if (b.remaining() < 46 + name + extra + comment) {
            throw corrupt("a directory that ends at byte " + (begin + b.limit()), "the rest of its entry");
        }
        byte[] text = new byte[name];
        b.get(at + 46, text);
        long[] sizes = {
            b.getInt(at + 24) & ESCAPED, b.getInt(at + 20) & ESCAPED, b.getInt(at + 42) & ESCAPED,
        };
        widen(sizes, b.slice(at + 46 + name, extra).order(java.nio.ByteOrder.LITTLE_ENDIAN));
        b.position(at + 46 + name + extra + comment);
        return new Entry(
                new String(text, StandardCharsets.UTF_8),
                b.getShort(at + 8) & 0xffff,
                b.getShort(at + 10) & 0xffff,
                b.getInt(at + 16) & ESCAPED,
                sizes[1],
                sizes[0],
                sizes[2]);
    }

    /** Puts in the 64-bit numbers of the zip64 field, which holds those that do not fit 32 bits, in this order. */
    private static void widen(long[] sizes, ByteBuffer extra) {
        while (extra.remaining() >= 4) {
            int id = extra.getShort() & 0xffff;
            int length = Math.min(extra.getShort() & 0xffff, extra.remaining());
            ByteBuffer field = extra.slice(extra.position(), length).order(java.nio.ByteOrder.LITTLE_ENDIAN);
            for (int i = 0; id == 1 && i < sizes.length; i++) {
                if (sizes[i] == ESCAPED && field.remaining() >= 8) {
                    sizes[i] = field.getLong();
                }
            }
            extra.position(extra.position() + length);
        }
    }

    private long endOfDirectory() {
        long first = Math.max(0, bytes.size() - END - LONGEST_COMMENT);
        for (long at = bytes.size() - END; at >= first; at--) {
            if (bytes.has(at, "PK\5\6") && at + END + (bytes.slice(at, END).getShort(20) & 0xffff) == bytes.size()) {
                return at;
            }
        }
        throw corrupt("a file of " + bytes.size() + " bytes without a directory at its end", "a zip directory");
    }

    private CorruptFileException corrupt(String found, String expected) {
        return bytes.corrupt(FORMAT, found, expected);
    }
}
