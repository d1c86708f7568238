# SPDX-License-Identifier: Apache-2.0
"""Modules that no published package builds as they are called here: references for make_fixture.py.

  python make_fixture.py series_references:PackedLSTM --arg input_size=5 --arg hidden_size=7 --input x=3,9,5 --mask mask=3,9:9,4,1 --out DIR
"""
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


def packed(kind):
    """PyTorch's module over examples of different lengths; the mask holds as many ones as an example is long."""

    class Packed(kind):
        def forward(self, x, mask):
            lengths = mask.sum(1)
            steps, states = super().forward(pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False))
            return pad_packed_sequence(steps, batch_first=True, total_length=x.shape[1])[0], states

    return Packed


def PackedLSTM(**arguments):
    return packed(nn.LSTM)(batch_first=True, **arguments)


def PackedGRU(**arguments):
    return packed(nn.GRU)(batch_first=True, **arguments)
