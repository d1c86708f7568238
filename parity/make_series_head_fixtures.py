#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes what heads of series and recurrent networks from ONNX files are compared with, by PyTorch, NumPy and scikit-learn.

    parity/make_series_head_fixtures.py [TIMESERIES_RESOURCES [CORE_RESOURCES]]

head/losses.json            a forecast in double precision for each loss: the head's outputs, the loss as PyTorch has it,
                            and the gradient of the loss by the numbers that the head's layer gives
training/ridge-sums.json    scikit-learn's Ridge with sample weights, and the penalty of a grid that has the least error
                            over five stretches left out one after the other
onnx/recurrent-*            torch.nn.LSTM and GRU as torch.onnx writes them, with inputs and outputs
"""
import json
import pathlib
import sys

import numpy as np
import torch
from safetensors.torch import save_file
from sklearn.linear_model import Ridge
from torch import nn

ROOT = pathlib.Path(__file__).parent.parent
SERIES = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "tl-timeseries/src/test/resources")
CORE = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else ROOT / "tl-core/src/test/resources")
torch.manual_seed(5)
torch.set_num_threads(1)


def write(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data) + "\n")


def rounded(t):
    """Numbers that single precision holds, as doubles."""
    return t.float().double()


# ------------------------------------------------------------------------------------------------ losses

def losses():
    n, h, v = 4, 3, 2
    levels = {"quantile": [0.1, 0.5, 0.9], "student-t": [0.25, 0.75]}
    location = rounded(torch.randn(n, 1, v).double() * 20)
    scale = rounded(torch.rand(n, 1, v).double() * 5 + 0.5)
    unit = rounded(torch.rand(1, 1, v).double() * 3 + 1)
    target = rounded(location + scale * 2 * torch.randn(n, h, v).double())
    there = torch.rand(n, h, v) < 0.8
    cases = []
    for loss, each in [("mse", 1), ("mae", 1), ("huber", 1), ("quantile", 3), ("student-t", 3)]:
        raw = rounded(torch.randn(n, h, v, each).double() * 1.5).requires_grad_()
        l4, s4, u4 = location[..., None], scale[..., None], unit[..., None]
        t = (target / unit)[there]
        if loss == "quantile":
            answer = raw * s4 + l4
            outputs = {"quantiles": answer, "forecast": answer[..., 1]}
            errors = []
            for i, q in enumerate(levels[loss]):
                d = t - (answer[..., i] / unit)[there]
                errors.append(torch.where(d >= 0, q * d, (q - 1) * d))
            value = torch.stack(errors).mean()
        elif loss == "student-t":
            centre = raw[..., :1] * s4 + l4
            spread = (nn.functional.softplus(raw[..., 1:2]) + 1e-6) * s4
            freedom = nn.functional.softplus(raw[..., 2:]) + 2
            outputs = {"student_t": torch.cat([centre, spread, freedom], -1), "forecast": centre[..., 0]}
            density = torch.distributions.StudentT(freedom[..., 0][there], (centre[..., 0] / unit)[there],
                                                   (spread[..., 0] / unit)[there])
            value = -density.log_prob(t).mean()
        else:
            answer = (raw * s4 + l4)[..., 0]
            outputs = {"forecast": answer}
            kind = {"mse": nn.MSELoss, "mae": nn.L1Loss, "huber": nn.SmoothL1Loss}[loss]()
            value = kind((answer / unit)[there], t)
        value.backward()
        cases.append({"loss": loss, "quantiles": levels.get(loss, []), "raw": raw.flatten().tolist(),
                      "outputs": {k: o.detach().flatten().tolist() for k, o in outputs.items()},
                      "value": value.item(), "gradient": raw.grad.flatten().tolist()})
    flat = lambda t: t.flatten().tolist()
    write(SERIES / "head/losses.json",
          {"examples": n, "horizon": h, "variables": v, "location": flat(location), "scale": flat(scale),
           "unit": flat(unit), "target": flat(target), "there": flat(there.int()), "cases": cases})


# ------------------------------------------------------------------------------------------------ least squares

GRID = [1e-9, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10]  # parts of the mean over columns of sum w x^2
FOLDS = 5


def ridge_sums():
    random = np.random.default_rng(11)
    cases = []
    for name, rows, width, noise in [("clear", 60, 4, 0.05), ("noisy, more columns than a fold tells", 45, 20, 3.0),
                                     ("a column twice", 50, 5, 0.5)]:
        x = random.normal(size=(rows, width)) * random.uniform(0.2, 3, width) + random.normal(size=width)
        if name == "a column twice":
            x[:, 1] = x[:, 0]
        y = x @ random.normal(size=(width, 2)) * 0.3 + noise * random.normal(size=(rows, 2)) + 5
        w = random.uniform(0, 2, rows)
        w[::7] = 0
        x, y, w = (a.astype(np.float32).astype(np.float64) for a in (x, y, w))
        scale = (w[:, None] * x * x).sum(0).mean()
        fold = np.arange(rows) * FOLDS // rows
        errors = []
        for g in GRID:
            error = 0
            for f in range(FOLDS):
                learned = Ridge(alpha=g * scale).fit(x[fold != f], y[fold != f], w[fold != f])
                error += (w[fold == f, None] * (y[fold == f] - learned.predict(x[fold == f])) ** 2).sum()
            errors.append(error)
        fits = []
        for penalty in [0.5, 20.0]:
            r = Ridge(alpha=penalty).fit(x, y, w)
            fits.append({"penalty": penalty, "weight": r.coef_.flatten().tolist(), "bias": r.intercept_.tolist()})
        cases.append({"name": name, "rows": rows, "width": width, "x": x.flatten().tolist(), "y": y.flatten().tolist(),
                      "weights": w.tolist(), "fold": fold.tolist(), "fits": fits,
                      "chosen": GRID[int(np.argmin(errors))] * scale})
    write(CORE / "training/ridge-sums.json", {"cases": cases})


# ------------------------------------------------------------------------------------------------ ONNX

class Forecaster(nn.Module):
    """A recurrent network as somebody would write it: its last step, then a linear layer."""

    def __init__(self, kind, **arguments):
        super().__init__()
        self.rnn = kind(3, 4, batch_first=True, **arguments)
        self.head = nn.Linear(4 * (2 if arguments.get("bidirectional") else 1), 2)

    def forward(self, x):
        return self.head(self.rnn(x)[0][:, -1])


def recurrent():
    folder = CORE / "onnx"
    folder.mkdir(parents=True, exist_ok=True)
    for name, kind, arguments in [("lstm", nn.LSTM, {}), ("gru", nn.GRU, {}),
                                  ("lstm-two-layers-both-ways", nn.LSTM, dict(num_layers=2, bidirectional=True)),
                                  ("gru-two-layers-without-bias", nn.GRU, dict(num_layers=2, bias=False))]:
        model = Forecaster(kind, **arguments).eval()
        x = torch.randn(3, 6, 3)
        path = folder / f"recurrent-{name}.onnx"
        torch.onnx.export(model, (x,), str(path), input_names=["x"], output_names=["y"], opset_version=17,
                          dynamic_axes={"x": {0: "N"}, "y": {0: "N"}}, dynamo=False)
        path.chmod(0o644)
        tensors = {"x": x, "y": model(x).detach()}
        tensors.update({"weights." + k: p.detach().clone() for k, p in model.named_parameters()})
        path = folder / f"recurrent-{name}.safetensors"
        save_file({k: t.contiguous() for k, t in tensors.items()}, path)
        path.chmod(0o644)


losses()
ridge_sums()
try:
    import onnx  # torch.onnx's older exporter needs it
except ImportError:
    print("recurrent networks are left out: torch.onnx needs the package onnx", file=sys.stderr)
else:
    recurrent()
