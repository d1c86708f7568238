# SPDX-License-Identifier: Apache-2.0
"""Ten epochs of a head on a frozen PyTorch backbone; the other side of FrozenBenchmark."""
import time

import torch

from models import adamw, named
from peer import serve

RATE = 1e-2
BATCH = 16


class Fits:
    def __init__(self, setup):
        self.setup = setup
        self.module, _ = named(setup.comparison)
        self.examples = self.module.Examples(setup.folder, "frozen")
        self.epochs = setup.of(10, 2)

    def verify(self):
        model = self.module.Classifier(self.setup.folder).eval()
        inputs = self.examples.inputs(slice(0, 16))
        with torch.inference_mode():
            loss = torch.nn.functional.cross_entropy(model(**inputs), self.examples.labels[:16])
        return {"loss before training": [loss.item()]}

    def measure(self):
        begin = time.perf_counter()
        model = self.module.Classifier(self.setup.folder)
        model.train_from("head")
        model.eval()
        optimizer = adamw(model, RATE, fused=True)
        encoded, labels = self.examples.inputs(), self.examples.labels
        backbone = lambda rows: model.pooled(**{name: t[rows] for name, t in encoded.items()})
        kept = None
        if self.setup.rival == "kept":
            with torch.no_grad():
                kept = torch.cat([backbone(rows) for rows in torch.arange(len(labels)).split(BATCH)])
        model.dropout.train()
        losses = []
        generator = torch.Generator().manual_seed(42)
        for _ in range(self.epochs):
            for rows in torch.randperm(len(labels), generator=generator).split(BATCH):
                with torch.no_grad():
                    pooled = backbone(rows) if kept is None else kept[rows]
                loss = torch.nn.functional.cross_entropy(model.head(model.dropout(pooled)), labels[rows])
                loss.backward()
                torch.nn.utils.clip_grad_norm_(model.head.parameters(), 1.0)
                optimizer.step()
                optimizer.zero_grad()
                losses.append(loss.item())
        return time.perf_counter() - begin, {"loss": losses}


serve(Fits)
