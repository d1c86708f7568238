// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.backbone;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.tl4j.error.UnknownNameException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Value;
import org.tl4j.model.Config;
import org.tl4j.model.Endpoints;

/**
 * A classification network without its classifier, dilated so that its last maps stay fine, as the published
 * segmentation networks sit on it. Its parameters are under {@code backbone}.
 *
 * @param maps one a stride, finest first
 * @param last the map that pixels are classified by
 * @param auxiliary the map that an auxiliary classifier learns from
 * @param low the map that LR-ASPP takes details from
 * @param layers in depth order, input side first
 */
record DilatedTrunk(
        List<Endpoints.FeatureMap> maps,
        Endpoints.FeatureMap last,
        Endpoints.FeatureMap auxiliary,
        Endpoints.FeatureMap low,
        List<Endpoints.Layer> layers) {
    private static final String SCOPE = "backbone";
    private static final List<String> RESNETS = List.of("resnet50", "resnet101");
    private static final String MOBILE = "mobilenet_v3_large";

    /** The network that {@code name} says: a ResNet of bottlenecks at stride 8, or MobileNet v3 at stride 16. */
    static DilatedTrunk of(Graph graph, Value image, String name) {
        if (RESNETS.contains(name)) {
            Config config = config(new ResNet().variants(), name)
                    .with("replace_stride_with_dilation", List.of(false, true, true));
            List<Endpoints.FeatureMap> maps = ResNet.trunk(graph.at(SCOPE), image, config);
            return new DilatedTrunk(maps, maps.get(4), maps.get(3), maps.get(2), ResNet.layers(SCOPE + "."));
        }
        if (name.equals(MOBILE)) {
            Config config = config(new MobileNetV3().variants(), name).with("dilated", true);
            List<MobileNetV3.Block> blocks = MobileNetV3.features(graph.at(SCOPE), image, config);
            FeatureMaps maps = new FeatureMaps();
            blocks.forEach(b -> maps.add(b.map().value(), b.map().stride()));
            // torchvision's stages: the stem, every block with a stride, and the last convolution.
            List<Integer> stages = new ArrayList<>(IntStream.range(0, blocks.size())
                    .filter(i -> i == 0 || blocks.get(i).isStrided())
                    .boxed()
                    .toList());
            Endpoints.FeatureMap low = blocks.get(stages.get(stages.size() - 3)).map();
            return new DilatedTrunk(
                    maps.all(),
                    maps.last(),
                    low,
                    low,
                    blocks.stream().map(MobileNetV3.Block::layer).toList());
        }
        List<String> known = new ArrayList<>(RESNETS);
        known.add(MOBILE);
        throw new UnknownNameException("backbone", name, known, "correct 'backbone' in the configuration");
    }

    private static Config config(List<org.tl4j.model.Backbone.Variant> variants, String name) {
        return variants.stream()
                .filter(v -> v.id().equals(name))
                .findFirst()
                .orElseThrow()
                .config();
    }
}
