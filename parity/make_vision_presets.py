#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the presets of tl-vision's families: torchvision's published weights, from torchvision's own metadata.

    parity/make_vision_presets.py FAMILIES.json [DIR]

FAMILIES.json: {"families": [{"id": ..., "variants": [{"id": ..., "config": {...}}]}]}, as Backbone.variants() has them.
Nothing is downloaded. Of a file's SHA-256 only the beginning is known, which torchvision puts into the name of the file.
"""
import json
import pathlib
import re
import sys

import torch
from torchvision import models

OUT = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else
                   pathlib.Path(__file__).parent.parent / "tl-vision/src/main/resources/META-INF/tl4j/presets")
# What transfer leaves out: the published classifier, auxiliary classifiers.
DROPPED = ("fc.", "classifier.", "heads.", "aux1.", "aux2.", "AuxLogits.")
KEPT = {"convnext": ("classifier.0.",)}
PAPERS = {"vgg": "1409.1556", "resnet": "1512.03385", "googlenet": "1409.4842", "inception-v3": "1512.00567",
          "mobilenet-v2": "1801.04381", "mobilenet-v3": "1905.02244", "squeezenet": "1602.07360",
          "shufflenet-v2": "1807.11164", "efficientnet": "1905.11946", "convnext": "2201.03545", "vit": "2010.11929"}
OUT.mkdir(parents=True, exist_ok=True)
for family in json.loads(pathlib.Path(sys.argv[1]).read_text())["families"]:
    presets = {}
    for variant in family["variants"]:
        name = variant["id"]
        if name not in models.list_models(module=models):
            continue
        for weights in models.get_model_weights(name):
            t = weights.transforms()
            size, resize = t.crop_size[0], t.resize_size[0]
            if weights.name.endswith("FEATURES") or weights.meta["num_params"] > 400e6:
                continue
            config = {} if size == 224 or family["id"] != "vit" else {"image_size": size}
            with torch.device("meta"):
                model = models.get_model(name, **config)
            kept = KEPT.get(family["id"], ())
            parameters = sum(p.numel() for n, p in model.named_parameters()
                             if not n.startswith(DROPPED) or n.startswith(kept))
            top1 = weights.meta["_metrics"]["ImageNet-1K"]["acc@1"]
            swag = "SWAG" in weights.name
            presets[f"{name}.{weights.name.lower()}"] = {
                "title": f"ImageNet-1k, 1000 classes: {top1} % top-1 at {size} x {size}, as torchvision reports it",
                "config": {**variant["config"], **config},
                "source": weights.url,
                "sha256": re.search(r"-([0-9a-f]{8,})\.pth$", weights.url).group(1),
                "licence": "CC-BY-NC-4.0" if swag else "BSD-3-Clause",
                "licence_note": "weights of facebookresearch/SWAG" if swag else
                                "torchvision's licence; terms of the data (ImageNet) or of the first authors may apply to the weights",
                "parameters": parameters,
                "input": {"size": [3, size, size], "resizeTo": resize, "interpolation": t.interpolation.value,
                          "mean": [round(m, 6) for m in t.mean], "std": [round(s, 6) for s in t.std]},
                "labels": f"torchvision.models.{type(weights).__name__}.{weights.name}.meta['categories']",
                "reference": f"arXiv:{PAPERS[family['id']]}; "
                             f"{weights.meta['recipe'] if 'recipe' in weights.meta else 'https://pytorch.org/vision'}"}
    if presets:
        (OUT / f"{family['id']}.json").write_text(json.dumps(presets, indent=2) + "\n")
        print(family["id"], len(presets))
