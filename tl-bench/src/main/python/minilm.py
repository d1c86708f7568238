# SPDX-License-Identifier: Apache-2.0
"""The shared model in transformers: BertModel from the folder that TL4J wrote, mean pooling, dropout, a linear head."""
import json

import torch
from safetensors.torch import load_file
from transformers import AutoConfig, BertModel, PreTrainedTokenizerFast

LENGTH = 128


class Classifier(torch.nn.Module):
    def __init__(self, folder, head="head", dropout=None):
        super().__init__()
        backbone = folder / "backbone"
        config = AutoConfig.from_pretrained(backbone)
        if dropout is not None:
            config.hidden_dropout_prob = config.attention_probs_dropout_prob = dropout
        self.backbone = BertModel.from_pretrained(backbone, config=config, add_pooling_layer=False)
        weights = load_file(backbone / f"{head}.safetensors")
        weight, bias = weights["head.classifier.weight"], weights["head.classifier.bias"]
        self.dropout = torch.nn.Dropout(0.1 if dropout is None else dropout)
        self.head = torch.nn.Linear(weight.shape[1], weight.shape[0])
        with torch.no_grad():
            self.head.weight.copy_(weight)
            self.head.bias.copy_(bias)

    def pooled(self, input_ids, attention_mask, token_type_ids):
        tokens = self.backbone(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state
        mask = attention_mask.unsqueeze(2).to(tokens.dtype)
        return (tokens * mask).sum(1) / mask.sum(1).clamp(min=1e-9)

    def forward(self, **inputs):
        return self.head(self.dropout(self.pooled(**inputs)))

    def train_from(self, part):
        """Trains everything, the last two layers and the head, or the head alone; the rest is frozen."""
        layers = self.backbone.encoder.layer
        trained = {"all": [self.backbone], "last-two": list(layers[-2:]), "head": []}[part]
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


def tokenizer(folder):
    return PreTrainedTokenizerFast(tokenizer_file=str(folder / "backbone" / "tokenizer.json"), pad_token="[PAD]")


def encode(tokens, texts):
    return tokens(
        texts, padding=True, truncation=True, max_length=LENGTH, return_tensors="pt", return_token_type_ids=True
    )


def texts(folder, name):
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
