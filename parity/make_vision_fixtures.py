#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the image files that tl-vision's tests read, and what Pillow and torchvision make of them.

    parity/make_vision_fixtures.py [DIR]

images/           small files of every format and colour model, and expected.safetensors: for each its pixels as
                  ImageOps.exif_transpose(Image.open(f)).convert("RGB") gives them, u8[H, W, 3]
resize.safetensors      images and what Image.resize makes of them, u8[H, W, 3]
resize.json             SHA-256 of what Image.resize makes of larger images, whose pixels follow from a formula
input.safetensors       what torchvision's evaluation transforms make of an image, f32[3, H, W]

All pixels are made here; no picture is taken from anywhere.
"""
import hashlib
import json
import pathlib
import struct
import sys
import zlib

import numpy as np
import PIL
from PIL import Image, ImageOps
from safetensors.numpy import save_file
from torchvision import transforms
from torchvision.transforms import v2

OUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else
                   pathlib.Path(__file__).parent.parent / "tl-vision/src/test/resources/vision")
FILTERS = {"nearest": Image.Resampling.NEAREST, "box": Image.Resampling.BOX,
           "bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
rng = np.random.default_rng(7)


def scene(w, h):
    """Gradients, a disc with hard edges and a little noise, so that no two decoders agree by chance."""
    y, x = np.mgrid[0:h, 0:w].astype(np.float64)
    disc = (x - 0.6 * w) ** 2 + (y - 0.4 * h) ** 2 < (0.3 * min(w, h)) ** 2
    r = 255 * x / max(1, w - 1)
    g = 255 * y / max(1, h - 1)
    b = 127 + 120 * np.sin(x / 3.0 + y / 5.0)
    a = np.stack([np.where(disc, 250, r), np.where(disc, 20, g), np.where(disc, 40, b)], -1)
    return np.clip(a + rng.normal(0, 6, a.shape), 0, 255).astype(np.uint8)


def formula(w, h):
    """Pixels that Java can make, too: the upper bytes of a linear congruential generator."""
    n = 3 * w * h
    s = np.empty(n, dtype=np.uint64)
    state = 12345 + w * 31 + h
    for i in range(n):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        s[i] = state >> 16
    return (s & 0xFF).astype(np.uint8).reshape(h, w, 3)


def png(w, h, depth, colour, rows, chunks=b""):
    """A PNG of any bit depth; Pillow writes only some."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, depth, colour, 0, 0, 0)) + chunks
            + chunk(b"IDAT", zlib.compress(b"".join(b"\0" + bytes(r) for r in rows))) + chunk(b"IEND", b""))


def bmp16(w, h, masks):
    stride = (2 * w + 3) // 4 * 4
    data = rng.integers(0, 256, h * stride, dtype=np.uint8).tobytes()
    extra = struct.pack("<III", *masks) if masks else b""
    start = 54 + len(extra)
    return (b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start)
            + struct.pack("<IiiHHIIiiII", 40, w, h, 1, 16, 3 if masks else 0, len(data), 2835, 2835, 0, 0) + extra + data)


