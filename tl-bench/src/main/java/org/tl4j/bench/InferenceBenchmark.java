// SPDX-License-Identifier: Apache-2.0
package org.tl4j.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.tl4j.bench.Comparison.Better;
import org.tl4j.bench.Comparison.Rival;
import org.tl4j.model.Classification;
import org.tl4j.serving.Predictor;

/**
 * Examples in, labels out, by a saved model on ONNX Runtime and by PyTorch: texts, tokenisation included, against
 * transformers; pictures as pixels, scaling and normalisation included, against torchvision.
 */
final class InferenceBenchmark implements Benchmark {
    private static final int VERIFIED = 64;

    @Override
    public String name() {
        return "inference";
    }

    @Override
    public String title() {
        return "examples in, labels out: MiniLM-L6, texts of 1 to 6 messages (about 20 to 100 tokens); ResNet-18, pictures"
                + " of 224 x 224 pixels in memory";
    }

    @Override
    public List<Comparison> comparisons(Setup setup) {
        Rival transformers = new Rival("eager", "transformers, PyTorch eager, fast tokenizer");
        Rival torchvision = new Rival("eager", "torchvision, PyTorch eager");
        return List.of(
                row(setup, "minilm-1", "inference, batch 1", "texts/s", transformers),
                row(setup, "minilm-32", "inference, batch 32", "texts/s", transformers),
                row(setup, "resnet18-1", "inference of ResNet-18, batch 1", "pictures/s", torchvision),
                row(setup, "resnet18-16", "inference of ResNet-18, batch 16", "pictures/s", torchvision));
    }

    private static Comparison row(Setup setup, String name, String title, String unit, Rival rival) {
        return new Comparison(
                name,
                title,
                unit,
                Better.MORE,
                List.of(rival),
                setup.of(3, 1),
                setup.of(15, 2),
                1.5,
                0,
                Map.of("probabilities", 1e-4));
    }

    @Override
    public void prepare(String comparison, Setup setup) {
        SharedModel<?> shared = SharedModel.of(comparison, setup);
        shared.writeSaved();
        shared.writeExamples(name(), setup.of(shared instanceof MiniLm ? 256 : 64, 64), false);
    }

    @Override
    public Side open(String comparison, Setup setup) {
        return answers(SharedModel.of(comparison, setup), Integer.parseInt(SharedModel.part(comparison)));
    }

    private <X> Answers<X> answers(SharedModel<X> shared, int batch) {
        return new Answers<>(
                shared.predictor(),
                shared.labels().names(),
                shared.examples(name()).inputs(),
                batch);
    }

    private record Answers<X>(
            Predictor<X, List<String>, Classification> predictor, List<String> labels, List<X> examples, int batch)
            implements Side {

        private List<Classification> answers(List<X> some) {
            List<Classification> answers = new ArrayList<>();
            for (int from = 0; from < some.size(); from += batch) {
                answers.addAll(predictor.predict(some.subList(from, Math.min(some.size(), from + batch))));
            }
            return answers;
        }

        @Override
        public Map<String, List<Double>> verify() {
            List<Double> probabilities = new ArrayList<>();
            for (Classification c : answers(examples.subList(0, Math.min(VERIFIED, examples.size())))) {
                labels.forEach(label -> probabilities.add(c.score(label)));
            }
            return Map.of("probabilities", probabilities);
        }

        /** A few examples at batch 1, all of them at larger batches: a round takes about as long either way. */
        @Override
        public Measured measure() {
            List<X> some = examples.subList(0, batch == 1 ? examples.size() / 4 : examples.size());
            long begin = System.nanoTime();
            List<Classification> answers = answers(some);
            return Measured.of(answers.size() / ((System.nanoTime() - begin) / 1e9));
        }

        @Override
        public void close() {
            predictor.close();
        }
    }
}
