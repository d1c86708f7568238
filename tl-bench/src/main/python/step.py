# SPDX-License-Identifier: Apache-2.0
"""One step of training in PyTorch eager; the other side of StepBenchmark."""
import time

import torch
from safetensors.torch import load_file

from models import adamw, named
from peer import serve

RATE = 2e-5


class Steps:
    def __init__(self, setup):
        self.setup = setup
        self.module, self.part = named(setup.comparison)
        batch = load_file(setup.folder / self.module.__name__ / "step.safetensors")
        self.target = batch.pop("target")
        self.inputs = batch
        self.model, self.optimizer = self.ready(None)

    def ready(self, dropout):
        model = self.module.Classifier(self.setup.folder, dropout=dropout)
        model.train_from(self.part)
        model.train()
        return model, adamw(model, RATE, self.setup.rival == "fused")

    def step(self, model, optimizer):
        loss = torch.nn.functional.cross_entropy(model(**self.inputs), self.target)
        loss.backward()
        torch.nn.utils.clip_grad_norm_((p for p in model.parameters() if p.requires_grad), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        return loss.item()

    def verify(self):
        model, optimizer = self.ready(0.0)
        return {"loss without dropout": [self.step(model, optimizer) for _ in range(3)]}

    def measure(self):
        begin = time.perf_counter()
        loss = self.step(self.model, self.optimizer)
        return time.perf_counter() - begin, {"loss": [loss]}


serve(Steps)
