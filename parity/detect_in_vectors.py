#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scikit-learn's detectors on vectors that `tl embed` wrote: what AntsAndBeesAsAnomaliesTest is compared with.

  tl embed image-classification --backbone squeezenet1_1 --weights ... --data hymenoptera/train --out train.csv
  tl embed image-classification --backbone squeezenet1_1 --weights ... --data hymenoptera/val --out val.csv
  python detect_in_vectors.py train.csv val.csv      (needs numpy, scikit-learn)

For each label in turn: the rows of that label are normal, all others are anomalies. `semi` learns from the normal rows,
`unsup` from these and the first tenth as many of the others. Prints AUROC in percent.
"""
import csv, sys
import numpy as np
from sklearn.covariance import LedoitWolf
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors
from sklearn.svm import OneClassSVM


def read(path):
    with open(path) as f:
        rows = list(csv.reader(f))[1:]
    return np.array([r[2:] for r in rows], dtype=np.float32).astype(float), np.array([r[1] for r in rows])


def detectors(x):
    mean, deviation = x.mean(0), x.std(0)
    scale = lambda v: (v - mean) / np.where(deviation > 0, deviation, 1)
    lw = LedoitWolf().fit(x)
    near = NearestNeighbors(n_neighbors=min(5, len(x))).fit(scale(x))
    svm = OneClassSVM(nu=0.5, gamma="auto").fit(scale(x))
    for seed in range(10):
        forest = IsolationForest(n_estimators=100, random_state=seed).fit(x)
        yield f"isolation-forest {seed}", lambda v, f=forest: -f.score_samples(v)
    yield "one-class-svm", lambda v: -svm.score_samples(scale(v))
    yield "mahalanobis", lambda v: lw.mahalanobis(v)
    yield "nearest-neighbours", lambda v: near.kneighbors(scale(v))[0][:, -1]
    one = NearestNeighbors(n_neighbors=1).fit(x)
    yield "memory-bank", lambda v: one.kneighbors(v)[0][:, 0]


learn, learnt = read(sys.argv[1])
judge, truth = read(sys.argv[2])
for normal in sorted(set(truth)):
    own, other = learn[learnt == normal], learn[learnt != normal]
    few = np.vstack([own, other[:len(own) // 10]])
    for (name, semi), (_, unsup) in zip(detectors(own), detectors(few)):
        a, b = (100 * roc_auc_score(truth != normal, s(judge)) for s in (semi, unsup))
        print(f"{normal} normal  {name:<20} semi {a:5.1f}  unsup {b:5.1f}")
