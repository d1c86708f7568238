# SPDX-License-Identifier: Apache-2.0
"""Examples in, labels out, in PyTorch eager; the other side of InferenceBenchmark."""
import time

import torch

from models import named
from peer import serve


class Answers:
    def __init__(self, setup):
        module, batch = named(setup.comparison)
        self.model = module.Classifier(setup.folder, head="trained-head").eval()
        self.examples = module.Examples(setup.folder, "inference")
        self.batch = int(batch)

    def probabilities(self, count):
        for start in range(0, count, self.batch):
            with torch.inference_mode():
                rows = slice(start, min(count, start + self.batch))
                yield self.model(**self.examples.inputs(rows)).softmax(-1)

    def verify(self):
        return {"probabilities": torch.cat(list(self.probabilities(64))).flatten().tolist()}

    def measure(self):
        count = len(self.examples) // 4 if self.batch == 1 else len(self.examples)
        begin = time.perf_counter()
        labels = [self.examples.names[k] for p in self.probabilities(count) for k in p.argmax(-1).tolist()]
        return len(labels) / (time.perf_counter() - begin), {}


serve(Answers)
