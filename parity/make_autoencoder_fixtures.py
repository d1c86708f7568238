#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what numpy computes of the dense autoencoder of MLPerf Tiny (toy cars): the fixture of
PretrainedAutoencoderTest. No framework is used; the forward pass stands below.

  python make_autoencoder_fixtures.py OUT_DIR [ad01.h5]     (needs numpy; h5py where the published weights are given)

toycar.json    for weights by the deterministic fill (fill.py), and for the published ones: scores of two rows and the
               first values of what is given back
"""
import json, os, sys

import numpy as np

from fill import fill

WIDTHS = [128, 128, 128, 128, 8, 128, 128, 128, 128, 640]
numbered = lambda layer, i: layer if i == 0 else f"{layer}_{i}"


def filled():
    weights, width = {}, 640
    for i, out in enumerate(WIDTHS):
        dense, norm = numbered("dense", i), numbered("batch_normalization", i)
        names = {f"{dense}.weight": (out, width), f"{dense}.bias": (out,)}
        if i < len(WIDTHS) - 1:
            names |= {f"{norm}.{p}": (out,) for p in ("weight", "bias", "running_mean", "running_var")}
        weights |= {n: fill(n, s) for n, s in names.items()}
        width = out
    return weights


def published(path):
    import h5py
    weights = {}
    with h5py.File(path) as f:
        for layer, group in f["model_weights"].items():
            for name, data in (group[layer] if layer in group else {}).items():
                key = {"kernel:0": "weight", "gamma:0": "weight", "beta:0": "bias", "bias:0": "bias",
                       "moving_mean:0": "running_mean", "moving_variance:0": "running_var"}[name]
                weights[f"{layer}.{key}"] = data[()].T if name == "kernel:0" else data[()]
    return weights


def forward(weights, x):
    x = x.astype(np.float64)
    for i in range(len(WIDTHS)):
        d, n = numbered("dense", i), numbered("batch_normalization", i)
        x = x @ weights[f"{d}.weight"].astype(np.float64).T + weights[f"{d}.bias"]
        if i < len(WIDTHS) - 1:
            x = (x - weights[f"{n}.running_mean"]) / np.sqrt(weights[f"{n}.running_var"].astype(np.float64) + 1e-3)
            x = np.maximum(0, x * weights[f"{n}.weight"] + weights[f"{n}.bias"])
    return x


j, i = np.meshgrid(np.arange(640), np.arange(2))
unit = (((37 * j + 11 * i) % 101) / 50 - 1).astype(np.float32)
# Decibels of mel bands lie between -80 and 0 or so.
rows = unit * np.float32(20) - np.float32(30)
cases = {"fill": filled()}
if len(sys.argv) > 2:
    cases["ad01"] = published(sys.argv[2])
out = {}
for name, weights in cases.items():
    x = unit if name == "fill" else rows
    y = forward(weights, x)
    out[name] = dict(scores=((x - y) ** 2).mean(1).tolist(), given=y[:, :12].tolist(),
                     sum=y.sum(1).tolist(), values=int(sum(w.size for w in weights.values())))
path = os.path.join(sys.argv[1], "toycar.json")
with open(path, "w") as f:
    json.dump(out, f, indent=1)
print(path, os.path.getsize(path), {k: v["values"] for k, v in out.items()}, {k: v["scores"] for k, v in out.items()})
