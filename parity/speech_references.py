# SPDX-License-Identifier: Apache-2.0
"""Networks for sound that no published package builds: references for make_fixture.py.

  python make_fixture.py speech_references:M5 --arg stride=4 --arg channels=[8,8,12] --arg convolutions=[1,2,1] \
    --input x=2,2000 --out DIR
"""
from torch import nn


class M5(nn.Module):
    """Dai et al. 2017 (arXiv:1610.00087), table 1; parameters named as in PyTorch's tutorial of speech commands."""

    def __init__(self, channels, convolutions, stride=4, padding="same", num_classes=10):
        super().__init__()
        self.steps, number, width = [], 0, 1
        for stage, (out, repeats) in enumerate(zip(channels, convolutions)):
            for _ in range(repeats):
                number += 1
                kernel, step = (80, stride) if number == 1 else (3, 1)
                around = (kernel - step) // 2 if padding == "same" else 0
                setattr(self, f"conv{number}", nn.Conv1d(width, out, kernel, stride=step, padding=around))
                setattr(self, f"bn{number}", nn.BatchNorm1d(out))
                self.steps.append(number)
                width = out
            if stage < 4:
                self.steps.append("pool")
        self.pool = nn.MaxPool1d(4)
        self.fc1 = nn.Linear(width, num_classes)

    def forward(self, x):
        x = x.unsqueeze(1)
        for step in self.steps:
            if step == "pool":
                x = self.pool(x)
            else:
                x = getattr(self, f"bn{step}")(getattr(self, f"conv{step}")(x)).relu()
        return self.fc1(x.mean(2))
