# SPDX-License-Identifier: Apache-2.0
"""What the shared models have in common. Each is a module of its own name, `minilm` or `resnet18`, with a `Classifier`
(pooled(**inputs), layers()) and `Examples` (labels, names, inputs(rows)); a row is named by its model and a part."""
import importlib

import torch
from safetensors.torch import load_file


def named(comparison):
    """The module of a row's model, and the part."""
    name, part = comparison.split("-", 1)
    return importlib.import_module(name), part


class Headed(torch.nn.Module):
    """Dropout and a linear head on the vector that a backbone gives for each example."""

    def __init__(self, folder, backbone, head, dropout):
        super().__init__()
        self.backbone = backbone
        weights = load_file(folder / f"{head}.safetensors")
        weight, bias = weights["head.classifier.weight"], weights["head.classifier.bias"]
        self.dropout = torch.nn.Dropout(0.1 if dropout is None else dropout)
        self.head = torch.nn.Linear(weight.shape[1], weight.shape[0])
        with torch.no_grad():
            self.head.weight.copy_(weight)
            self.head.bias.copy_(bias)

    def forward(self, **inputs):
        return self.head(self.dropout(self.pooled(**inputs)))

    def train_from(self, part):
        """Trains everything, the last two layers and the head, or the head alone; the rest is frozen."""
        trained = {"all": [self.backbone], "last-two": self.layers()[-2:], "head": []}[part]
        self.backbone.requires_grad_(False)
        for module in trained:
            module.requires_grad_(True)


def adamw(model, rate, fused):
    """AdamW as TL4J has it: matrices decay, vectors do not."""
    trained = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in trained if p.dim() > 1], "weight_decay": 0.01},
        {"params": [p for p in trained if p.dim() <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=rate, **({"fused": True} if fused else {}))
