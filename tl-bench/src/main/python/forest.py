# SPDX-License-Identifier: Apache-2.0
"""scikit-learn's isolation forest; the other side of ForestBenchmark."""
import time

import numpy as np
from sklearn.ensemble import IsolationForest

from peer import resident_megabytes, serve


class Forests:
    def __init__(self, setup):
        self.rows = np.fromfile(setup.folder / "forest.f32", dtype="<f4").reshape(-1, 20)
        self.memory = setup.comparison == "resident"
        self.threads = setup.threads
        self.seed = 1

    def forest(self, seed):
        return IsolationForest(n_estimators=100, max_samples=256, n_jobs=self.threads, random_state=seed)

    def verify(self):
        some = self.rows[:1000]
        return {"mean score": [float(-self.forest(0).fit(some).score_samples(some).mean())]}

    def measure(self):
        begin = time.perf_counter()
        scores = -self.forest(self.seed).fit(self.rows).score_samples(self.rows)
        seconds = time.perf_counter() - begin
        self.seed += 1
        return resident_megabytes() if self.memory else seconds, {"mean": [float(scores.mean())]}


serve(Forests)
