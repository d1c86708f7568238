#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes an HDF5 file with the names and layouts of Keras, and beside it what PyTorch's layers would hold.

    parity/make_keras_fixture.py [DIR]

keras.h5             layers conv, deep, norm and dense as Keras 2 saves them; one dataset is chunked and compressed
keras.safetensors    the same values as a graph takes them
"""
import pathlib
import sys

import h5py
import numpy as np
from safetensors.numpy import save_file

OUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else
                   pathlib.Path(__file__).parent.parent / "tl-core/src/test/resources/weights")
rng = np.random.default_rng(3)
kernel = rng.normal(size=(3, 2, 4, 5)).astype(np.float32)
deep = rng.normal(size=(3, 3, 4, 2)).astype(np.float32)
dense = rng.normal(size=(6, 3)).astype(np.float32)
norm = {n: rng.random(5).astype(np.float32) for n in ("gamma", "beta", "moving_mean", "moving_variance")}
bias = rng.normal(size=5).astype(np.float32)
OUT.mkdir(parents=True, exist_ok=True)
with h5py.File(OUT / "keras.h5", "w") as f:
    f.attrs["backend"] = "tensorflow"
    w = f.create_group("model_weights")
    w.create_group("activation")
    w.create_dataset("conv/conv/kernel:0", data=kernel, chunks=(3, 2, 2, 5), compression="gzip")
    w.create_dataset("conv/conv/bias:0", data=bias)
    w.create_dataset("deep/deep/depthwise_kernel:0", data=deep)
    w.create_dataset("dense/dense/kernel:0", data=dense)
    for n, v in norm.items():
        w.create_dataset(f"norm/norm/{n}:0", data=v)
    f.create_dataset("optimizer_weights/Adam/conv/kernel/m:0", data=kernel)
    f.create_dataset("optimizer_weights/Adam/iter:0", data=np.int64(7))
save_file({
    "conv.weight": np.ascontiguousarray(kernel.transpose(3, 2, 0, 1)), "conv.bias": bias,
    "deep.weight": np.ascontiguousarray(deep.transpose(2, 3, 0, 1)).reshape(8, 1, 3, 3),
    "dense.weight": np.ascontiguousarray(dense.T),
    "norm.weight": norm["gamma"], "norm.bias": norm["beta"],
    "norm.running_mean": norm["moving_mean"], "norm.running_var": norm["moving_variance"]}, OUT / "keras.safetensors")
