#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the files of weights that tl-core's tests read, with PyTorch, NumPy and safetensors.

    parity/make_weight_fixtures.py [DIR]

Beside the files stands expected.json: for each readable file the element type, shape and values of each tensor, and
for each file that must be refused a word that the refusal must hold.
"""
import argparse
import collections
import json
import os
import pathlib
import pickle
import sys

import numpy as np
import torch
from safetensors.numpy import save_file as save_numpy
from safetensors.torch import save_file

OUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else
                   pathlib.Path(__file__).parent.parent / "tl-core/src/test/resources/weights")
TYPES = {torch.float32: "F32", torch.float64: "F64", torch.float16: "F16", torch.bfloat16: "BF16",
         torch.int64: "I64", torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8",
         torch.bool: "BOOL"}
read, refused = {}, {}


def entry(t):
    t = t.detach() if isinstance(t, torch.Tensor) else torch.from_numpy(np.ascontiguousarray(t).reshape(t.shape))
    flat = t.contiguous().reshape(-1)
    return {"dtype": TYPES[t.dtype], "shape": list(t.shape),
            "values": (flat.double() if t.dtype.is_floating_point else flat.long()).tolist()}


def expect(name, tensors, part=""):
    read[name + ("#" + part if part else "")] = {k: entry(v) for k, v in tensors.items()}


def arange(*shape, dtype=torch.float32):
    n = int(np.prod(shape))
    return (torch.arange(n, dtype=torch.float64) * 0.5 - 1).reshape(shape).to(dtype)


class Foreign:
    """Python would have to import this class and run it to get at the tensor."""

    def __init__(self, tensor):
        self.tensor = tensor


class Attack:
    def __reduce__(self):
        return os.system, ("echo this must never run",)


class Tagged(torch.Tensor):
    """A subclass of Tensor that adds nothing."""


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(2, 3, 1)
        self.norm = torch.nn.BatchNorm2d(3)
        self.layers = torch.nn.Sequential(torch.nn.Linear(3, 2, bias=False), torch.nn.ReLU())
        self.register_buffer("kept", arange(2))
        self.register_buffer("passing", arange(4), persistent=False)

    def forward(self, x):
        return self.layers(self.norm(self.conv(x)).mean((2, 3)))


class Leaf(torch.nn.Module):
    def __init__(self, size: int):
        super().__init__()
        self.weight = torch.nn.Parameter(arange(size))
        self.register_buffer("count", torch.tensor(size))

    def forward(self, x):
        return x * self.weight


class Tree(torch.nn.Module):
    """Of our own modules alone: some formats put the source code of every class into the file."""

    def __init__(self):
        super().__init__()
        self.left = Leaf(2)
        self.right = Leaf(3)
        self.bias = torch.nn.Parameter(arange(1))

    def forward(self, x):
        return self.left(x) + self.bias


def types():
    all_types = {str(d).split(".")[1]: arange(2, 3, dtype=d) for d in TYPES if not d == torch.bool}
    all_types["uint8"] = torch.tensor([[0, 1, 2], [127, 128, 255]], dtype=torch.uint8)
    all_types["bool"] = torch.tensor([[True, False, True]])
    all_types["specials"] = torch.tensor([float("inf"), -0.0, 1e-45, 3.4e38])
    all_types["half_subnormal"] = torch.tensor([6e-8, -6.1e-5, 65504.0]).half()
    return all_types


def views():
    base = arange(4, 6)
    tied = arange(3)
    return collections.OrderedDict(
        whole=base, transposed=base.t(), rows=base[1:3], columns=base[:, 2:4], step=base[::2, ::3],
        expanded=arange(1, 3).expand(4, 3), scalar=torch.tensor(2.5), empty=torch.zeros(0, 3),
        permuted=arange(2, 3, 4).permute(2, 0, 1), last=arange(1, 2, 2, 3).to(memory_format=torch.channels_last),
        tied=tied, tied_again=tied, parameter=torch.nn.Parameter(arange(2, 2)))


def make_torch():
    torch.manual_seed(0)
    net = Net()
    state = net.state_dict()
    optimizer = torch.optim.Adam(net.parameters())
    net(torch.ones(2, 2, 2, 2)).sum().backward()
    optimizer.step()
    state = {k: v.clone() for k, v in net.state_dict().items()}
    checkpoint = {"epoch": 3, "best_acc1": torch.tensor(0.5), "arch": "net", "state_dict": state,
                  "optimizer": optimizer.state_dict(), "args": argparse.Namespace(lr=0.1, where=pathlib.PurePosixPath("/x")),
                  "score": np.float64(0.25)}

    def save(name, value, expected, **options):
        torch.save(value, OUT / name, **options)
        expect(name, expected)

    for suffix, options in [("", {}), ("-legacy", {"_use_new_zipfile_serialization": False}),
                            ("-protocol5", {"pickle_protocol": 5})]:
        save(f"types{suffix}.pt", types(), types(), **options)
        save(f"views{suffix}.pt", views(), views(), **options)
        save(f"checkpoint{suffix}.pt", checkpoint, state, **options)
        tree = Tree()
        save(f"module{suffix}.pt", tree, tree.state_dict(), **options)
    save("module-with-norm.pt", net, state)
    expect("checkpoint.pt", state, "state_dict")
    save("nested.pt", {"state": 1, "model": {"state_dict": state}}, state)
    save("list.pt", [arange(2), {"w": arange(3)}], {"0": arange(2), "1.w": arange(3)})
    save("two-parts.pt", {"encoder": {"w": arange(2)}, "decoder": {"w": arange(3)}},
         {"encoder.w": arange(2), "decoder.w": arange(3)})
    expect("two-parts.pt", {"w": arange(3)}, "decoder")
    save("subclass.pt", {"w": torch.Tensor._make_subclass(Tagged, arange(2, 2).t())}, {"w": arange(2, 2).t()})
    torch.jit.script(Tree()).save(str(OUT / "scripted.pt"))
    expect("scripted.pt", torch.jit.load(str(OUT / "scripted.pt")).state_dict())
    torch.serialization.set_crc32_options(False)
    save("no-checksum.pt", {"w": arange(5)}, {"w": arange(5)})
    torch.serialization.set_crc32_options(True)

    def refuse(name, value, word, **options):
        torch.save(value, OUT / name, **options)
        refused[name] = word

    refuse("ambiguous.pt", {"model": {"w": arange(2)}, "model_ema": {"w": arange(2)}}, "model, model_ema")
    expect("ambiguous.pt", {"w": arange(2)}, "model_ema")
    refuse("foreign.pt", {"w": Foreign(arange(2))}, "__main__.Foreign")
    refuse("attack.pt", {"w": Attack()}, "posix.system")
    refuse("attack-legacy.pt", {"w": Attack()}, "posix.system", _use_new_zipfile_serialization=False)
    refuse("sparse.pt", {"w": arange(3, 3).to_sparse()}, "_rebuild_sparse_tensor")
    refuse("quantised.pt", {"w": torch.quantize_per_tensor(arange(3), 0.1, 0, torch.qint8)}, "_rebuild_qtensor")
    refuse("complex.pt", {"w": torch.zeros(2, dtype=torch.complex64)}, "torch.ComplexFloatStorage")
    refuse("no-tensors.pt", {"epoch": 3, "args": argparse.Namespace(a=1)}, "argparse.Namespace")
    (OUT / "plain-pickle.pkl").write_bytes(pickle.dumps({"w": np.ones(2)}))
    refused["plain-pickle.pkl"] = "no file of weights"


def make_numpy():
    def save(name, array, **options):
        np.save(OUT / name, array, **options)
        expect(name, {name[:-len(".npy")]: array.astype(array.dtype.newbyteorder("="))})

    values = np.arange(24).reshape(2, 3, 4)
    for code in ["f4", "f8", "f2", "i8", "i4", "i2", "i1", "u1", "b1"]:
        save(f"array-{code}.npy", (values % 2 == 0) if code == "b1" else (values * 5).astype(code))
    for code in [">f4", ">f8", ">f2", ">i8", ">i4", ">i2"]:
        save(f"array-big-{code[1:]}.npy", (values - 7).astype(code))
    save("array-fortran.npy", np.asfortranarray(values.astype("f4")))
    save("array-fortran-big.npy", np.asfortranarray(values.astype(">i2")))
    save("array-scalar.npy", np.array(2.5, dtype="f4"))
    save("array-empty.npy", np.zeros((0, 3), dtype="f4"))
    for version in [(2, 0), (3, 0)]:
        with open(OUT / f"array-version{version[0]}.npy", "wb") as f:
            np.lib.format.write_array(f, values.astype("f4"), version=version)
        expect(f"array-version{version[0]}.npy", {f"array-version{version[0]}": values.astype("f4")})
    arrays = {"layer.weight": np.arange(2000, dtype="f4").reshape(40, 50) % 7, "layer.bias": np.arange(3, dtype="i8"),
              "scalar": np.array(True)}
    np.savez(OUT / "arrays.npz", **arrays)
    np.savez_compressed(OUT / "arrays-deflated.npz", **arrays)
    expect("arrays.npz", arrays)
    expect("arrays-deflated.npz", arrays)
    expect("arrays.npz", {"weight": arrays["layer.weight"], "bias": arrays["layer.bias"]}, "layer")
    np.save(OUT / "objects.npy", np.array([{}, None], dtype=object))
    refused["objects.npy"] = "astype"
    np.save(OUT / "fields.npy", np.zeros(2, dtype=[("a", "f4"), ("b", "i4")]))
    refused["fields.npy"] = "astype"
    np.save(OUT / "unsigned.npy", np.zeros(2, dtype="u4"))
    refused["unsigned.npy"] = "u4"
    folder = OUT / "folder"
    folder.mkdir(exist_ok=True)
    np.save(folder / "conv0_weight.npy", values.astype("f4"))
    np.save(folder / "conv0_bias.npy", values[0, 0].astype("f4"))
    expect("folder", {"conv0_bias": values[0, 0].astype("f4"), "conv0_weight": values.astype("f4")})


def make_safetensors():
    tensors = {k: v.contiguous() for k, v in types().items()}
    tensors["scalar"] = torch.tensor(3.0)
    tensors["empty"] = torch.zeros(2, 0)
    tensors["é <&'\"\\ 中"] = arange(2)
    save_file(tensors, OUT / "types.safetensors", metadata={"format": "pt <é>"})
    expect("types.safetensors", tensors)
    save_file({}, OUT / "nothing.safetensors")
    expect("nothing.safetensors", {})
    one, two = {"a.w": arange(2), "a.b": arange(1)}, {"c": arange(3)}
    save_file(one, OUT / "model-00001-of-00002.safetensors")
    save_file({**two, "not in the index": arange(1)}, OUT / "model-00002-of-00002.safetensors")
    (OUT / "model.safetensors.index.json").write_text(json.dumps({
        "metadata": {"total_size": 24},
        "weight_map": {"a.w": "model-00001-of-00002.safetensors", "a.b": "model-00001-of-00002.safetensors",
                       "c": "model-00002-of-00002.safetensors"}}, indent=2))
    expect("model.safetensors.index.json", {**one, **two})
    expect("model.safetensors.index.json", {"w": one["a.w"], "b": one["a.b"]}, "a")
    save_numpy({"w": np.zeros(2, dtype="u4")}, OUT / "unsigned.safetensors")
    refused["unsigned.safetensors"] = "U32"


OUT.mkdir(parents=True, exist_ok=True)
make_torch()
make_numpy()
make_safetensors()
(OUT / "expected.json").write_text(json.dumps(
    {"made_with": f"torch {torch.__version__}, numpy {np.__version__}", "read": read, "refused": refused},
    separators=(",", ":")).replace('},"', '},\n"') + "\n")
print(f"{len(read)} to read, {len(refused)} to refuse, in {OUT}")