def make_images(folder):
    folder.mkdir(parents=True, exist_ok=True)
    w, h = 31, 22
    a = Image.fromarray(scene(w, h))
    alpha = a.copy()
    alpha.putalpha(Image.fromarray(rng.integers(0, 256, (h, w), dtype=np.uint8)))

    def write(name, data):
        (folder / name).write_bytes(data)

    for sampling, name in ((0, "444"), (1, "422"), (2, "420")):
        a.save(folder / f"yuv{name}.jpg", quality=85, subsampling=sampling)
    a.save(folder / "progressive.jpg", quality=60, progressive=True)
    a.save(folder / "low.jpg", quality=10)
    a.save(folder / "rgb.jpg", quality=90, keep_rgb=True)
    a.convert("L").save(folder / "grey.jpg", quality=85)
    a.convert("CMYK").save(folder / "cmyk.jpg", quality=90)
    cmyk = (folder / "cmyk.jpg").read_bytes()
    at = cmyk.index(b"Adobe")
    write("ycck.jpg", cmyk[:at + 11] + b"\x02" + cmyk[at + 12:])
    length = struct.unpack(">H", cmyk[at - 2:at])[0]
    write("cmyk-plain.jpg", cmyk[:at - 4] + cmyk[at - 2 + length:])
    # A profile that is none: Pillow leaves it alone, and so must we.
    a.save(folder / "profile.jpg", quality=85, icc_profile=b"no profile" * 20)
    for tag in range(1, 9):
        exif = Image.Exif()
        exif[0x112] = tag
        a.resize((11, 7)).save(folder / f"exif{tag}.jpg", quality=95, exif=exif)
    exif = Image.Exif()
    exif[0x112] = 6
    a.resize((11, 7)).save(folder / "exif6.png", exif=exif)
    a.resize((11, 7)).save(folder / "exif6.webp", exif=exif, lossless=True)

    a.save(folder / "rgb.png")
    alpha.save(folder / "rgba.png")
    a.convert("L").save(folder / "grey.png")
    alpha.convert("LA").save(folder / "grey-alpha.png")
    a.convert("1").save(folder / "bits.png")
    a.quantize(200).save(folder / "palette.png")
    a.quantize(9).save(folder / "palette-transparent.png", transparency=3)
    for depth in (2, 4):
        rows = rng.integers(0, 256, (h, (w * depth + 7) // 8), dtype=np.uint8)
        write(f"grey{depth}.png", png(w, h, depth, 0, rows))
    for colour, channels, name in ((2, 3, "rgb16"), (6, 4, "rgba16"), (4, 2, "grey-alpha16")):
        v = rng.integers(0, 65536, (9, 13, channels)).astype(">u2")
        write(f"{name}.png", png(13, 9, 16, colour, [r.tobytes() for r in v]))
    v = rng.integers(0, 65536, (9, 13)).astype(">u2")
    write("grey16.png", png(13, 9, 16, 0, [r.tobytes() for r in v]))

    a.quantize(60).save(folder / "plain.gif")
    a.quantize(8).save(folder / "animated.gif", save_all=True, append_images=[a.rotate(90).quantize(8)])
    gif = bytearray((folder / "plain.gif").read_bytes())
    gif[6:10] = struct.pack("<HH", w + 5, h + 4)
    frame = gif.index(b"\x2c", 13 + 3 * 64)
    gif[frame + 1:frame + 5] = struct.pack("<HH", 3, 2)
    write("offset.gif", bytes(gif))

    a.save(folder / "rgb.bmp")
    a.convert("L").save(folder / "grey.bmp")
    a.convert("1").save(folder / "bits.bmp")
    a.quantize(16).save(folder / "palette.bmp")
    alpha.save(folder / "rgba.bmp")
    write("rgb555.bmp", bmp16(13, 9, None))
    write("rgb565.bmp", bmp16(13, 9, (0xF800, 0x07E0, 0x001F)))

    a.save(folder / "lossless.webp", lossless=True)
    alpha.save(folder / "alpha-lossless.webp", lossless=True, exact=True)
    a.save(folder / "lossy.webp", quality=80)
    a.save(folder / "animated.webp", save_all=True, append_images=[a.rotate(90)], lossless=True)

    expected = {}
    for f in sorted(folder.iterdir()):
        if f.suffix != ".safetensors":
            image = ImageOps.exif_transpose(Image.open(f)).convert("RGB")
            expected[f.name] = np.asarray(image)
    # The one place where we differ on purpose: Pillow clips grey of 16 bits at 255, we keep the upper 8 bits.
    expected["grey16.png"] = np.repeat((v.astype(np.uint16) >> 8).astype(np.uint8)[..., None], 3, -1)
    save_file({k: np.ascontiguousarray(x) for k, x in expected.items()}, folder / "expected.safetensors")


def make_resize():
    tensors = {}
    sizes = [(1, 1), (1, 13), (14, 1), (7, 5), (23, 17), (12, 31)]
    goals = [(1, 1), (1, 9), (9, 1), (2, 3), (7, 5), (5, 7), (11, 8), (16, 16), (23, 9), (6, 31)]
    for w, h in sizes:
        hard = np.where(rng.integers(0, 2, (h, w, 3)) > 0, 255, 0).astype(np.uint8)  # overshoots wherever it can
        tensors[f"in/{w}x{h}"] = hard
        for name, f in FILTERS.items():
            for W, H in goals:
                tensors[f"{w}x{h}/{name}/{W}x{H}"] = np.ascontiguousarray(
                    np.asarray(Image.fromarray(hard).resize((W, H), f)))
    save_file(tensors, OUT / "resize.safetensors")

    larger = []
    for (w, h), goal in [((500, 375), (341, 256)), ((375, 500), (256, 341)), ((640, 480), (224, 224)),
                         ((97, 800), (33, 64)), ((800, 97), (64, 33)), ((64, 48), (500, 401)), ((301, 300), (300, 301)),
                         ((256, 256), (255, 256)), ((1000, 3), (3, 1000)), ((1024, 768), (32, 32))]:
        image = Image.fromarray(formula(w, h))
        for name, f in FILTERS.items():
            out = image.resize(goal, f).tobytes()
            larger.append({"from": [w, h], "to": list(goal), "resampling": name,
                           "sha256": hashlib.sha256(out).hexdigest()})
    (OUT / "resize.json").write_text(json.dumps({"pillow": PIL.__version__, "cases": larger}, indent=1) + "\n")


def make_input():
    mean, std = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    tensors = {}
    for w, h in ((61, 40), (40, 61), (33, 33), (120, 37), (29, 28)):
        image = Image.fromarray(scene(w, h))
        tensors[f"in/{w}x{h}"] = np.asarray(image)
        for name, steps in {
            "shorter-side": [v2.Resize(32), v2.CenterCrop(28)],
            "odd-crop": [v2.Resize(32), v2.CenterCrop(27)],
            "exact": [v2.Resize((24, 28), interpolation=v2.InterpolationMode.BICUBIC)],
        }.items():
            out = v2.Compose([*steps, v2.PILToTensor()])(image)
            tensors[f"{w}x{h}/{name}/pixels"] = np.ascontiguousarray(out.permute(1, 2, 0).numpy())
        if (w, h) == (61, 40):
            out = v2.Compose([v2.Resize(12), v2.CenterCrop(10), transforms.ToTensor(),
                              transforms.Normalize(mean, std)])(image)
            tensors[f"{w}x{h}/normalised"] = out.contiguous().numpy()
            grey = v2.Compose([v2.Resize(12), v2.CenterCrop(10)])(image).convert("L")
            tensors[f"{w}x{h}/grey"] = np.asarray(grey, dtype=np.uint8).copy()
    save_file({k: np.ascontiguousarray(x) for k, x in tensors.items()}, OUT / "input.safetensors")


OUT.mkdir(parents=True, exist_ok=True)
make_images(OUT / "images")
make_resize()
make_input()
for f in OUT.rglob("*.safetensors"):
    f.chmod(0o644)
