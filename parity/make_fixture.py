"""Write a parity fixture: what a published PyTorch network answers under the deterministic fill of fill.py.

  python make_fixture.py torchvision:resnet18 --out DIR --input x=1,3,64,64
  python make_fixture.py torchvision:inception_v3 --arg aux_logits=True --arg init_weights=False --input x=2,3,96,96 --out DIR
  python make_fixture.py torchvision.models:VisionTransformer --arg image_size=48 --arg patch_size=12 ... --input x=2,3,48,48 --out DIR
  python make_fixture.py torch.nn:LSTM --arg input_size=8 --arg hidden_size=16 --arg num_layers=2 --arg batch_first=True --input x=3,20,8 --out DIR
  python make_fixture.py transformers:BertModel --config '{"hidden_size":48,"num_hidden_layers":2,...}' --ids input_ids=2,16 --out DIR

  ... --ids token_type_ids=2,16:2 (a vocabulary of its own) --mask attention_mask=2,16:16,11 (1 for the first 16, then 11 places)

One fixture = NAME.json (source, arguments, parameters with shapes, losses, gradient norms) + NAME.safetensors
(inputs and outputs in evaluation mode). Training: batch statistics on, every dropout and stochastic depth 0, plain SGD on
loss = sum over float outputs of sum(output * fill("loss:" + key)) / sqrt(count), so that no labels are needed. After the
last step the norms of buffers (running statistics) are recorded. Training amplifies rounding: with --noise 3e-4 the losses
and gradient norms are left out that differ by more in float64, because no float32 implementation is bound to meet them.
"""
import argparse, copy, importlib, json, struct, pathlib, sys
import numpy as np
import torch
from fill import fill, input_float, input_ids


def torchvision_module():
    """torchvision without its compiled operators (its published wheel expects CUDA): declare what its import asks for."""
    try:
        import torchvision
    except RuntimeError:
        for m in [m for m in sys.modules if m.startswith("torchvision")]:
            del sys.modules[m]
        lib = torch.library.Library("torchvision", "DEF")
        for s in ("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
                  "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
                  "roi_align(Tensor input, Tensor rois, float spatial_scale, int pooled_height, int pooled_width, int sampling_ratio, bool aligned) -> Tensor"):
            lib.define(s)
        torchvision_module.keep = lib
        import torchvision
    return torchvision


def build(source, arguments, config):
    kind, name = source.split(":")
    if kind == "torchvision":
        tv = torchvision_module()
        import torchvision.models as m
        for part in name.split(".")[:-1]:
            m = getattr(m, part)
        kw = {"weights": None}
        if "." in name:
            kw["weights_backbone"] = None
        return getattr(m, name.split(".")[-1])(**{**kw, **arguments}), "torchvision " + tv.__version__
    if kind == "transformers":
        t = importlib.import_module("transformers")
        cls = getattr(t, name)
        return cls(cls.config_class(**config), **arguments), "transformers " + t.__version__
    if kind.startswith("torchvision"):
        torchvision_module()
    factory = getattr(importlib.import_module(kind), name)
    return factory(**arguments), kind + " " + getattr(importlib.import_module(kind.split(".")[0]), "__version__", "")


def flatten(out, prefix=""):
    """Every float tensor of a nested answer, by a dotted key."""
    if isinstance(out, torch.Tensor):
        return {prefix or "output": out} if out.is_floating_point() else {}
    if hasattr(out, "to_tuple"):
        out = dict(out)
    items = out.items() if hasattr(out, "items") else enumerate(out) if isinstance(out, (list, tuple)) else ()
    flat = {}
    for k, v in items:
        flat.update(flatten(v, f"{prefix}.{k}" if prefix else str(k)))
    return flat


def train(call, net, a):
    """Some steps of plain SGD: the last answers, the losses, the gradient norms of the first step, buffers after each step."""
    net.train()
    answers, losses, grads, statistics = {}, [], {}, []
    for step in range(a.steps):
        net.zero_grad()
        answers = flatten(call())
        loss = sum((v * torch.from_numpy(fill("loss:" + k, tuple(v.shape))).to(v.dtype)).sum() / v.numel() ** 0.5 for k, v in answers.items())
        loss.backward(); losses.append(loss.item())
        if step == 0:
            grads = {k: float(v.grad.double().norm()) for k, v in net.named_parameters() if v.grad is not None}
        statistics.append({k: float(v.double().norm()) for k, v in net.named_buffers() if k in net.state_dict()})
        with torch.no_grad():
            for v in net.parameters():
                if v.grad is not None:
                    v -= a.lr * v.grad
    return answers, losses, grads, statistics


