// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.input;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.Checks;
import org.tl4j.error.Choice;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.model.Config;
import org.tl4j.model.Preprocessor;
import org.tl4j.tensor.HostTensor;

/**
 * Images as the tensor that a backbone was trained on: resized, cut to its frame, scaled, and normalised by channel.
 * Gives {@code image f32[C, H, W]}, to the bit as torchvision's transforms make it of the same pixels.
 *
 * <p>Settings, with what holds where nothing is said: that is the evaluation of ImageNet.
 *
 * <table>
 * <caption>Settings</caption>
 * <tr><td>{@code size}</td><td>{@code [3, 224, 224]}</td><td>channels, height and width of the frame; 1 channel is
 *     grey</td></tr>
 * <tr><td>{@code resize}</td><td>{@code shorter-side}</td><td>see {@link Fit}</td></tr>
 * <tr><td>{@code cropPct}</td><td>0.875, or 1 where all of the image is seen</td><td>the frame's share of the resized
 *     image</td></tr>
 * <tr><td>{@code resizeTo}</td><td>height / cropPct</td><td>the resized image's shorter side, where the publisher says
 *     that instead</td></tr>
 * <tr><td>{@code interpolation}</td><td>{@code bilinear}</td><td>see {@link Resampling}</td></tr>
 * <tr><td>{@code range}</td><td>{@code [0, 1]}</td><td>what pixels 0 and 255 become before they are
 *     normalised</td></tr>
 * <tr><td>{@code mean}, {@code std}</td><td>those of ImageNet</td><td>by channel, in the order of the tensor</td></tr>
 * <tr><td>{@code channels}</td><td>{@code rgb}</td><td>or {@code bgr}, or {@code grey} for 1 channel</td></tr>
 * <tr><td>{@code fill}</td><td>{@code [114, 114, 114]}</td><td>the colour around a letterboxed image</td></tr>
 * <tr><td>{@code tensor}</td><td>{@code image}</td><td>the name of the input</td></tr>
 * </table>
 */
public final class ImageInput implements Preprocessor<ImageSource> {
    /** The name of the input where nothing else is said. */
    public static final String IMAGE = "image";

    private static final List<Double> MEAN = List.of(0.485, 0.456, 0.406);
    private static final List<Double> STD = List.of(0.229, 0.224, 0.225);
    private static final double CROP = 0.875;

    /** How an image comes to fill the frame. */
    public enum Fit {
        /**
         * Its shape is kept, its shorter side fills the frame and {@code 1 / cropPct - 1} beyond it; its middle is
         * seen.
         */
        SHORTER_SIDE,
        /** It is stretched to the frame, or beyond it by {@code cropPct}. */
        EXACT,
        /** Its shape is kept, all of it is seen, and there is {@code fill} around it. */
        LETTERBOX;

        private static Fit named(String name) {
            return Choice.of(Fit.class, "way to resize", name, "correct 'resize' in the preprocessing");
        }

        /** The name, such as {@code shorter-side}. */
        @Override
        public String toString() {
            return Choice.name(this);
        }
    }

    private final int channels;
    private final int height;
    private final int width;
    private final Fit fit;
    private final double cropPct;
    private final int resizeTo;
    private final Resampling interpolation;
    private final List<Double> range;
    private final List<Double> mean;
    private final List<Double> std;
    private final String order;
    private final int fill;
    private final String tensor;
    /** What each value of a pixel becomes, by channel of the tensor. */
    private final float[][] values;

