// SPDX-License-Identifier: Apache-2.0
package com.example.tickets;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tl4j.nlp.dataset.TextDataset;
import org.tl4j.nlp.head.TextClassification;
import org.tl4j.serving.Predictor;
import org.tl4j.tuning.FineTuners;
import org.tl4j.tuning.Transfer;

class TicketsTest {
    @TempDir
    private Path folder;

    @Test
    void fineTunesSavesAndServes() {
        List<String> delivery = List.of(
                "where is my parcel",
                "the package still has not come",
                "tracking says delivered but nothing is here",
                "the courier left it at the wrong house",
                "how long until my order arrives",
                "shipping takes forever");
        List<String> billing = List.of(
                "you charged my card twice",
                "why was I billed again this month",
                "the invoice shows the wrong amount",
                "I never agreed to this fee",
                "my payment was taken two times",
                "please explain the charge of 49.99");
        List<String> texts = new ArrayList<>();
        List<String> labels = new ArrayList<>();
        for (String ending : List.of("", "?!", ", please help", " thanks")) {
            delivery.forEach(t -> texts.add(t + ending));
            delivery.forEach(t -> labels.add("delivery"));
            billing.forEach(t -> texts.add(t + ending));
            billing.forEach(t -> labels.add("billing"));
        }
        TextDataset tickets = TextDataset.of("tickets", texts, labels);
        try (var model = Transfer.from("all-minilm-l6-v2")
                .to(TextClassification.of(tickets.labels()))
                .with(FineTuners.headOnly()
                        .epochs(10)
                        .then(FineTuners.unfreezeLast(1).epochs(1)))
                .fit(tickets)) {
            assertEquals(
                    "delivery",
                    model.predict("my package has not arrived").best().label());
            model.save(folder.resolve("ticket-model"));
        }
        try (Predictor<?, ?, ?> served = Predictor.load(folder.resolve("ticket-model"))) {
            assertTrue(served.answer("why was my card charged again").text().startsWith("billing"));
        }
    }
}
