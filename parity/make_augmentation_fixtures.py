#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what torchvision's augmentations make of two images once their random numbers are drawn.

    parity/make_augmentation_fixtures.py [FILE]

augmentation.safetensors   noise and faint (the images), and for each change u8[H, W, 3]; names are CHANGE:NUMBER:IMAGE.
"""
import pathlib
import sys

import numpy as np
from PIL import Image
from safetensors.numpy import save_file
from torchvision.transforms import InterpolationMode
from torchvision.transforms import autoaugment
from torchvision.transforms import functional as F

OUT = sys.argv[1] if len(sys.argv) > 1 else \
    pathlib.Path(__file__).parent.parent / "tl-vision/src/test/resources/vision/augmentation.safetensors"
rng = np.random.default_rng(11)
noise = rng.integers(0, 256, (9, 13, 3), dtype=np.uint8)
y, x = np.mgrid[0:18, 0:22]
faint = np.clip(np.stack([40 + 3 * x, 90 + 4 * y, 60 + 2 * x + 2 * y], -1) + rng.integers(-4, 5, (18, 22, 3)),
                0, 255).astype(np.uint8)
images = {"noise": Image.fromarray(noise), "faint": Image.fromarray(faint)}
out = {"noise": noise, "faint": faint}
for name, image in images.items():
    def put(change, number, result):
        out[f"{change}:{number}:{name}"] = np.asarray(result)
    for f in (0.0, 0.3, 1.0, 1.7):
        put("brightness", f, F.adjust_brightness(image, f))
        put("contrast", f, F.adjust_contrast(image, f))
        put("saturation", f, F.adjust_saturation(image, f))
        put("sharpness", f, F.adjust_sharpness(image, f))
    for f in (-0.5, -0.13, 0.02, 0.31, 0.5):
        put("hue", f, F.adjust_hue(image, f))
    put("flip", 0, F.hflip(image))
    put("crop", 0, F.resized_crop(image, 1, 2, 8, 10, [9, 8], InterpolationMode.BILINEAR))
    # RandAugment's own table of strengths; the signed operations both ways.
    for magnitude in (9,) if name == "faint" else (4, 17, 30):
        table = autoaugment.RandAugment()._augmentation_space(31, (image.height, image.width))
        for op, (strengths, signed) in table.items():
            if strengths.ndim == 0 and magnitude == 30:
                continue
            strength = float(strengths[magnitude].item()) if strengths.ndim else 0.0
            for sign in (1, -1) if signed else (1,):
                put(op, sign * magnitude,
                    autoaugment._apply_op(image, op, sign * strength, InterpolationMode.NEAREST, None))
save_file({k: np.ascontiguousarray(v) for k, v in out.items()}, OUT)
