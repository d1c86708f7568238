// SPDX-License-Identifier: Apache-2.0
package org.tl4j.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.tl4j.data.LabelMap;
import org.tl4j.graph.Graph;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;
import org.tl4j.model.Preprocessor;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;
import org.tl4j.tuning.PretrainedSource;
import org.tl4j.tuning.Transfer;
import org.tl4j.vision.backbone.ResNet;
import org.tl4j.vision.dataset.ImageDataset;
import org.tl4j.vision.head.ImageClassificationTask;
import org.tl4j.vision.input.Image;
import org.tl4j.vision.input.ImageInput;
import org.tl4j.vision.input.ImageSource;
import org.tl4j.weights.WeightFile;
import org.tl4j.weights.Weights;

/**
 * torchvision's ResNet-18 with random weights under its published names: what a network takes does not depend on what
 * it has learned. Pictures are pixels in memory, {@code u8[N, H, W, 3]}, so that no decoder of either side counts; both
 * scale and normalise them.
 */
final class ResNet18 implements SharedModel<ImageSource> {
    private static final String VARIANT = "resnet18";
    private static final int CLASSES = 4;
    private static final String IMAGES = "images";

    private final Setup setup;

    ResNet18(Setup setup) {
        this.setup = setup;
    }

    @Override
    public String name() {
        return VARIANT;
    }

    @Override
    public Path folder() {
        return setup.folder().resolve(name());
    }

    /** Height and width of the pictures. */
    private int size() {
        return setup.of(224, 64);
    }

    @Override
    public ImageClassificationTask description() {
        return new ImageClassificationTask();
    }

    @Override
    public LabelMap labels() {
        return LabelMap.of(
                IntStream.range(0, CLASSES).mapToObj(Integer::toString).toList());
    }

    private Config input() {
        return Config.empty().with("size", List.of(3, size(), size())).with("cropPct", 1);
    }

    @Override
    public Transfer.From source() {
        return Transfer.from(
                PretrainedSource.of(VARIANT).withWeights(weights("model")).withInput(input()));
    }

    @Override
    public Preprocessor<ImageSource> preprocessor() {
        return ImageInput.of(input(), null);
    }

    @Override
    public void writeNetwork() throws IOException {
        Files.createDirectories(folder());
        Graph graph = new Graph();
        build(graph, false);
        WeightFile.writeSafetensors(Weights.initial(graph, SEED), Map.of("format", "pt"), weights("model"));
    }

    @Override
    public Endpoints build(Graph graph, boolean dropout) {
        Config config = new ResNet()
                .variants().stream()
                        .filter(v -> v.id().equals(VARIANT))
                        .findFirst()
                        .orElseThrow()
                        .config();
        return new ResNet().build(graph, config);
    }

    /** 16 pictures, {@code f32[16, 3, 224, 224]}. */
    @Override
    public Map<String, HostTensor> batch() {
        int rows = setup.of(16, 4);
        Random random = new Random(7);
        float[] image = new float[rows * 3 * size() * size()];
        for (int i = 0; i < image.length; i++) {
            image[i] = (float) random.nextGaussian();
        }
        Map<String, HostTensor> batch = new LinkedHashMap<>();
        batch.put(ImageInput.IMAGE, HostTensor.of(image, rows, 3, size(), size()));
        batch.put(
                TARGET,
                HostTensor.of(LongStream.range(0, rows).map(i -> i % CLASSES).toArray(), rows));
        return batch;
    }

    // ------------------------------------------------------------------------------------------- pictures

    /** Stripes whose distance tells the class, with noise over them. */
    private byte[] pixels(int label, Random random) {
        byte[] pixels = new byte[3 * size() * size()];
        double step = (label + 1) * 0.1;
        double angle = random.nextDouble() * Math.PI;
        for (int y = 0; y < size(); y++) {
            for (int x = 0; x < size(); x++) {
                double wave = Math.sin(step * (x * Math.cos(angle) + y * Math.sin(angle)));
                for (int c = 0; c < 3; c++) {
                    pixels[3 * (y * size() + x) + c] = (byte) (128 + 80 * wave + 40 * (random.nextDouble() - 0.5));
                }
            }
        }
        return pixels;
    }

    @Override
    public ImageDataset lesson() {
        Random random = new Random(SEED);
        return dataset(
                "lesson",
                IntStream.range(0, 8 * CLASSES)
                        .mapToObj(i -> pixels(i % CLASSES, random))
                        .toList());
    }

    @Override
    public void writeExamples(String name, int count, boolean isLong) {
        Random random = new Random(SEED);
        ByteBuffer images = HostTensor.allocate(DType.U8, (long) count * 3 * size() * size());
        for (int i = 0; i < count; i++) {
            images.put(pixels(i % CLASSES, random));
        }
        HostTensor all = HostTensor.of(DType.U8, Shape.of(count, size(), size(), 3), images.flip());
        HostTensor targets =
                HostTensor.of(LongStream.range(0, count).map(i -> i % CLASSES).toArray(), count);
        WeightFile.writeSafetensors(Weights.of(Map.of(IMAGES, all, TARGET, targets)), Map.of(), weights(name));
    }

    @Override
    public ImageDataset examples(String name) {
        HostTensor images =
                Objects.requireNonNull(WeightFile.read(weights(name)).tensors().get(IMAGES), IMAGES);
        ByteBuffer bytes = images.bytes();
        List<byte[]> all = new ArrayList<>();
        for (int i = 0; i < images.shape().size(0); i++) {
            byte[] pixels = new byte[3 * size() * size()];
            bytes.get(pixels);
            all.add(pixels);
        }
        return dataset(name, all);
    }

    private ImageDataset dataset(String name, List<byte[]> all) {
        List<ImageSource> images = new ArrayList<>();
        List<String> labels = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            images.add(ImageSource.of(name + " " + i, Image.of(size(), size(), all.get(i))));
            labels.add(labels().name(i % CLASSES));
        }
        return ImageDataset.of(name, images, labels);
    }
}
