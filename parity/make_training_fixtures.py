#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes what tl-core's tests of training are compared with, by PyTorch, transformers and scikit-learn.

    parity/make_training_fixtures.py [DIR]

optimizers.*    parameters of a small network after each of ten steps of torch.optim, with groups of parameters, clipping
                and torch.optim.swa_utils' exponential moving average
batchnorm.*     parameters and running statistics of a small convolutional network, all trained or its first layer frozen
losses.json     CrossEntropyLoss and BCEWithLogitsLoss with weights and smoothing: the loss, and the weights of a linear
                layer after one step of plain SGD with rate 1, that is, less its gradient
schedules.json  factors of the learning rate of transformers' schedules and of torch's OneCycleLR
linear.json     coefficients of scikit-learn's Ridge, RidgeCV and LogisticRegression
"""
import json
import pathlib
import sys
import warnings

import numpy as np
import torch
from safetensors.torch import save_file
from sklearn.linear_model import LogisticRegression, Ridge, RidgeCV
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from transformers import (get_constant_schedule_with_warmup, get_cosine_schedule_with_warmup,
                          get_linear_schedule_with_warmup)

OUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else
                   pathlib.Path(__file__).parent.parent / "tl-core/src/test/resources/training")
torch.set_num_threads(1)
STEPS = 10


def write(name, data):
    (OUT / (name + ".json")).write_text(json.dumps(data) + "\n")


def save(name, tensors):
    path = OUT / (name + ".safetensors")
    save_file(tensors, path)
    path.chmod(0o644)


# ------------------------------------------------------------------------------------------------ optimisers

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(4, 5)
        self.fc2 = nn.Linear(5, 3)

    def forward(self, x):
        return self.fc2(torch.tanh(self.fc1(x)))


FIRST = ["fc1.weight", "fc1.bias"]
SECOND = ["fc2.weight", "fc2.bias"]
ONE = [{"parameters": FIRST + SECOND, "rateScale": 1.0, "weightDecay": 0.0}]
DECAYED = [{"parameters": FIRST + SECOND, "rateScale": 1.0, "weightDecay": 0.05}]
TWO = [{"parameters": FIRST, "rateScale": 0.1, "weightDecay": 0.3},
       {"parameters": SECOND, "rateScale": 1.0, "weightDecay": 0.0}]
CASES = [
    {"name": "adamw", "optimizer": {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}, "groups": DECAYED, "clip": 0.0,
     "rate": 0.01, "averaging": 0.9},
    {"name": "adamw-groups-clipped", "optimizer": {"beta1": 0.8, "beta2": 0.95, "epsilon": 1e-4}, "groups": TWO,
     "clip": 0.05, "rate": 0.03, "averaging": 0.0},
    {"name": "sgd", "optimizer": {"momentum": 0.0, "nesterov": False}, "groups": ONE, "clip": 0.0, "rate": 0.5,
     "averaging": 0.0},
    {"name": "sgd-momentum", "optimizer": {"momentum": 0.9, "nesterov": False}, "groups": DECAYED, "clip": 0.0,
     "rate": 0.2, "averaging": 0.75},
    {"name": "sgd-nesterov-groups-clipped", "optimizer": {"momentum": 0.8, "nesterov": True}, "groups": TWO,
     "clip": 0.3, "rate": 0.4, "averaging": 0.0},
]


def optimizers():
    torch.manual_seed(1)
    start = Net()
    xs = torch.randn(STEPS, 8, 4)
    ys = torch.randint(0, 3, (STEPS, 8))
    tensors = {"x": xs, "y": ys}
    tensors.update({"start/" + n: p.detach().clone() for n, p in start.named_parameters()})
    described = []
    for case in CASES:
        net = Net()
        net.load_state_dict(start.state_dict())
        named = dict(net.named_parameters())
        groups = [{"params": [named[n] for n in g["parameters"]], "weight_decay": g["weightDecay"]}
                  for g in case["groups"]]
        o = case["optimizer"]
        if "beta1" in o:
            optimizer = torch.optim.AdamW(groups, lr=1, betas=(o["beta1"], o["beta2"]), eps=o["epsilon"])
        else:
            optimizer = torch.optim.SGD(groups, lr=1, momentum=o["momentum"], nesterov=o["nesterov"])
        average = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(case["averaging"])) if case["averaging"] else None
        rates = [case["rate"] * (1 - step / STEPS) for step in range(STEPS)]
        history = {n: [] for n in named}
        averaged = {n: [] for n in named}
        losses, norms = [], []
        for step in range(STEPS):
            for group, given in zip(optimizer.param_groups, case["groups"]):
                group["lr"] = rates[step] * given["rateScale"]
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(net(xs[step]), ys[step])
            loss.backward()
            norms.append(float(nn.utils.clip_grad_norm_(net.parameters(), case["clip"] or float("inf"))))
            optimizer.step()
            losses.append(loss.item())
            for n, p in named.items():
                history[n].append(p.detach().clone())
            if average is not None:
                average.update_parameters(net)
                for n, p in average.module.named_parameters():
                    averaged[n].append(p.detach().clone())
        for n in named:
            tensors[case["name"] + "/" + n] = torch.stack(history[n])
            if average is not None:
                tensors[case["name"] + "/average/" + n] = torch.stack(averaged[n])
        described.append({**case, "rates": rates, "losses": losses, "norms": norms})
    write("optimizers", {"cases": described})
    save("optimizers", tensors)


# ------------------------------------------------------------------------------------------------ batch norm

class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(4)
        self.conv2 = nn.Conv2d(4, 4, 3, stride=2, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(4)
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        x = torch.relu(self.bn2(self.conv2(x)))
        return self.fc(x.mean((2, 3)))


def batchnorm():
    torch.manual_seed(2)
    start = ConvNet()
    with torch.no_grad():
        for bn in (start.bn1, start.bn2):
            bn.running_mean.uniform_(-0.2, 0.2)
            bn.running_var.uniform_(0.5, 1.5)
            bn.num_batches_tracked.fill_(7)
            bn.weight.uniform_(0.5, 1.5)
            bn.bias.uniform_(-0.2, 0.2)
    xs = torch.randn(4, 6, 3, 5, 5)
    ys = torch.randint(0, 3, (4, 6))
    tensors = {"x": xs, "y": ys}
    tensors.update({"start/" + n: t.detach().clone() for n, t in start.state_dict().items()})
    losses = {}
    for name in ("trained", "frozen"):
        net = ConvNet()
        net.load_state_dict(start.state_dict())
        net.train()
        if name == "frozen":
            net.bn1.eval()
            for p in (*net.conv1.parameters(), *net.bn1.parameters()):
                p.requires_grad_(False)
        optimizer = torch.optim.SGD([p for p in net.parameters() if p.requires_grad], lr=0.1)
        losses[name] = []
        for x, y in zip(xs, ys):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(net(x), y)
            loss.backward()
            optimizer.step()
            losses[name].append(loss.item())
        tensors.update({name + "/" + n: t.detach().clone() for n, t in net.state_dict().items()})
    write("batchnorm", {"rate": 0.1, "losses": losses})
    save("batchnorm", tensors)


# ------------------------------------------------------------------------------------------------ losses

def losses():
    torch.manual_seed(3)
    x = torch.randn(7, 4)
    weight = torch.randn(3, 4)
    bias = torch.randn(3)
    single = [0, 2, 1, 2, 0, 2, 2]
    several = [[1, 1, 0], [0, 0, 0], [0, 0, 1], [0, 1, 0], [1, 1, 1], [0, 0, 1], [1, 0, 1]]
    cases = []

    def case(name, loss, target, **settings):
        w, b = weight.clone().requires_grad_(), bias.clone().requires_grad_()
        value = loss(nn.functional.linear(x, w, b), target)
        value.backward()
        cases.append({"name": name, **settings, "loss": value.item(), "weight": (w - w.grad).tolist(),
                      "bias": (b - b.grad).tolist()})

    classes = torch.tensor([0.5, 2.0, 1.25])
    for smoothing in (0.0, 0.1):
        for weights in (None, classes):
            settings = {"labelSmoothing": smoothing, "classWeights": [] if weights is None else weights.tolist()}
            case(f"cross entropy, smoothing {smoothing}" + (", weighted" if weights is not None else ""),
                 nn.CrossEntropyLoss(weight=weights, label_smoothing=smoothing), torch.tensor(single),
                 multiLabel=False, **settings)
    smooth = 0.1
    target = torch.tensor(several, dtype=torch.float32)
    for weights in (None, classes):
        settings = {"classWeights": [] if weights is None else weights.tolist(), "multiLabel": True}
        weighted = ", weighted" if weights is not None else ""
        case("binary cross entropy" + weighted, nn.BCEWithLogitsLoss(pos_weight=weights), target, labelSmoothing=0.0,
             **settings)
        case("binary cross entropy, smoothed" + weighted, nn.BCEWithLogitsLoss(pos_weight=weights),
             target * (1 - smooth) + smooth / 2, labelSmoothing=smooth, **settings)
    write("losses", {"x": x.tolist(), "weight": weight.tolist(), "bias": bias.tolist(), "single": single,
                     "several": several, "cases": cases})


# ------------------------------------------------------------------------------------------------ schedules

def factors(make, steps):
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = make(optimizer)
    out = []
    for _ in range(steps):
        out.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return out


def schedules():
    warnings.filterwarnings("ignore")
    cases = []
    for steps in (1, 2, 3, 10, 37):
        for warm_up in (0.0, 0.1, 0.5):
            rise = int(np.ceil(warm_up * steps))
            for name, make in (("linear", get_linear_schedule_with_warmup), ("cosine", get_cosine_schedule_with_warmup)):
                cases.append({"name": name, "steps": steps, "warmUp": warm_up,
                              "factors": factors(lambda o: make(o, rise, steps), steps)})
            cases.append({"name": "constant", "steps": steps, "warmUp": warm_up,
                          "factors": factors(lambda o: get_constant_schedule_with_warmup(o, rise), steps)})
        for rise, start, end in ((0.25, 25.0, 1e5), (0.3, 10.0, 1e3)):
            if steps > 1:
                cases.append({"name": "one-cycle", "steps": steps, "rise": rise, "startDivisor": start,
                              "endDivisor": end, "factors": one_cycle(steps, rise, start, end)})
    write("schedules", {"cases": cases})


def one_cycle(steps, rise, start, end):
    """OneCycleLR refuses the step after its last one, so the loop must not take it."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=1.0, total_steps=steps, pct_start=rise, div_factor=start, final_div_factor=end / start,
        cycle_momentum=False)
    out = [optimizer.param_groups[0]["lr"]]
    for _ in range(steps - 1):
        optimizer.step()
        schedule.step()
        out.append(optimizer.param_groups[0]["lr"])
    return out


