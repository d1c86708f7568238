# SPDX-License-Identifier: Apache-2.0
"""Texts in, labels out, with transformers and PyTorch eager; the other side of InferenceBenchmark."""
import time

import torch

from minilm import Classifier, encode, texts, tokenizer
from peer import serve


class Answers:
    def __init__(self, setup):
        self.model = Classifier(setup.folder, head="trained-head").eval()
        self.tokens = tokenizer(setup.folder)
        data = texts(setup.folder, "inference")
        self.texts, self.names = data["texts"], data["names"]
        self.batch = int(setup.comparison)

    def probabilities(self, some):
        for start in range(0, len(some), self.batch):
            with torch.inference_mode():
                yield self.model(**encode(self.tokens, some[start : start + self.batch])).softmax(-1)

    def verify(self):
        return {"probabilities": torch.cat(list(self.probabilities(self.texts[:64]))).flatten().tolist()}

    def measure(self):
        some = self.texts[: len(self.texts) // 4] if self.batch == 1 else self.texts
        begin = time.perf_counter()
        labels = [self.names[k] for p in self.probabilities(some) for k in p.argmax(-1).tolist()]
        return len(labels) / (time.perf_counter() - begin), {}


serve(Answers)
