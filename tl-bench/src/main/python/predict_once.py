# SPDX-License-Identifier: Apache-2.0
"""Answers one text and ends: what a user would write to have a label printed."""
import pathlib
import sys

import torch

from minilm import Classifier, encode, tokenizer

folder, threads, text = pathlib.Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
torch.set_num_threads(threads)
model = Classifier(folder, head="trained-head").eval()
with torch.inference_mode():
    scores = model(**encode(tokenizer(folder), [text])).softmax(-1)[0]
print(int(scores.argmax()), f"({float(scores.max()):.2f})")
