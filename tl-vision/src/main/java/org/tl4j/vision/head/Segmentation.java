// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.head;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.tl4j.data.LabelMap;
import org.tl4j.model.Config;
import org.tl4j.vision.input.Image;
import org.tl4j.vision.input.Mask;

/**
 * The class of every pixel of an image.
 *
 * @param labels names of the classes
 * @param mask their indices, {@code [H, W]}
 */
public record Segmentation(LabelMap labels, Mask mask) {
    private static final String BACKGROUND = "background";

    /** The name of the class of a pixel. */
    public String label(int x, int y) {
        return labels.name(mask.at(x, y));
    }

    /** The part of the pixels that each class has, the largest first; classes without a pixel are left out. */
    public Map<String, Double> shares() {
        long[] counts = new long[labels.size()];
        mask.stream().filter(k -> k < counts.length).forEach(k -> counts[k]++);
        List<Integer> order = new ArrayList<>();
        for (int k = 0; k < counts.length; k++) {
            if (counts[k] > 0) {
                order.add(k);
            }
        }
        order.sort(Comparator.comparingLong(k -> -counts[k]));
        Map<String, Double> shares = new LinkedHashMap<>();
        order.forEach(k -> shares.put(labels.name(k), counts[k] / (double) (mask.width() * mask.height())));
        return shares;
    }

    /** The classes as a PNG with a palette, whose indices are those of the classes. */
    public byte[] labelMap() {
        return SegmentationPng.labelMap(mask);
    }

    /** The image under the colours of the classes, with their borders drawn, as a PNG. */
    public byte[] overlay(Image image) {
        return SegmentationPng.overlay(image, mask);
    }

    /**
     * Connected pixels of one class (sides touch, corners do not suffice) as polygons along the sides of the pixels:
     * drawn again, they give the very same pixels. A class named {@code background} has none.
     */
    public List<Outline> outlines() {
        return Outline.of(mask).stream()
                .filter(o -> o.classIndex() != Mask.IGNORE
                        && !labels.name(o.classIndex()).equalsIgnoreCase(BACKGROUND))
                .toList();
    }

    /**
     * The outlines as GeoJSON (RFC 7946 but for the coordinates, which are pixels, x to the right and y down): a
     * polygon a region, its holes after its outer ring.
     */
    public String geoJson() {
        JsonArray features = new JsonArray();
        for (Outline o : outlines()) {
            JsonArray rings = new JsonArray();
            rings.add(ring(o.outer()));
            o.holes().forEach(h -> rings.add(ring(h)));
            JsonObject geometry = new JsonObject();
            geometry.addProperty("type", "Polygon");
            geometry.add("coordinates", rings);
            JsonObject properties = new JsonObject();
            properties.addProperty("label", labels.name(o.classIndex()));
            properties.addProperty("class", o.classIndex());
            properties.addProperty("pixels", o.pixels());
            JsonObject feature = new JsonObject();
            feature.addProperty("type", "Feature");
            feature.add("properties", properties);
            feature.add("geometry", geometry);
            features.add(feature);
        }
        JsonObject all = new JsonObject();
        all.addProperty("type", "FeatureCollection");
        all.add("features", features);
        return all.toString();
    }

    private static JsonArray ring(List<Outline.Corner> corners) {
        JsonArray ring = new JsonArray();
        corners.forEach(c -> ring.add(pair(c)));
        ring.add(pair(corners.get(0)));
        return ring;
    }

    private static JsonArray pair(Outline.Corner c) {
        JsonArray pair = new JsonArray();
        pair.add(c.x());
        pair.add(c.y());
        return pair;
    }

    /**
     * The outlines as annotations of COCO. COCO's polygons have no holes: a region that has some is written in runs.
     *
     * @param fileName of the image
     */
    public String coco(String fileName) {
        JsonObject image = new JsonObject();
        image.addProperty("id", 1);
        image.addProperty("file_name", fileName);
        image.addProperty("width", mask.width());
        image.addProperty("height", mask.height());
        JsonArray categories = new JsonArray();
        for (int k = 0; k < labels.size(); k++) {
            if (!labels.name(k).equalsIgnoreCase(BACKGROUND)) {
                JsonObject category = new JsonObject();
                category.addProperty("id", k + 1);
                category.addProperty("name", labels.name(k));
                categories.add(category);
            }
        }
        JsonArray annotations = new JsonArray();
        for (Outline o : outlines()) {
            JsonObject a = new JsonObject();
            a.addProperty("id", annotations.size() + 1);
            a.addProperty("image_id", 1);
            a.addProperty("category_id", o.classIndex() + 1);
            a.addProperty("iscrowd", 0);
            a.addProperty("area", o.pixels());
            JsonArray box = new JsonArray();
            o.box().forEach(box::add);
            a.add("bbox", box);
            if (o.holes().isEmpty()) {
                JsonArray polygon = new JsonArray();
                o.outer().forEach(c -> {
                    polygon.add(c.x());
                    polygon.add(c.y());
                });
                JsonArray polygons = new JsonArray();
                polygons.add(polygon);
                a.add("segmentation", polygons);
            } else {
                JsonArray counts = new JsonArray();
                o.runs(mask).forEach(counts::add);
                JsonArray size = new JsonArray();
                size.add(mask.height());
                size.add(mask.width());
                JsonObject runs = new JsonObject();
                runs.add("counts", counts);
                runs.add("size", size);
                a.add("segmentation", runs);
            }
            annotations.add(a);
        }
        JsonArray images = new JsonArray();
        images.add(image);
        JsonObject all = new JsonObject();
        all.add("images", images);
        all.add("categories", categories);
        all.add("annotations", annotations);
        return all.toString();
    }

    /** The size of the image and the share of each class, for scripts. */
    Config describe() {
        return Config.empty()
                .with("width", mask.width())
                .with("height", mask.height())
                .with("shares", shares());
    }

    /** The share of each class, in one line. */
    String render() {
        return mask.width() + "x" + mask.height() + "  "
                + shares().entrySet().stream()
                        .map(e -> String.format(Locale.ROOT, "%s %.1f %%", e.getKey(), 100 * e.getValue()))
                        .collect(Collectors.joining(", "));
    }
}
