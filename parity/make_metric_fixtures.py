#!/usr/bin/env python3
"""Writes what scikit-learn and statsmodels say of random answers: the fixtures of org.tl4j.metric.

  python make_metric_fixtures.py OUT.json       (needs numpy, scikit-learn, statsmodels)
"""
import json, sys
import numpy as np
from sklearn import metrics
from statsmodels.stats.proportion import proportion_confint


def single(seed, n, k, skill, absent=False):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, k - (1 if absent else 0), n)
    logits = rng.normal(size=(n, k)) + skill * np.eye(k)[truth]
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    answer = p.argmax(1)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        truth, answer, labels=range(k), zero_division=0)
    # An independent interval of macro F1: the standard deviation over bootstrap samples.
    boots = []
    for _ in range(2000):
        i = rng.integers(0, n, n)
        boots.append(metrics.f1_score(truth[i], answer[i], average="macro", zero_division=0))
    low, high = proportion_confint((truth == answer).sum(), n, method="wilson")
    return dict(labels=k, truth=truth.tolist(), probabilities=np.round(p, 6).tolist(), answer=answer.tolist(),
                accuracy=metrics.accuracy_score(truth, answer), accuracyLow=low, accuracyHigh=high,
                macroF1=metrics.f1_score(truth, answer, average="macro", zero_division=0),
                macroF1Deviation=float(np.std(boots)), matthews=metrics.matthews_corrcoef(truth, answer),
                logLoss=metrics.log_loss(truth, np.round(p, 6) / np.round(p, 6).sum(1, keepdims=True), labels=range(k)),
                precision=precision.tolist(), recall=recall.tolist(), f1=f1.tolist(), support=support.tolist())


def several(seed, n, k, p):
    rng = np.random.default_rng(seed)
    truth = rng.random((n, k)) < p
    answer = truth ^ (rng.random((n, k)) < 0.15)
    micro = lambda t, a: metrics.f1_score(t, a, average="micro", zero_division=0)
    macro = lambda t, a: metrics.f1_score(t, a, average="macro", zero_division=0)
    mi, ma = [], []
    for _ in range(2000):
        i = rng.integers(0, n, n)
        mi.append(micro(truth[i], answer[i])); ma.append(macro(truth[i], answer[i]))
    return dict(labels=k, truth=[np.flatnonzero(r).tolist() for r in truth], answer=[np.flatnonzero(r).tolist() for r in answer],
                accuracy=metrics.accuracy_score(truth, answer), microF1=micro(truth, answer), macroF1=macro(truth, answer),
                microF1Deviation=float(np.std(mi)), macroF1Deviation=float(np.std(ma)))


json.dump(dict(single=[single(1, 200, 2, 1.5), single(2, 150, 6, 2), single(3, 90, 4, 1, absent=True)],
               several=[several(4, 120, 3, 0.4), several(5, 200, 8, 0.2)]),
          open(sys.argv[1], "w"), separators=(",", ":"))
