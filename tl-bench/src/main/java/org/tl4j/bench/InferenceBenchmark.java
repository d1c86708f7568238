// SPDX-License-Identifier: Apache-2.0
package org.tl4j.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.tl4j.bench.Comparison.Better;
import org.tl4j.bench.Comparison.Rival;
import org.tl4j.data.TextFile;
import org.tl4j.engine.Device;
import org.tl4j.model.Classification;
import org.tl4j.model.Config;
import org.tl4j.nlp.head.TextClassificationTask;
import org.tl4j.serving.Predictor;

/** Texts in, labels out, tokenisation included: a saved model on ONNX Runtime against transformers on PyTorch. */
final class InferenceBenchmark implements Benchmark {
    private static final int VERIFIED_TEXTS = 64;

    @Override
    public String name() {
        return "inference";
    }

    @Override
    public String title() {
        return "texts in, labels out, MiniLM-L6, texts of 1 to 6 messages (about 20 to 100 tokens)";
    }

    @Override
    public List<Comparison> comparisons(Setup setup) {
        return List.of(row(setup, 1), row(setup, 32));
    }

    private static Comparison row(Setup setup, int batch) {
        return new Comparison(
                Integer.toString(batch),
                "inference, batch " + batch,
                "texts/s",
                Better.MORE,
                List.of(new Rival("eager", "transformers, PyTorch eager, fast tokenizer")),
                setup.of(3, 1),
                setup.of(15, 2),
                1.5,
                0,
                Map.of("probabilities", 1e-4));
    }

    private static Path texts(Setup setup) {
        return setup.folder().resolve("inference.json");
    }

    @Override
    public void prepare(Setup setup) {
        new SharedModel(setup).writeSaved();
        SharedModel.writeTexts(texts(setup), SharedModel.texts(setup.of(256, 64), 1, 6));
    }

    @Override
    public Side open(String comparison, Setup setup) {
        return new Answers(
                Predictor.load(new SharedModel(setup).saved(), new TextClassificationTask(), Device.CPU),
                Config.parse(texts(setup).toString(), TextFile.read(texts(setup)))
                        .texts("texts"),
                Integer.parseInt(comparison));
    }

    private record Answers(Predictor<String, List<String>, Classification> predictor, List<String> texts, int batch)
            implements Side {

        private List<Classification> answers(List<String> some) {
            List<Classification> answers = new ArrayList<>();
            for (int from = 0; from < some.size(); from += batch) {
                answers.addAll(predictor.predict(some.subList(from, Math.min(some.size(), from + batch))));
            }
            return answers;
        }

        @Override
        public Map<String, List<Double>> verify() {
            List<Double> probabilities = new ArrayList<>();
            List<String> labels = SharedModel.labels().names();
            for (Classification c : answers(texts.subList(0, Math.min(VERIFIED_TEXTS, texts.size())))) {
                labels.forEach(label -> probabilities.add(c.score(label)));
            }
            return Map.of("probabilities", probabilities);
        }

        /** A few texts at batch 1, all of them at larger batches: a round takes about as long either way. */
        @Override
        public Measured measure() {
            List<String> some = texts.subList(0, batch == 1 ? texts.size() / 4 : texts.size());
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
