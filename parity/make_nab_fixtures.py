#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what the scorer of the Numenta Anomaly Benchmark says of small series: the fixture of NabScoreTest.

  python make_nab_fixtures.py NAB_DIR OUT_DIR    (NAB_DIR: a copy of numenta/NAB, of which nab/sweeper.py is used;
                                                  the fixture was made with commit ea702d75cc22)

Times are numbers from 0. Each case holds scores, windows (both ends included), and for each application profile the
reward of every row and the raw score at every threshold.
"""
import json, os, random, sys

sys.path.insert(0, sys.argv[1])
from nab.sweeper import Sweeper

PROFILES = {
    "standard": dict(tpWeight=1.0, fnWeight=1.0, fpWeight=0.11),
    "reward-low-fp": dict(tpWeight=1.0, fnWeight=1.0, fpWeight=0.22),
    "reward-low-fn": dict(tpWeight=1.0, fnWeight=2.0, fpWeight=0.11),
}
CASES = [  # rows, windows, digits of the scores
    (60, [(20, 29), (40, 45)], 1),
    (80, [(5, 20), (70, 79)], 2),   # one begins in the probationary period, one ends with the series
    (100, [(30, 31), (33, 52)], 3),  # close to each other
    (40, [], 1),
    (120, [(18, 30)], 1),           # begins with the first row that counts
]
random.seed(11)
cases = []
for n, windows, digits in CASES:
    inside = lambda i: any(a <= i <= b for a, b in windows)
    scores = [round(min(1, max(0, random.random() ** 3 + (0.3 if inside(i) else 0))), digits) for i in range(n)]
    case = dict(scores=scores, windows=windows, profiles={})
    for name, costs in PROFILES.items():
        sweeper = Sweeper(costMatrix=costs)
        points = sweeper.calcSweepScore(list(range(n)), scores, [tuple(w) for w in windows], "x")
        swept = sweeper.calcScoreByThreshold(points)
        case["profiles"][name] = dict(
            rewards=[p.sweepScore for p in points],
            swept=[[s.threshold, s.score, s.tp, s.fp, s.fn, s.tn] for s in swept])
    cases.append(case)
path = os.path.join(sys.argv[2], "nab.json")
with open(path, "w") as f:
    json.dump(cases, f, separators=(",", ":"))
print(path, os.path.getsize(path))
