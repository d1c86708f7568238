# SPDX-License-Identifier: Apache-2.0
"""Resident memory of PyTorch eager over many steps; the other side of MemoryBenchmark."""
import random

import torch

from minilm import Classifier, Examples
from models import adamw
from peer import resident_megabytes, serve

ROWS = 4
CHECKPOINTS = 20


class Watched:
    def __init__(self, setup):
        self.steps = setup.of(10_000, 40)
        self.random = random.Random(11)
        if setup.comparison == "training":
            self.model = Classifier(setup.folder)
            self.model.train()
            self.optimizer = adamw(self.model, 1e-6, fused=True)
            self.step = self.train
        else:
            self.model = Classifier(setup.folder, head="trained-head").eval()
            self.examples = Examples(setup.folder, "memory")
            self.step = self.answer

    def train(self):
        length = self.random.randint(2, 24)
        ids = torch.randint(1000, 30000, (ROWS, length))
        scores = self.model(
            input_ids=ids, attention_mask=torch.ones_like(ids), token_type_ids=torch.zeros_like(ids)
        )
        torch.nn.functional.cross_entropy(scores, torch.arange(ROWS)).backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()

    def answer(self):
        start = self.random.randrange(len(self.examples) - ROWS)
        with torch.inference_mode():
            self.model(**self.examples.inputs(slice(start, start + ROWS))).argmax(-1).tolist()

    def verify(self):
        return {}

    def measure(self):
        resident = []
        for i in range(1, self.steps + 1):
            self.step()
            if i % (self.steps // CHECKPOINTS) == 0:
                resident.append(resident_megabytes())
        return resident[-1], {"resident": resident}


serve(Watched)
