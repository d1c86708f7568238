// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.dataset;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.BrokenFiles;
import org.tl4j.data.LabelMap;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.vision.input.ImageSource;
import org.tl4j.vision.input.Mask;
import org.tl4j.vision.input.MaskSource;
import org.tl4j.vision.input.Region;

/**
 * Annotations of COCO ({@code instances_*.json}) as masks: class 0 is what nobody annotated, the others are the
 * categories by their ids. An annotation is painted over those before it; a crowd does not count.
 */
final class CocoMasks {
    private static final String BACKGROUND = "background";

    private final Path json;
    private final Path images;
    private final BrokenFiles broken;
    private final List<String> notes = new ArrayList<>();

    CocoMasks(Path json, Path images, BrokenFiles broken) {
        this.json = json;
        this.images = images;
        this.broken = broken;
    }

    /** Where images usually lie: {@code images} beside the file, else where the file is. */
    static Path imagesBeside(Path json) {
        Path folder = json.toAbsolutePath().getParent();
        Path beside = folder == null ? Path.of("") : folder;
        return Files.isDirectory(beside.resolve("images")) ? beside.resolve("images") : beside;
    }

    /** An image of the file. */
    private record Listed(String file, int width, int height, List<Region> regions) {}

    SegmentationDataset read() {
        JsonObject root = parsed();
        Map<Integer, String> categories = new TreeMap<>();
        array(root, "categories").forEach(c -> categories.put(integer(c, "id"), text(c, "name")));
        if (categories.isEmpty()) {
            throw new InvalidDataException(
                    "'" + json + "' has no categories.", "none", "at least one", "name an instances file of COCO");
        }
        Map<Integer, Integer> classes = new LinkedHashMap<>();
        List<String> names = new ArrayList<>(List.of(BACKGROUND));
        categories.forEach((id, name) -> {
            classes.put(id, names.size());
            names.add(name);
        });
        Map<Long, Listed> listed = new LinkedHashMap<>();
        array(root, "images")
                .forEach(i -> listed.put(
                        (long) integer(i, "id"),
                        new Listed(
                                text(i, "file_name"), integer(i, "width"), integer(i, "height"), new ArrayList<>())));
        array(root, "annotations").forEach(a -> add(a.getAsJsonObject(), listed, classes));
        List<SegmentationDataset.Pair> pairs = new ArrayList<>();
        for (Listed i : listed.values()) {
            Path file = images.resolve(i.file);
            if (!Files.isRegularFile(file)) {
                throw new MissingArtifactException(
                        "An image of '" + json + "' is missing.",
                        "no " + file,
                        "every image that the file lists, in '" + images + "'",
                        "name the folder of the images (setting 'images')");
            }
            pairs.add(new SegmentationDataset.Pair(
                    ImageSource.file(file),
                    MaskSource.drawn(json.getFileName() + ", " + i.file, i.width, i.height, i.regions),
                    ""));
        }
        return SegmentationDataset.of(String.valueOf(json.getFileName()), pairs, broken, notes, LabelMap.of(names));
    }

    private void add(JsonObject annotation, Map<Long, Listed> listed, Map<Integer, Integer> classes) {
        long image = integer(annotation, "image_id");
        String which = "annotation " + (annotation.has("id") ? annotation.get("id") : "of image " + image);
        Listed target = listed.get(image);
        Integer category = classes.get(integer(annotation, "category_id"));
        if (target == null || category == null) {
            throw new InvalidDataException(
                    "'" + json + "' contradicts itself.",
                    which + " names "
                            + (target == null ? "image " + image : "category " + annotation.get("category_id")),
                    "an id of the lists of images and categories",
                    "correct the annotation, or remove it");
        }
        boolean isCrowd = annotation.has("iscrowd") && annotation.get("iscrowd").getAsInt() == 1;
        JsonElement segmentation = annotation.get("segmentation");
        try {
            Region region = region(segmentation, isCrowd ? Mask.IGNORE : category);
            if (region != null) {
                target.regions.add(region);
            }
        } catch (InvalidDataException e) {
            throw new InvalidDataException(json + ", " + which + ": " + e.what(), e.found(), e.expected(), e.fix(), e);
        }
    }

    /** Null where an annotation has a box alone. */
    private static @Nullable Region region(@Nullable JsonElement segmentation, int classIndex) {
        if (segmentation == null || segmentation.isJsonNull()) {
            return null;
        }
        if (segmentation.isJsonObject()) {
            JsonElement counts = segmentation.getAsJsonObject().get("counts");
            if (counts == null || counts.isJsonNull()) {
                throw new InvalidDataException("A segmentation is empty.", "no counts", "runs", "remove it");
            }
            if (counts.isJsonPrimitive()) {
                return Region.runs(classIndex, counts.getAsString());
            }
            List<Integer> runs = new ArrayList<>();
            counts.getAsJsonArray().forEach(c -> runs.add(c.getAsInt()));
            return Region.runs(classIndex, runs);
        }
        List<List<Double>> polygons = new ArrayList<>();
        for (JsonElement polygon : segmentation.getAsJsonArray()) {
            List<Double> ring = new ArrayList<>();
            polygon.getAsJsonArray().forEach(v -> ring.add(v.getAsDouble()));
            polygons.add(ring);
        }
        return polygons.isEmpty() ? null : Region.polygons(classIndex, polygons);
    }

    private JsonObject parsed() {
        try (Reader reader = Files.newBufferedReader(json, StandardCharsets.UTF_8)) {
            return JsonParser.parseReader(reader).getAsJsonObject();
        } catch (IOException | JsonParseException | IllegalStateException e) {
            throw new CorruptFileException(
                    "'" + json + "' is no file of annotations.",
                    String.valueOf(e.getMessage()),
                    "JSON of COCO: images, annotations, categories",
                    "restore the file, or name another one",
                    e);
        }
    }

    private JsonArray array(JsonObject root, String key) {
        JsonElement e = root.get(key);
        if (e == null || !e.isJsonArray()) {
            throw new InvalidDataException(
                    "'" + json + "' is no file of annotations.",
                    "keys " + root.keySet(),
                    "a list '" + key + "'",
                    "name an instances file of COCO");
        }
        return e.getAsJsonArray();
    }

    private int integer(JsonElement of, String key) {
        JsonElement e = of.getAsJsonObject().get(key);
        if (e == null || !e.isJsonPrimitive() || !e.getAsJsonPrimitive().isNumber()) {
            throw bad(of, key, "a number");
        }
        return e.getAsInt();
    }

    private String text(JsonElement of, String key) {
        JsonElement e = of.getAsJsonObject().get(key);
        if (e == null || !e.isJsonPrimitive()) {
            throw bad(of, key, "a text");
        }
        return e.getAsString();
    }

    private InvalidDataException bad(JsonElement of, String key, String expected) {
        String found = of.toString();
        return new InvalidDataException(
                "'" + json + "' has an incomplete entry.",
                found.substring(0, Math.min(80, found.length())),
                expected + " as '" + key + "'",
                "correct the entry, or remove it");
    }
}
