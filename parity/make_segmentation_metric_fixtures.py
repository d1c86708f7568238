#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what scikit-learn says of random masks, and what PyTorch says of losses of pixels.

  python make_segmentation_metric_fixtures.py       (needs numpy, scikit-learn, torch)
"""
import json
import pathlib
import numpy as np
from sklearn import metrics

ROOT = pathlib.Path(__file__).resolve().parent.parent
IGNORE = 255


def figures(truth, answer, seen):
    t, a = np.concatenate(truth), np.concatenate(answer)
    keep = t != IGNORE
    t, a = t[keep], a[keep]
    return dict(accuracy=float(metrics.accuracy_score(t, a)),
                iou=metrics.jaccard_score(t, a, labels=seen, average=None, zero_division=0).tolist(),
                meanIou=float(metrics.jaccard_score(t, a, labels=seen, average="macro", zero_division=0)),
                dice=metrics.f1_score(t, a, labels=seen, average=None, zero_division=0).tolist(),
                meanDice=float(metrics.f1_score(t, a, labels=seen, average="macro", zero_division=0)))


def overlap(seed, images, k, skill, absent=0):
    """Images that are easier or harder as a whole, so that pixels of one are not independent."""
    rng = np.random.default_rng(seed)
    truth, answer, sizes = [], [], []
    for _ in range(images):
        w, h = int(rng.integers(5, 12)), int(rng.integers(5, 12))
        t = rng.integers(0, k - absent, w * h)
        hit = rng.random(w * h) < np.clip(skill + rng.normal() * 0.15, 0, 1)
        a = np.where(hit, t, rng.integers(0, k - absent, w * h))
        t = np.where(rng.random(w * h) < 0.05, IGNORE, t)
        truth.append(t); answer.append(a); sizes.append([w, h])
    seen = [c for c in range(k) if any((t[t != IGNORE] == c).any() or (a[t != IGNORE] == c).any() for t, a in zip(truth, answer))]
    # An interval that owes nothing to the delta method: the standard deviation over bootstrap samples of whole images.
    counts = np.array([[[((t == c) & (t != IGNORE)).sum(), ((a == c) & (t != IGNORE)).sum(), ((t == c) & (a == c)).sum()] for c in seen]
                       for t, a in zip(truth, answer)])  # of each image: true, answered, both
    total = counts[rng.integers(0, images, (2000, images))].sum(1).transpose(2, 0, 1)  # [3, samples, classes]
    union, both_sizes = total[0] + total[1] - total[2], total[0] + total[1]
    boots = {"accuracy": total[2].sum(1) / total[0].sum(1), "meanIou": (total[2] / union).mean(1), "meanDice": (2 * total[2] / both_sizes).mean(1)}
    return dict(labels=k, seen=seen, sizes=sizes, truth=[t.tolist() for t in truth], answer=[a.tolist() for a in answer],
                deviations={name: float(np.std(v)) for name, v in boots.items()}, **figures(truth, answer, seen))


def losses():
    import torch
    from torch.nn import functional as F
    rng = np.random.default_rng(7)
    tensor = lambda *shape: torch.from_numpy(rng.normal(size=shape).astype(np.float32))
    x, w, b, aw, ab = tensor(3, 4, 6, 4), tensor(3, 4, 1, 1), tensor(3), tensor(3, 4, 1, 1), tensor(3)
    target = torch.from_numpy(rng.integers(0, 3, (3, 6, 4)))
    target[torch.from_numpy(rng.random((3, 6, 4)) < 0.2)] = IGNORE
    cases = []
    for name, s in (("plain", {}), ("weighted", dict(weights=[0.5, 2.0, 1.25])), ("smoothed", dict(smoothing=0.2)),
                    ("auxiliary", dict(aux=0.5)), ("dice", dict(dice=0.7)),
                    ("all of them", dict(weights=[0.5, 2.0, 1.25], smoothing=0.1, aux=0.4, dice=1.5))):
        p = [v.clone().requires_grad_() for v in (w, b, aw, ab)]
        weight = torch.tensor(s["weights"]) if "weights" in s else None
        cross = lambda z: F.cross_entropy(z, target, weight, ignore_index=IGNORE, label_smoothing=s.get("smoothing", 0.0))
        logits = F.conv2d(x, p[0], p[1])
        loss = cross(logits)
        if "aux" in s:
            aux = F.interpolate(F.conv2d(F.avg_pool2d(x, 2), p[2], p[3]), size=x.shape[-2:], mode="bilinear", align_corners=False)
            loss = loss + s["aux"] * cross(aux)
        if "dice" in s:
            valid = target != IGNORE
            hot = F.one_hot(torch.where(valid, target, 0), 3).permute(0, 3, 1, 2)[:].float() * valid[:, None]
            soft = logits.softmax(1) * valid[:, None]
            both, sizes = (soft * hot).sum((0, 2, 3)), soft.sum((0, 2, 3)) + hot.sum((0, 2, 3))
            loss = loss + s["dice"] * (1 - ((2 * both + 1) / (sizes + 1)).mean())
        loss.backward()
        cases.append(dict(name=name, weights=s.get("weights", []), smoothing=s.get("smoothing", 0), aux=s.get("aux", 0), dice=s.get("dice", 0),
                          loss=loss.item(), weight=p[0].grad.flatten().tolist(), bias=p[1].grad.tolist(),
                          auxWeight=[] if p[2].grad is None else p[2].grad.flatten().tolist()))
    return dict(x=x.flatten().tolist(), weight=w.flatten().tolist(), bias=b.tolist(), auxWeight=aw.flatten().tolist(), auxBias=ab.tolist(),
                target=target.flatten().tolist(), cases=cases)


def write(path, data):
    (ROOT / path).write_text(json.dumps(data, default=float, separators=(",", ":")) + "\n")


write("tl-core/src/test/resources/metric/overlap.json",
      [overlap(1, 12, 2, 0.7), overlap(2, 20, 5, 0.6), overlap(3, 9, 4, 0.5, absent=1)])
write("tl-vision/src/test/resources/vision/segmentation-losses.json", losses())
