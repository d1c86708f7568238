// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.input;

import com.drew.imaging.ImageProcessingException;
import com.drew.imaging.jpeg.JpegMetadataReader;
import com.drew.imaging.png.PngMetadataReader;
import com.drew.imaging.webp.WebpMetadataReader;
import com.drew.metadata.Metadata;
import com.drew.metadata.exif.ExifReader;
import com.twelvemonkeys.imageio.plugins.jpeg.JPEGImageReaderSpi;
import com.twelvemonkeys.imageio.plugins.webp.WebPImageReaderSpi;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;

/** The kinds of image files that are read, told apart by how they begin; endings of names mean nothing. */
enum ImageFormat {
    JPEG {
        @Override
        ImageReader reader() throws IOException {
            return registered(JPEGImageReaderSpi.class, new JPEGImageReaderSpi());
        }

        @Override
        Metadata metadata(InputStream in) throws IOException, ImageProcessingException {
            return JpegMetadataReader.readMetadata(in, List.of(new ExifReader()));
        }
    },
    PNG {
        @Override
        Metadata metadata(InputStream in) throws IOException, ImageProcessingException {
            return PngMetadataReader.readMetadata(in);
        }
    },
    WEBP {
        @Override
        ImageReader reader() throws IOException {
            return registered(WebPImageReaderSpi.class, new WebPImageReaderSpi());
        }

        @Override
        Metadata metadata(InputStream in) throws IOException, ImageProcessingException {
            return WebpMetadataReader.readMetadata(in);
        }
    },
    GIF,
    BMP;

    /** How many bytes from the beginning tell the format. */
    static final int SIGNATURE = 32;

    /** What other things begin with that are found where an image should be, and what they are. */
    private record Stranger(String start, int at, String what) {}

    private static final List<Stranger> STRANGERS = List.of(
            new Stranger("II*\0", 0, "a TIFF image"),
            new Stranger("MM\0*", 0, "a TIFF image"),
            new Stranger("ftypheic", 4, "a HEIC image"),
            new Stranger("ftypheix", 4, "a HEIC image"),
            new Stranger("ftypmif1", 4, "a HEIF image"),
            new Stranger("ftypavif", 4, "an AVIF image"),
            new Stranger("jP  ", 4, "a JPEG 2000 image"),
            new Stranger("\u00ff\n", 0, "a JPEG XL image"),
            new Stranger("8BPS", 0, "a Photoshop file"),
            new Stranger("%PDF", 0, "a PDF document"),
            new Stranger("PK\003\004", 0, "a zip archive"),
            new Stranger("\037\u008b", 0, "a gzip archive"),
            new Stranger("version https://git-lfs", 0, "a pointer of Git LFS, whose file was not fetched"),
            new Stranger("<?xml", 0, "an XML document, such as an SVG drawing"),
            new Stranger("<svg", 0, "an SVG drawing"),
            new Stranger("<", 0, "a web page, such as the error of a download"));

    /** A reader of its own for each image; readers are not for several threads. */
    ImageReader reader() throws IOException {
        return ImageIO.getImageReadersByFormatName(name()).next();
    }

    /** What a camera wrote beside the pixels. */
    Metadata metadata(InputStream in) throws IOException, ImageProcessingException {
        return new Metadata();
    }

    /** The format that a file of this beginning has. */
    static Optional<ImageFormat> of(byte[] start) {
        if (begins(start, "\u00ff\u00d8\u00ff", 0)) {
            return Optional.of(JPEG);
        }
        if (begins(start, "\u0089PNG\r\n\032\n", 0)) {
            return Optional.of(PNG);
        }
        if (begins(start, "RIFF", 0) && begins(start, "WEBP", 8)) {
            return Optional.of(WEBP);
        }
        if (begins(start, "GIF87a", 0) || begins(start, "GIF89a", 0)) {
            return Optional.of(GIF);
        }
        // Two letters are little to go by; the third word of a bitmap is the size of its header.
        boolean bitmap = begins(start, "BM", 0)
                && start.length > 17
                && List.of(12, 40, 52, 56, 64, 108, 124).contains(start[14] & 0xff)
                && start[15] == 0;
        return bitmap ? Optional.of(BMP) : Optional.empty();
    }

    /** What something that is none of these formats looks like, for people. */
    static String describe(byte[] start) {
        return STRANGERS.stream()
                .filter(s -> begins(start, s.start, s.at))
                .map(Stranger::what)
                .findFirst()
                .orElseGet(() -> "bytes that begin with "
                        + HexFormat.ofDelimiter(" ").formatHex(Arrays.copyOf(start, Math.min(8, start.length))));
    }

    /** The orientation tag of the camera, 1 where there is none. */
    int orientation(byte[] bytes) {
        try {
            return Orientation.tag(metadata(new ByteArrayInputStream(bytes)));
        } catch (IOException | ImageProcessingException | RuntimeException e) {
            // The pixels may be as good as ever; without a readable tag the image is taken as it is stored.
            System.getLogger(ImageFormat.class.getName())
                    .log(System.Logger.Level.DEBUG, "what a camera wrote is not readable", e);
            return 1;
        }
    }

    private static boolean begins(byte[] start, String with, int at) {
        byte[] wanted = with.getBytes(StandardCharsets.ISO_8859_1);
        return start.length >= at + wanted.length
                && Arrays.equals(start, at, at + wanted.length, wanted, 0, wanted.length);
    }

    /**
     * A reader of a plug-in, which is registered first where the platform did not find it by itself, as in a container
     * with class loaders of its own.
     */
    private static <T extends ImageReaderSpi> ImageReader registered(Class<T> type, T fresh) throws IOException {
        IIORegistry registry = IIORegistry.getDefaultInstance();
        T known = registry.getServiceProviderByClass(type);
        if (known == null) {
            registry.registerServiceProvider(fresh, ImageReaderSpi.class);
            known = fresh;
        }
        return known.createReaderInstance();
    }
}
