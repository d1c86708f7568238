// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.backbone;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Value;
import org.tl4j.model.Backbone;
import org.tl4j.model.Config;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;

/**
 * The published builders of a family and the settings they take.
 *
 * @param references what parity fixtures name, such as {@code torchvision:resnet18}, and the variant that it is
 * @param settings arguments of the builders that change the network
 * @param classes how many classes a builder makes unless it is told
 */
record Published(Map<String, Backbone.Variant> references, Set<String> settings, int classes) {
    /** The one input of every family: {@code f32[N, 3, H, W]}. */
    static final String IMAGE = "image";

    /** The answer of a published classifier: {@code f32[N, K]}. */
    static final String LOGITS = "logits";

    /** What a 1 x 1 convolution makes the classes of pixels of, in a segmentation network: {@code f32[N, C, h, w]}. */
    static final String PIXELS = "pixels";

    /** The same for the auxiliary classifier: {@code f32[N, C, h, w]}. */
    static final String AUX_PIXELS = "aux_pixels";

    /** The answer of a published segmentation network: {@code f32[N, K, H, W]}. */
    static final String OUT = "out";

    /** The answer of its auxiliary classifier: {@code f32[N, K, H, W]}. */
    static final String AUX = "aux";

    /** The setting that adds an auxiliary classifier. */
    static final String AUX_LOSS = "aux_loss";

    /** The scope of a published segmentation network's top. */
    static final String CLASSIFIER = "classifier";

    /** The scope of its auxiliary classifier. */
    static final String AUXILIARY = "aux_classifier";

    /** The setting that adds the published classifier. */
    static final String CLASSES = "num_classes";

    /** Probability of dropout before the published classifier. */
    static final String DROPOUT = "dropout";

    /** Arguments of torchvision's builders that say how weights start and what is printed. */
    private static final Set<String> WITHOUT_EFFECT =
            Set.of("weights", "weights_backbone", "progress", "init_weights", "zero_init_residual", "pretrained");

    Published {
        references = Map.copyOf(references);
        settings = Set.copyOf(settings);
    }

    /** Variants that are builders of torchvision's {@code models}, with 1000 classes. */
    static Published torchvision(List<Backbone.Variant> variants, String... settings) {
        return of("torchvision:", variants, 1000, settings);
    }

    /** Variants whose names, after a prefix, are references. */
    static Published of(String prefix, List<Backbone.Variant> variants, int classes, String... settings) {
        Map<String, Backbone.Variant> references = new LinkedHashMap<>();
        variants.forEach(v -> references.put(prefix + v.id(), v));
        return new Published(references, Set.of(settings), classes);
    }

    /** One reference more, whose arguments change the configuration of a variant. */
    Published or(String reference, Backbone.Variant variant) {
        Map<String, Backbone.Variant> more = new LinkedHashMap<>(references);
        more.put(reference, variant);
        return new Published(more, settings, classes);
    }

    /** See {@link Backbone#reference}. */
    Config reference(String source, Config arguments) {
        Backbone.Variant variant = references.get(source);
        if (variant == null) {
            throw new UnknownNameException("reference", source, references.keySet(), "use a fixture of this family");
        }
        List<String> unknown = new ArrayList<>(arguments.keys());
        unknown.removeAll(settings);
        unknown.removeAll(WITHOUT_EFFECT);
        unknown.remove(CLASSES);
        unknown.remove(DROPOUT);
        if (!unknown.isEmpty()) {
            throw new UnsupportedFeatureException(
                    "A fixture of '" + source + "' was made with arguments that this family does not have.",
                    unknown,
                    "some of " + settings + ", " + CLASSES + ", " + DROPOUT,
                    "make the fixture without them");
        }
        Config given = variant.config()
                .with(arguments)
                .with(DROPOUT, 0)
                .with("attention_dropout", 0)
                .with("stochastic_depth_prob", 0);
        return arguments.has(CLASSES) ? given : given.with(CLASSES, classes);
    }

    /** The one input of a fixture, whatever it is called there. */
    static Map<String, HostTensor> image(Map<String, HostTensor> inputs) {
        return inputs.size() == 1 ? Map.of(IMAGE, inputs.values().iterator().next()) : inputs;
    }

    /** The output that a nameless answer is. */
    static String output(String key) {
        return key.equals("output") ? LOGITS : key;
    }

    /** Declares the input, of any height and width. */
    static Value input(Graph graph) {
        return graph.input(IMAGE, DType.F32, Shape.parse("N, 3, H, W"));
    }

    /**
     * What torchvision's {@code transform_input} does: pictures normalised by ImageNet's means and deviations become
     * those of range -1 to 1 that Google's Inception weights were trained on. Same shape.
     */
    static Value inceptionInput(Graph graph, Value image) {
        float[] scale = new float[3];
        float[] shift = new float[3];
        double[] mean = {0.485, 0.456, 0.406};
        double[] deviation = {0.229, 0.224, 0.225};
        for (int c = 0; c < 3; c++) {
            scale[c] = (float) (deviation[c] / 0.5);
            shift[c] = (float) ((mean[c] - 0.5) / 0.5);
        }
        Value scaled = graph.mul(image, graph.constant("input_scale", HostTensor.of(scale, 3, 1, 1)));
        return graph.add(scaled, graph.constant("input_shift", HostTensor.of(shift, 3, 1, 1)));
    }

    /** A list of whole numbers, or what it is where none is set. */
    static List<Integer> integers(Config config, String key, List<Integer> otherwise) {
        return config.has(key) ? whole(key, config.numbers(key)) : otherwise;
    }

    /** A list of lists of whole numbers; empty where none is set. */
    static List<List<Integer>> integerRows(Config config, String key) {
        return config.numberRows(key).stream().map(row -> whole(key, row)).toList();
    }

    private static List<Integer> whole(String key, List<Double> numbers) {
        List<Integer> out = new ArrayList<>();
        for (double d : numbers) {
            if (d != Math.rint(d) || Math.abs(d) > Integer.MAX_VALUE) {
                throw new InvalidArgumentException(
                        "Setting '" + key + "' is of the wrong kind.", d, "whole numbers", "correct '" + key + "'");
            }
            out.add((int) d);
        }
        return out;
    }
}
