# SPDX-License-Identifier: Apache-2.0
"""scikit-learn's detectors on ADBench's tables, as AdBench --all-anomalies of tl-anomaly's tests judges ours.

    python parity/detect_in_tables.py FOLDER [SEEDS]

FOLDER holds the .npz files. Semi-supervised: half of the normal rows are learned, the rest is judged with all anomalies.
Unsupervised: as many rows as there are, drawn with repetition, are learned, and all are judged. "from the mean" is the
squared distance of a standardised row from the mean, which nothing is learned for. AUROC in percent, mean over SEEDS (5)
and, for more than one group of five, the range of 95 % of the means over five.
"""
import pathlib
import sys

import numpy as np
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler
from sklearn.svm import OneClassSVM


def split(x, y, seed, semi):
    random = np.random.RandomState(seed)
    if not semi:
        return x[random.choice(len(x), len(x))], x, y
    normal = random.permutation(np.flatnonzero(y == 0))
    half = len(normal) // 2
    judged = np.concatenate([normal[half:], np.flatnonzero(y == 1)])
    return x[normal[:half]], x[judged], y[judged]


def scores(learned, judged, seed):
    scaler = StandardScaler().fit(learned)
    a, b = scaler.transform(learned), scaler.transform(judged)
    return {
        "forest": -IsolationForest(random_state=seed).fit(learned).score_samples(judged),
        "svm": -OneClassSVM(nu=0.5, gamma="auto").fit(a).decision_function(b),
        "from the mean": (b**2).sum(1),
    }


def shown(figures):
    text = f"{np.mean(figures):.1f}"
    if len(figures) >= 10:
        fives = np.array(figures[: len(figures) // 5 * 5]).reshape(-1, 5).mean(1)
        low, high = np.percentile(fives, [2.5, 97.5])
        text += f" [{low:.1f}, {high:.1f}]"
    return text


folder = pathlib.Path(sys.argv[1])
seeds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
for file in sorted(folder.glob("*.npz")):
    data = np.load(file)
    x, y = data["X"].astype(float), data["y"].ravel().astype(int)
    for semi in (True, False):
        found = {}
        for seed in range(seeds):
            learned, judged, truth = split(x, y, seed, semi)
            for name, score in scores(learned, judged, seed).items():
                found.setdefault(name, []).append(100 * roc_auc_score(truth, score))
        figures = "  ".join(f"{name} {shown(all_seeds)}" for name, all_seeds in found.items())
        print(f"{file.stem:16s} {'semi-supervised' if semi else 'unsupervised':16s} {figures}", flush=True)