def save_safetensors(path, tensors):
    header, blob = {}, b""
    names = {"float32": "F32", "int64": "I64"}
    for k, v in tensors.items():
        v = np.ascontiguousarray(v)
        header[k] = {"dtype": names[str(v.dtype)], "shape": list(v.shape), "data_offsets": [len(blob), len(blob) + v.nbytes]}
        blob += v.tobytes()
    h = json.dumps(header).encode()
    h += b" " * (-len(h) % 8)
    path.write_bytes(struct.pack("<Q", len(h)) + h + blob)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("source"); p.add_argument("--out", required=True); p.add_argument("--name")
    p.add_argument("--arg", action="append", default=[]); p.add_argument("--config", default="{}")
    p.add_argument("--input", action="append", default=[]); p.add_argument("--ids", action="append", default=[]); p.add_argument("--mask", action="append", default=[])
    p.add_argument("--vocabulary", type=int, default=0); p.add_argument("--lr", type=float, default=0.01); p.add_argument("--steps", type=int, default=3); p.add_argument("--noise", type=float, default=0)
    a = p.parse_args()
    torch.manual_seed(0); torch.use_deterministic_algorithms(True, warn_only=True)
    arguments = {k: json.loads(v.lower() if v in ("True", "False") else v) for k, v in (x.split("=", 1) for x in a.arg)}
    config = json.loads(a.config)
    net, version = build(a.source, arguments, config)
    for m in net.modules():
        if isinstance(m, torch.nn.Dropout) or type(m).__name__ == "StochasticDepth":
            m.p = 0.0
    with torch.no_grad():
        for k, v in list(net.named_parameters()) + list(net.named_buffers()):
            if v.dim() == 0 or v.is_floating_point():
                v.copy_(torch.from_numpy(np.asarray(fill(k, tuple(v.shape), not v.is_floating_point()))))
    shape = lambda s: tuple(int(d) for d in s.split(","))
    inputs = {k: input_float(k, shape(s)) for k, s in (x.split("=") for x in a.input)}
    vocabulary = a.vocabulary or config.get("vocab_size", 0)
    for k, s in (x.split("=") for x in a.ids):
        dims, _, own = s.partition(":")
        inputs[k] = input_ids(k, shape(dims), int(own) if own else vocabulary)
    for k, s in (x.split("=") for x in a.mask):
        dims, _, lengths = s.partition(":")
        rows, width = shape(dims)
        inputs[k] = np.array([[1 if j < int(n) else 0 for j in range(width)] for n in lengths.split(",")], np.int64)
        assert inputs[k].shape == (rows, width), "one length for each row"
    tensors = {k: torch.from_numpy(v) for k, v in inputs.items()}
    exact = copy.deepcopy(net).double() if a.noise else None
    answer = lambda net, given: net(**given) if a.source.startswith("transformers") else net(*given.values())
    net.eval()
    with torch.no_grad():
        outputs = {k: v.numpy() for k, v in flatten(answer(net, tensors)).items()}
    answers, losses, grads, statistics = train(lambda: answer(net, tensors), net, a)
    if a.noise:
        doubles = {k: v.double() if v.is_floating_point() else v for k, v in tensors.items()}
        _, exact_losses, exact_grads, _ = train(lambda: answer(exact, doubles), exact, a)
        noise = [abs(x - y) / max(0.1, abs(y)) for x, y in zip(losses, exact_losses)]
        stable = next((i for i, x in enumerate(noise) if x > a.noise), len(noise))
        largest = max(exact_grads.values(), default=0)
        unstable = {k for k, v in exact_grads.items() if abs(grads[k] - v) > a.noise * max(v, 1e-5 * largest)}
        print(f"float64 differs by {noise} in losses; {len(losses) - stable} losses and {len(unstable)} of {len(grads)} gradients left out")
        losses, grads = losses[:stable], {k: v for k, v in grads.items() if k not in unstable}
        statistics = statistics[:stable]
    name = a.name or a.source.split(":")[1].replace(".", "-")
    out = pathlib.Path(a.out); out.mkdir(parents=True, exist_ok=True)
    save_safetensors(out / (name + ".safetensors"), {**{"input:" + k: v for k, v in inputs.items()}, **{"output:" + k: v for k, v in outputs.items()}})
    (out / (name + ".json")).write_text(json.dumps({
        "format": "tl4j-parity/1", "source": a.source, "version": version, "torch": torch.__version__, "arguments": arguments, "config": config,
        "parameters": {k: list(v.shape) for k, v in net.state_dict().items()},
        "training": {"optimizer": "sgd", "lr": a.lr, "outputs": {k: list(v.shape) for k, v in answers.items()}, "losses": losses, "gradientNorms": grads,
                     "statistics": statistics[-1] if statistics else {}}}, indent=1))
    print(name, {k: v.shape for k, v in outputs.items()}, "losses", [round(l, 6) for l in losses])


main()
