#!/usr/bin/env python3
"""Writes what scikit-learn says of small data: the fixtures of tl-anomaly's tests.

  python make_anomaly_fixtures.py OUT_DIR       (needs numpy, scipy, scikit-learn)
"""
import json, os, sys
import numpy as np
from scipy import stats
from sklearn import metrics
from sklearn.covariance import LedoitWolf
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import NearestNeighbors
from sklearn.svm import OneClassSVM

out = sys.argv[1]
f32 = lambda a: np.asarray(a, dtype=np.float32)
exact = lambda a: [[float(v) for v in row] for row in f32(a)]


def write(name, value):
    path = os.path.join(out, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        json.dump(value, f, separators=(",", ":"))
    print(path, os.path.getsize(path))


def delong(truth, scores):
    """The variance by its definition: structural components from all pairs."""
    a, b = scores[truth == 1], scores[truth == 0]
    psi = (a[:, None] > b[None, :]) + 0.5 * (a[:, None] == b[None, :])
    return psi.mean(), psi.mean(1).var(ddof=1) / len(a) + psi.mean(0).var(ddof=1) / len(b)


def scored(seed, n, share, shift, digits):
    rng = np.random.default_rng(seed)
    truth = (rng.random(n) < share).astype(int)
    scores = np.round(rng.normal(size=n) + shift * truth, digits)
    value, variance = delong(truth, scores)
    assert abs(value - metrics.roc_auc_score(truth, scores)) < 1e-12
    z = stats.norm.ppf(0.975)
    logit, half = np.log(value / (1 - value)), z * np.sqrt(variance) / (value * (1 - value))
    threshold = float(np.quantile(scores, 0.9))
    flagged = (scores > threshold).astype(int)
    k = int(truth.sum())
    # Precision at k is checked where the k-th score is not tied.
    top = np.sort(scores)[::-1]
    untied = k < n and top[k - 1] != top[k]
    return dict(truth=truth.tolist(), scores=scores.tolist(), auroc=value, aurocDeviation=float(np.sqrt(variance)),
                aurocLow=1 / (1 + np.exp(half - logit)), aurocHigh=1 / (1 + np.exp(-half - logit)),
                averagePrecision=metrics.average_precision_score(truth, scores), threshold=threshold,
                f1=metrics.f1_score(truth, flagged), precision=metrics.precision_score(truth, flagged),
                recall=metrics.recall_score(truth, flagged), k=k if untied else 0,
                precisionAtK=float(truth[np.argsort(-scores)[:k]].mean()) if untied else 0,
                bestF1=max(metrics.f1_score(truth, (scores > t).astype(int))
                           for t in list(scores) + [scores.min() - 1]))


write("metric/expected.json", [scored(1, 200, 0.1, 2, 6), scored(2, 300, 0.3, 1, 1), scored(3, 60, 0.5, 0, 2),
                               scored(4, 500, 0.02, 3, 4)])

rng = np.random.default_rng(7)
mix = rng.normal(size=(6, 6))
train = f32(rng.normal(size=(120, 6)) @ mix + 3)
test = f32(np.vstack([rng.normal(size=(25, 6)) @ mix + 3, rng.normal(size=(15, 6)) * 6]))

lw = LedoitWolf().fit(train.astype(float))
nn = NearestNeighbors(n_neighbors=5).fit(train.astype(float))
distances = nn.kneighbors(test.astype(float))[0]
svms = []
for nu, gamma, tol in [(0.5, 1 / 6, 1e-3), (0.1, 0.05, 1e-3), (0.3, 0.02, 1e-8)]:
    s = OneClassSVM(nu=nu, gamma=gamma, tol=tol).fit(train.astype(float))
    svms.append(dict(nu=nu, gamma=gamma, tolerance=tol, supportVectors=int(s.support_.size),
                     decision=s.decision_function(test.astype(float)).tolist()))
write("detector/expected.json", dict(
    train=exact(train), test=exact(test),
    ledoitWolf=dict(shrinkage=lw.shrinkage_, mahalanobis=lw.mahalanobis(test.astype(float)).tolist()),
    kthDistance=distances[:, -1].tolist(), meanDistance=distances.mean(1).tolist(), oneClassSvm=svms))

# Isolation forests are random: the ranks of 500 trees are compared.
x = np.vstack([rng.normal(size=(380, 4)), rng.normal(size=(20, 4)) * 3 + [3, 0, 0, -3]])
x = f32(np.round(x, 3))
forest = IsolationForest(n_estimators=500, random_state=0).fit(x)
write("detector/isolation-forest.json", dict(rows=exact(x), scores=(-forest.score_samples(x)).tolist()))