# ------------------------------------------------------------------------------------------------ closed forms

def linear():
    rng = np.random.default_rng(4)
    n, width = 60, 6
    scales = np.array([1, 0.1, 10, 1, 3, 1])
    x = (rng.normal(size=(n, width)) * scales + np.array([0, 1, -5, 0, 2, 0])).astype(np.float32)
    x[:, 3] = 2.5  # a constant feature
    truth = rng.normal(size=(width, 3)) / scales[:, None]
    labels = ((x - x.mean(0)) @ truth + rng.normal(size=(n, 3))).argmax(1)
    assert (np.bincount(labels, minlength=3) > 10).all()
    several = ((x - x.mean(0)) @ truth + rng.normal(size=(n, 3)) > 0).astype(float)
    counts = np.where(labels == 0, 2.0, np.where(labels == 1, 0.5, 1.0))
    signs = np.where(np.arange(3) == labels[:, None], 1.0, -1.0)
    out = {"x": x.tolist(), "labels": labels.tolist(), "several": several.astype(int).tolist(),
           "counts": counts.tolist(), "ridge": [], "logistic": [], "each": [], "ridgeChosen": []}
    for weighted in (False, True):
        weight = counts if weighted else None
        for penalty in (0.01, 1.0, 50.0):
            r = Ridge(alpha=penalty, solver="cholesky").fit(x.astype(float), signs, sample_weight=weight)
            out["ridge"].append({"penalty": penalty, "weighted": weighted, "weight": r.coef_.tolist(),
                                 "bias": r.intercept_.tolist()})
            c = LogisticRegression(C=1 / penalty, tol=1e-12, max_iter=100000, solver="newton-cg")
            c.fit(x.astype(float), labels, sample_weight=weight)
            out["logistic"].append({"penalty": penalty, "weighted": weighted, "weight": c.coef_.tolist(),
                                    "bias": c.intercept_.tolist()})
        # The grid of LinearHead: powers of ten times the mean eigenvalue of the covariance (not divided by n).
        w = counts if weighted else np.ones(n)
        centred = x.astype(float) - np.average(x.astype(float), axis=0, weights=w)
        scale = np.linalg.eigvalsh(centred.T @ (centred * w[:, None])).mean()
        grid = [g * scale for g in (1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100)]
        cv = RidgeCV(alphas=grid).fit(x.astype(float), signs, sample_weight=weight)
        out["ridgeChosen"].append({"weighted": weighted, "penalty": float(cv.alpha_), "weight": cv.coef_.tolist(),
                                   "bias": cv.intercept_.tolist()})
    for penalty in (0.01, 1.0, 50.0):
        fits = [LogisticRegression(C=1 / penalty, tol=1e-12, max_iter=100000, solver="newton-cg")
                .fit(x.astype(float), several[:, k]) for k in range(3)]
        out["each"].append({"penalty": penalty, "weight": [f.coef_[0].tolist() for f in fits],
                            "bias": [float(f.intercept_[0]) for f in fits]})
    write("linear", out)


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    optimizers()
    batchnorm()
    losses()
    schedules()
    linear()
