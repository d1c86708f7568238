# SPDX-License-Identifier: Apache-2.0
"""The shared model of texts in transformers: BertModel from the folder that TL4J wrote, mean pooling, a linear head."""
import json

import torch
from transformers import AutoConfig, BertModel, PreTrainedTokenizerFast

from models import Headed

LENGTH = 128


class Classifier(Headed):
    def __init__(self, folder, head="head", dropout=None):
        own = folder / "minilm"
        config = AutoConfig.from_pretrained(own)
        if dropout is not None:
            config.hidden_dropout_prob = config.attention_probs_dropout_prob = dropout
        backbone = BertModel.from_pretrained(own, config=config, add_pooling_layer=False)
        super().__init__(own, backbone, head, dropout)

    def pooled(self, input_ids, attention_mask, token_type_ids):
        tokens = self.backbone(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state
        mask = attention_mask.unsqueeze(2).to(tokens.dtype)
        return (tokens * mask).sum(1) / mask.sum(1).clamp(min=1e-9)

    def layers(self):
        return list(self.backbone.encoder.layer)


def tokenizer(folder):
    return PreTrainedTokenizerFast(tokenizer_file=str(folder / "minilm" / "tokenizer.json"), pad_token="[PAD]")


def encode(tokens, texts):
    return tokens(
        texts, padding=True, truncation=True, max_length=LENGTH, return_tensors="pt", return_token_type_ids=True
    )


class Examples:
    """Texts with the numbers of their labels."""

    def __init__(self, folder, name):
        data = json.loads((folder / "minilm" / f"{name}.json").read_text(encoding="utf-8"))
        self.texts, self.names = data["texts"], data["names"]
        self.labels = torch.tensor(data["labels"])
        self.tokens = tokenizer(folder)

    def __len__(self):
        return len(self.texts)

    def inputs(self, rows=slice(None)):
        """The network's tensors of some examples."""
        return encode(self.tokens, self.texts[rows])
