// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.input;

import com.google.gson.JsonElement;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.model.Config;

/**
 * The preprocessing that a published model brings along, as settings of {@link ImageInput}:
 * {@code preprocessor_config.json} of Hugging Face's transformers, or {@code pretrained_cfg} in the {@code config.json}
 * of timm.
 */
final class PublishedInput {
    private static final String TRANSFORMERS = "preprocessor_config.json";
    private static final String TIMM = "config.json";

    /** Pillow's numbers of its filters, which {@code resample} is. */
    private static final List<String> FILTERS = List.of("nearest", "lanczos", "bilinear", "bicubic", "box", "hamming");

    /** Below this size a ConvNeXT is shown the middle of an image, from it on all of it. */
    private static final int CROPPED_BELOW = 384;

    private PublishedInput() {}

    /** What the folder says; nothing where it holds neither file. */
    static Config in(Path folder) {
        Config transformers = read(folder.resolve(TRANSFORMERS));
        if (!transformers.keys().isEmpty()) {
            return transformers(transformers);
        }
        Config timm = read(folder.resolve(TIMM)).config("pretrained_cfg");
        return timm.keys().isEmpty() ? Config.empty() : timm(timm);
    }

    private static Config read(Path file) {
        if (!Files.isRegularFile(file)) {
            return Config.empty();
        }
        try {
            return Config.parse(file.toString(), Files.readString(file, StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new CorruptFileException(
                    "'" + file + "' cannot be read.",
                    String.valueOf(e.getMessage()),
                    "UTF-8 text",
                    "restore the file",
                    e);
        }
    }

    private static Config timm(Config c) {
        Config out = copy(c, Config.empty(), "mean", "std", "interpolation");
        if (c.has("input_size")) {
            out = out.with("size", c.numbers("input_size"));
        }
        String mode = c.text("crop_mode", "center");
        out = out.with(
                "resize",
                switch (mode) {
                    case "center" -> "shorter-side";
                    case "squash" -> "exact";
                    case "border" -> "letterbox";
                    default -> throw unsupported("crop_mode", mode, "center, squash or border");
                });
        return c.has("crop_pct") ? out.with("cropPct", c.number("crop_pct")) : out;
    }

    private static Config transformers(Config c) {
        Config out = Config.empty();
        if (c.has("resample")) {
            int filter = c.integer("resample");
            out = out.with("interpolation", filter >= 0 && filter < FILTERS.size() ? FILTERS.get(filter) : filter + "");
        }
        boolean isNormalised = c.flag("do_normalize", true);
        out = out.with("mean", isNormalised && c.has("image_mean") ? c.numbers("image_mean") : List.of(0, 0, 0))
                .with("std", isNormalised && c.has("image_std") ? c.numbers("image_std") : List.of(1, 1, 1));
        double factor = c.flag("do_rescale", true) ? c.number("rescale_factor", 1 / 255.0) : 1;
        out = out.with("range", List.of(0, Math.abs(factor - 1 / 255.0) < 1e-9 ? 1 : 255 * factor));
        if (!c.flag("do_resize", true)) {
            throw unsupported("do_resize", "false", "true");
        }
        int[] size = size(c, "size");
        boolean isCropped = c.flag("do_center_crop", c.has("crop_size"));
        if (isCropped && c.has("crop_size")) {
            int[] crop = size(c, "crop_size");
            out = out.with("size", List.of(3, crop[0], crop[1]));
            return size.length == 1
                    ? out.with("resize", "shorter-side").with("resizeTo", size[0])
                    : out.with("resize", "exact").with("cropPct", (double) crop[0] / size[0]);
        }
        if (size.length == 1) {
            int side = size[0];
            out = out.with("size", List.of(3, side, side));
            return c.has("crop_pct") && side < CROPPED_BELOW
                    ? out.with("resize", "shorter-side").with("cropPct", c.number("crop_pct"))
                    : out.with("resize", "exact");
        }
        return out.with("size", List.of(3, size[0], size[1])).with("resize", "exact");
    }

    /** Height and width, or the shorter side alone. */
    private static int[] size(Config c, String key) {
        JsonElement json = c.toJson().get(key);
        if (json == null || json.isJsonPrimitive()) {
            int side = c.integer(key, 224);
            // A bare number was the shorter side before it was both.
            return key.equals("size") && c.flag("do_center_crop", false) ? new int[] {side} : new int[] {side, side};
        }
        Config size = c.config(key);
        if (size.has("shortest_edge")) {
            return new int[] {size.integer("shortest_edge")};
        }
        return new int[] {size.integer("height"), size.integer("width")};
    }

    private static Config copy(Config from, Config to, String... keys) {
        Config out = to;
        for (String key : keys) {
            out = from.has(key) ? out.with(key, from.toJson().get(key)) : out;
        }
        return out;
    }

    private static UnsupportedFeatureException unsupported(String key, String found, String expected) {
        return new UnsupportedFeatureException(
                "The preprocessing of this model is not known.",
                key + " = " + found,
                expected,
                "use a backbone with a preset, or write the preprocessing into its folder anew");
    }
}