    private ImageInput(Config c) {
        List<Double> size = c.has("size") ? numbers(c, "size", 3) : List.of(3.0, 224.0, 224.0);
        this.channels = whole("size", size.get(0));
        this.height = whole("size", size.get(1));
        this.width = whole("size", size.get(2));
        this.order = c.text("channels", channels == 1 ? "grey" : "rgb");
        if (channels != (order.equals("grey") ? 1 : 3)
                || !List.of("rgb", "bgr", "grey").contains(order)) {
            throw new InvalidArgumentException(
                    "Images cannot have these channels.",
                    "size = " + size + ", channels = " + order,
                    "3 channels rgb or bgr, or 1 channel grey",
                    "correct 'size' or 'channels' in the preprocessing");
        }
        this.fit = Fit.named(c.text("resize", Fit.SHORTER_SIDE.toString()));
        this.cropPct = Checks.between("cropPct", c.number("cropPct", fit == Fit.SHORTER_SIDE ? CROP : 1), 0.01, 1);
        this.resizeTo = c.integer("resizeTo", 0);
        if (resizeTo != 0 && (fit != Fit.SHORTER_SIDE || resizeTo < Math.min(height, width))) {
            throw new InvalidArgumentException(
                    "Images cannot be resized so.",
                    "resizeTo = " + resizeTo + ", resize = " + fit + ", size = " + size,
                    "resize = shorter-side, and resizeTo at least as long as the frame",
                    "correct 'resizeTo' in the preprocessing");
        }
        this.interpolation = Resampling.named(c.text("interpolation", Resampling.BILINEAR.toString()));
        this.range = c.has("range") ? numbers(c, "range", 2) : List.of(0.0, 1.0);
        this.mean = c.has("mean") ? numbers(c, "mean", channels) : MEAN.subList(0, channels);
        this.std = c.has("std") ? numbers(c, "std", channels) : STD.subList(0, channels);
        std.forEach(s -> Checks.positive("std", s));
        List<Double> colour = c.has("fill") ? numbers(c, "fill", 3) : List.of(114.0, 114.0, 114.0);
        colour.forEach(v -> Checks.between("fill", v, 0, 255));
        this.fill = colour.get(0).intValue() << 16
                | colour.get(1).intValue() << 8
                | colour.get(2).intValue();
        this.tensor = c.text("tensor", IMAGE);
        this.values = table();
    }

    private static List<Double> numbers(Config c, String key, int count) {
        List<Double> numbers = c.numbers(key);
        if (numbers.size() != count) {
            throw new InvalidArgumentException(
                    "Setting '" + key + "' of the images has the wrong length.",
                    key + " = " + numbers,
                    count + " numbers",
                    "correct '" + key + "' in the preprocessing");
        }
        return numbers;
    }

    private static int whole(String name, double value) {
        return Checks.positive(name, value == Math.rint(value) ? (int) value : 0);
    }

    /** Single precision throughout, in the order in which ToTensor and Normalize of torchvision compute. */
    private float[][] table() {
        float[][] table = new float[channels][256];
        for (int c = 0; c < channels; c++) {
            float m = mean.get(c).floatValue();
            float s = std.get(c).floatValue();
            float low = range.get(0).floatValue();
            float span = (float) (range.get(1) - range.get(0));
            for (int v = 0; v < 256; v++) {
                table[c][v] = (v / 255f * span + low - m) / s;
            }
        }
        return table;
    }

    /**
     * The preprocessing of these settings.
     *
     * @param folder of a published model, whose {@code preprocessor_config.json} or {@code config.json} is asked where
     *     the settings say no {@code size}; may be null
     */
    public static ImageInput of(Config settings, @Nullable Path folder) {
        return new ImageInput(
                folder == null || settings.has("size")
                        ? settings
                        : PublishedInput.in(folder).with(settings));
    }

    /** Where an image of this size is put. */
    public Placement placement(int imageWidth, int imageHeight) {
        return switch (fit) {
            case SHORTER_SIDE -> covering(imageWidth, imageHeight);
            case EXACT -> centred(imageWidth, imageHeight, enlarged(width), enlarged(height));
            case LETTERBOX -> {
                double scale = Math.min((double) width / imageWidth, (double) height / imageHeight) / cropPct;
                yield centred(imageWidth, imageHeight, (int) Math.max(1, Math.round(imageWidth * scale)), (int)
                        Math.max(1, Math.round(imageHeight * scale)));
            }
        };
    }

    private int enlarged(int side) {
        return (int) Math.floor(side / cropPct);
    }

    private Placement covering(int imageWidth, int imageHeight) {
        if (height == width || resizeTo != 0) {
            int shorter = resizeTo != 0 ? resizeTo : enlarged(height);
            // As torchvision: the longer side is cut off to a whole number, not rounded.
            int longer = (int) ((long) shorter * Math.max(imageWidth, imageHeight) / Math.min(imageWidth, imageHeight));
            boolean isWide = imageWidth > imageHeight;
            return centred(imageWidth, imageHeight, isWide ? longer : shorter, isWide ? shorter : longer);
        }
        double scale = Math.max((double) enlarged(width) / imageWidth, (double) enlarged(height) / imageHeight);
        return centred(imageWidth, imageHeight, (int) Math.max(width, Math.round(imageWidth * scale)), (int)
                Math.max(height, Math.round(imageHeight * scale)));
    }

