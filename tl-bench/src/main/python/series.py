# SPDX-License-Identifier: Apache-2.0
"""An epoch of an LSTM over windows of a series in PyTorch eager; the other side of SeriesBenchmark."""
import time

import torch
from safetensors.torch import load_file
from torch import nn
from torch.utils.data import DataLoader, Dataset

from models import adamw
from peer import serve

CONTEXT, HORIZON, BATCH, RATE = 96, 24, 64, 1e-3


class Windows(Dataset):
    """Views of the values, as papers' code has them."""

    def __init__(self, values):
        self.values = values

    def __len__(self):
        return len(self.values) - CONTEXT - HORIZON + 1

    def __getitem__(self, i):
        return self.values[i:i + CONTEXT], self.values[i + CONTEXT:i + CONTEXT + HORIZON]


class Forecaster(nn.Module):
    def __init__(self, tensors):
        super().__init__()
        variables = tensors["values"].shape[1]
        self.lstm = nn.LSTM(variables, 64, num_layers=2, batch_first=True)
        self.head = nn.Linear(64, HORIZON * variables)
        self.lstm.load_state_dict({k: tensors[k] for k in self.lstm.state_dict()})
        self.head.load_state_dict({k: tensors["head.forecast." + k] for k in self.head.state_dict()})

    def forward(self, x):
        state = self.lstm(x)[1][0][-1]
        return self.head(state).view(len(x), HORIZON, -1)


class Epochs:
    def __init__(self, setup):
        self.rival = setup.rival
        self.tensors = load_file(setup.folder / "series.safetensors")
        self.windows = Windows(self.tensors["values"])

    def ready(self):
        model = Forecaster(self.tensors)
        model.train()
        return model, adamw(model, RATE, fused=True)

    @staticmethod
    def step(model, optimizer, x, y):
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        return loss.item()

    def gathered(self, order):
        """Whole batches by one look-up each, without a loader."""
        steps = torch.arange(CONTEXT + HORIZON)
        for rows in order.split(BATCH):
            both = self.windows.values[rows[:, None] + steps]
            yield both[:, :CONTEXT], both[:, CONTEXT:]

    def verify(self):
        model, optimizer = self.ready()
        return {"loss": [self.step(model, optimizer, x, y) for x, y in self.gathered(torch.arange(3 * BATCH))]}

    def measure(self):
        begin = time.perf_counter()
        model, optimizer = self.ready()
        if self.rival == "loader":
            batches = DataLoader(self.windows, batch_size=BATCH, shuffle=True)
        else:
            batches = self.gathered(torch.randperm(len(self.windows)))
        losses = [self.step(model, optimizer, x, y) for x, y in batches]
        seconds = time.perf_counter() - begin
        return len(self.windows) / seconds, {"loss": [sum(losses) / len(losses)]}


serve(Epochs)
