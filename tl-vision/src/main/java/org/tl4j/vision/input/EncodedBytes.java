// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.input;

import java.io.IOException;
import javax.imageio.stream.ImageInputStreamImpl;

/**
 * Bytes as a decoder reads them. A decoder that goes on past the end, where some make up zeros for as many pixels as a
 * damaged header promises, is stopped.
 */
final class EncodedBytes extends ImageInputStreamImpl {
    /** Decoders look some bytes ahead, and the one for JPEG asks again after the end. */
    private static final int PATIENCE = 256;

    private final byte[] bytes;
    private int readsPastEnd;

    EncodedBytes(byte[] bytes) {
        this.bytes = bytes;
    }

    @Override
    public int read() throws IOException {
        bitOffset = 0;
        return isAtEnd() ? -1 : bytes[(int) streamPos++] & 0xff;
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
        bitOffset = 0;
        if (length == 0) {
            return 0;
        }
        if (isAtEnd()) {
            return -1;
        }
        int count = (int) Math.min(length, bytes.length - streamPos);
        System.arraycopy(bytes, (int) streamPos, to, offset, count);
        streamPos += count;
        return count;
    }

    private boolean isAtEnd() throws IOException {
        boolean atEnd = streamPos >= bytes.length;
        if (atEnd && ++readsPastEnd > PATIENCE) {
            throw new IOException(ImageDecoder.ENDS_EARLY);
        }
        return atEnd;
    }

    @Override
    public long length() {
        return bytes.length;
    }
}
