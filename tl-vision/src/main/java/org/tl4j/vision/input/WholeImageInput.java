// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.input;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.model.Config;
import org.tl4j.model.Preprocessor;
import org.tl4j.tensor.HostTensor;

/**
 * Images as the tensor of a network that answers for every pixel: all of each image, in its own size unless another one
 * is asked for, scaled and normalised by channel as the backbone was trained. Gives {@code image f32[C, H, W]}.
 *
 * <p>Settings are those of {@link ImageInput} but for its frame ({@code size} says the channels alone, {@code resize},
 * {@code cropPct} and {@code resizeTo} say nothing), and {@code imageSize}: nothing for the image's own size, one
 * number for the length of its shorter side, two for height and width, to which it is stretched.
 */
public final class WholeImageInput implements Preprocessor<ImageSource> {
    /** The setting of the size. */
    public static final String IMAGE_SIZE = "imageSize";

    /** What classification networks are run on, by which memory is reckoned. */
    private static final int USUAL_PIXELS = 224 * 224;

    /** Images in their own size are mostly larger than that by about this factor. */
    private static final int LARGER = 8;

    private final Config settings;
    private final List<Integer> size;
    private final int channels;

    private WholeImageInput(Config given) {
        Config c = given.has("size")
                ? given
                : given.with("size", List.of(given.text("channels", "rgb").equals("grey") ? 1 : 3, 224, 224));
        this.settings = c.with("resize", ImageInput.Fit.EXACT.toString()).with("cropPct", 1);
        boolean isOne = c.has(IMAGE_SIZE) && c.toJson().get(IMAGE_SIZE).isJsonPrimitive();
        List<Double> asked = isOne ? List.of((double) c.integer(IMAGE_SIZE)) : c.numbers(IMAGE_SIZE);
        this.size = asked.stream()
                .map(v -> Checks.positive(IMAGE_SIZE, v.intValue()))
                .toList();
        if (size.size() > 2) {
            throw new InvalidArgumentException(
                    "Images cannot be brought to this size.",
                    IMAGE_SIZE + " = " + size,
                    "nothing, the shorter side, or height and width",
                    "correct '" + IMAGE_SIZE + "'");
        }
        this.channels = c.numbers("size").get(0).intValue();
        framed(1, 1);
    }

    /**
     * The preprocessing of these settings.
     *
     * @param folder of a published model, as for {@link ImageInput#of}; may be null
     */
    public static WholeImageInput of(Config settings, @Nullable Path folder) {
        Config published = folder == null || settings.has("size") ? Config.empty() : PublishedInput.in(folder);
        return new WholeImageInput(published.with(settings).with("resizeTo", 0));
    }

    private ImageInput framed(int width, int height) {
        return ImageInput.of(settings.with("size", List.of(channels, height, width)), null);
    }

    /** Whether every image keeps its size. */
    public boolean keepsSize() {
        return size.isEmpty();
    }

    /** Width and height that an image or mask of this size is brought to. */
    public int[] fittedSize(int width, int height) {
        return switch (size.size()) {
            case 0 -> new int[] {width, height};
            case 1 -> {
                int shorter = size.get(0);
                int longer = (int) ((long) shorter * Math.max(width, height) / Math.min(width, height));
                yield width > height ? new int[] {longer, shorter} : new int[] {shorter, longer};
            }
            default -> new int[] {size.get(1), size.get(0)};
        };
    }

    @Override
    public Map<String, HostTensor> encode(ImageSource source) {
        Image image = source.read();
        int[] fitted = fittedSize(image.width(), image.height());
        ImageInput input = framed(fitted[0], fitted[1]);
        return Map.of(settings.text("tensor", ImageInput.IMAGE), input.tensor(input.framed(image)));
    }

    /** A mask in the size that its image is brought to. */
    public Mask fitted(Mask mask) {
        int[] fitted = fittedSize(mask.width(), mask.height());
        return fitted[0] == mask.width() && fitted[1] == mask.height() ? mask : mask.resize(fitted[0], fitted[1]);
    }

    /** Fewer than usual, as the images are larger and every pixel of them is answered for. */
    @Override
    public int batch(int usual) {
        long pixels = size.size() == 2 ? (long) size.get(0) * size.get(1) : (long) LARGER * USUAL_PIXELS;
        return (int) Math.max(1, Math.min(usual, usual * (long) USUAL_PIXELS / pixels));
    }

    /** Images of a batch are filled up to the largest one, and their masks with pixels that do not count. */
    @Override
    public Map<String, Double> padding() {
        return Map.of("target", (double) Mask.IGNORE);
    }

    @Override
    public Config config() {
        return framed(224, 224).config().with(IMAGE_SIZE, size);
    }

    /** There are none: the settings say all. */
    @Override
    public void saveFiles(Path folder) {}

    /** There is nothing to free. */
    @Override
    public void close() {}
}
