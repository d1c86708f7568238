# SPDX-License-Identifier: Apache-2.0
"""Ten epochs of a head on a frozen PyTorch backbone; the other side of FrozenBenchmark."""
import time

import torch

from minilm import Classifier, adamw, encode, texts, tokenizer
from peer import serve

RATE = 1e-2
BATCH = 16


class Fits:
    def __init__(self, setup):
        self.setup = setup
        data = texts(setup.folder, "frozen")
        self.texts, self.labels = data["texts"], torch.tensor(data["labels"])
        self.epochs = setup.of(10, 2)

    def verify(self):
        model = Classifier(self.setup.folder).eval()
        inputs = encode(tokenizer(self.setup.folder), self.texts[:16])
        with torch.inference_mode():
            loss = torch.nn.functional.cross_entropy(model(**inputs), self.labels[:16])
        return {"loss before training": [loss.item()]}

    def measure(self):
        begin = time.perf_counter()
        model = Classifier(self.setup.folder)
        model.train_from("head")
        model.eval()
        optimizer = adamw(model, RATE, fused=True)
        encoded = encode(tokenizer(self.setup.folder), self.texts)
        backbone = lambda rows: model.pooled(**{name: t[rows] for name, t in encoded.items()})
        kept = None
        if self.setup.rival == "kept":
            with torch.no_grad():
                kept = torch.cat([backbone(rows) for rows in torch.arange(len(self.texts)).split(BATCH)])
        model.dropout.train()
        losses = []
        generator = torch.Generator().manual_seed(42)
        for _ in range(self.epochs):
            for rows in torch.randperm(len(self.texts), generator=generator).split(BATCH):
                with torch.no_grad():
                    pooled = backbone(rows) if kept is None else kept[rows]
                loss = torch.nn.functional.cross_entropy(model.head(model.dropout(pooled)), self.labels[rows])
                loss.backward()
                torch.nn.utils.clip_grad_norm_(model.head.parameters(), 1.0)
                optimizer.step()
                optimizer.zero_grad()
                losses.append(loss.item())
        return time.perf_counter() - begin, {"loss": losses}


serve(Fits)