    /** Half a pixel goes where torchvision's CenterCrop puts it: to the even side. */
    private Placement centred(int imageWidth, int imageHeight, int newWidth, int newHeight) {
        int x = (int) Math.rint((newWidth - width) / 2.0);
        int y = (int) Math.rint((newHeight - height) / 2.0);
        return new Placement(imageWidth, imageHeight, newWidth, newHeight, x, y, width, height);
    }

    /** The image in the frame, before it becomes a tensor. */
    public Image framed(Image image) {
        return placement(image.width(), image.height()).of(image, interpolation, fill);
    }

    /** An image that fills the frame as a tensor {@code f32[C, H, W]}. */
    public HostTensor tensor(Image framed) {
        if (framed.width() != width || framed.height() != height) {
            throw new InvalidArgumentException(
                    "An image does not fill the frame.",
                    framed,
                    width + "x" + height + " pixels",
                    "resize it, or use framed(image)");
        }
        byte[] rgb = framed.pixels();
        int pixels = width * height;
        float[] out = new float[channels * pixels];
        if (channels == 1) {
            for (int i = 0; i < pixels; i++) {
                out[i] = values[0][Grey.of(rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2])];
            }
        } else {
            for (int c = 0; c < 3; c++) {
                float[] value = values[c];
                int in = order.equals("bgr") ? 2 - c : c;
                for (int i = 0; i < pixels; i++) {
                    out[c * pixels + i] = value[rgb[3 * i + in] & 0xff];
                }
            }
        }
        return HostTensor.of(out, channels, height, width);
    }

    @Override
    public Map<String, HostTensor> encode(ImageSource source) {
        return Map.of(tensor, source instanceof ImageSource.Mixed m ? mixed(m) : tensor(framed(source)));
    }

    /** Values of both images, by share or by window. */
    private HostTensor mixed(ImageSource.Mixed mix) {
        float[] out = tensor(framed(mix.one())).toFloats();
        float[] other = tensor(framed(mix.other())).toFloats();
        ImageMix.Window window = mix.window();
        if (window.area() == 0) {
            float share = (float) mix.share();
            for (int i = 0; i < out.length; i++) {
                out[i] = share * out[i] + (1 - share) * other[i];
            }
        } else {
            int left = (int) Math.round(window.left() * width);
            int right = (int) Math.round(window.right() * width);
            for (int c = 0; c < channels; c++) {
                for (int y = (int) Math.round(window.top() * height); y < Math.round(window.bottom() * height); y++) {
                    int row = (c * height + y) * width;
                    System.arraycopy(other, row + left, out, row + left, right - left);
                }
            }
        }
        return HostTensor.of(out, channels, height, width);
    }

    /** An image in the frame, changed if it is one that is. */
    public Image framed(ImageSource source) {
        return source instanceof ImageSource.Changed c
                ? c.framed(new ImageChange.Frame(width, height, interpolation), this::framed)
                : framed(source.read());
    }

    /** As {@link #encode}, for many images on all cores. */
    @Override
    public List<Map<String, HostTensor>> encodeAll(List<ImageSource> sources) {
        return sources.parallelStream().map(this::encode).toList();
    }

    /** Columns of the frame. */
    public int width() {
        return width;
    }

    /** Rows of the frame. */
    public int height() {
        return height;
    }

    @Override
    public Map<String, Double> padding() {
        return Map.of();
    }

    @Override
    public Config config() {
        Config c = Config.empty()
                .with("size", List.of(channels, height, width))
                .with("resize", fit.toString())
                .with("cropPct", cropPct)
                .with("interpolation", interpolation.toString())
                .with("range", range)
                .with("mean", mean)
                .with("std", std)
                .with("channels", order)
                .with("fill", List.of(fill >> 16, fill >> 8 & 0xff, fill & 0xff))
                .with("tensor", tensor);
        return resizeTo == 0 ? c : c.with("resizeTo", resizeTo);
    }

    /** There are none: the settings say all. */
    @Override
    public void saveFiles(Path folder) {}

    /** There is nothing to free. */
    @Override
    public void close() {}
}
