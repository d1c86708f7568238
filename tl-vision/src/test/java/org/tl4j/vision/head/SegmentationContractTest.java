// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.head;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.tl4j.data.Dataset;
import org.tl4j.data.LabelMap;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Head;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;
import org.tl4j.testkit.HeadContract;
import org.tl4j.vision.dataset.SegmentationDataset;
import org.tl4j.vision.input.Image;
import org.tl4j.vision.input.ImageSource;
import org.tl4j.vision.input.Mask;
import org.tl4j.vision.input.MaskSource;
import org.tl4j.vision.input.WholeImageInput;

/** Segmentation passes the tests of every task, with a U-Net decoder on two tiny maps. */
class SegmentationContractTest implements HeadContract<ImageSource, MaskSource, Segmentation> {
    private static final int SIZE = 12;

    @Override
    public Head<ImageSource, MaskSource, Segmentation> head() {
        return new SegmentationTask();
    }

    /** Brighter squares, some with a border that does not count. */
    @Override
    public Dataset<ImageSource, MaskSource> data() {
        List<ImageSource> images = new ArrayList<>();
        List<MaskSource> masks = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            byte[] rgb = new byte[3 * SIZE * SIZE];
            int[] classes = new int[SIZE * SIZE];
            for (int p = 0; p < classes.length; p++) {
                int x = p % SIZE;
                int y = p / SIZE;
                boolean inside = x >= i && x < i + 6 && y >= 2 && y < 8;
                boolean edge = inside && (x == i || y == 2) && i % 2 == 1;
                classes[p] = edge ? Mask.IGNORE : inside ? 1 + i % 2 : 0;
                byte value = (byte) (inside ? 150 + 60 * (i % 2) : 30 + (7 * p) % 20);
                rgb[3 * p] = value;
                rgb[3 * p + 1] = inside && i % 2 == 1 ? 20 : value;
                rgb[3 * p + 2] = value;
            }
            images.add(ImageSource.of("image " + i, Image.of(SIZE, SIZE, rgb)));
            masks.add(MaskSource.of("mask " + i, Mask.of(SIZE, SIZE, classes)));
        }
        return SegmentationDataset.of("squares", images, masks, LabelMap.of("background", "grey", "violet"));
    }

    @Override
    public MaskSource unknownTarget() {
        return MaskSource.of("mask", Mask.of(2, 1, 0, 3));
    }

    @Override
    public Config settings() {
        return Config.empty()
                .with("class-weights", "balanced")
                .with("label-smoothing", 0.05)
                .with("head-dropout", 0)
                .with("widths", List.of(6, 4));
    }

    @Override
    public Endpoints backbone(Graph graph) {
        Value image = graph.input("image", DType.F32, Shape.parse("N, 3, H, W"));
        Value fine = graph.relu(graph.at("layer").conv2d("a", image, 5, 3, 1, 1, 1, true));
        Value coarse =
                graph.at("layer").conv2d("b", graph.pool2d(Op.PoolKind.MAX, fine, 2, 2, 0, false), 6, 3, 1, 1, 1, true);
        return new Endpoints(
                Map.of(),
                null,
                null,
                List.of(new Endpoints.FeatureMap(fine, 1, 5), new Endpoints.FeatureMap(coarse, 2, 6)),
                List.of(Endpoints.Layer.of("layer")));
    }

    @Override
    public Map<String, HostTensor> inputs(ImageSource example) {
        return WholeImageInput.of(Config.empty(), null).encode(example);
    }
}
