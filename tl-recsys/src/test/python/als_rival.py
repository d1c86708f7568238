#!/usr/bin/env python3
"""als beside implicit's on one split, one thread each: objective, NDCG@10 over all items not seen, and
seconds of the processor for a fit, which other processes change less than those on the clock.

  CLASSPATH=... python als_rival.py RATINGS.dat [FACTORS ALPHA REGULARISATION SWEEPS]

CLASSPATH holds the classes, test classes and dependencies of tl-recsys. Needs numpy, scipy, safetensors, implicit.
Both get confidence 1 + alpha for an interaction (implicit takes it as the matrix, alpha=1) and the same sweeps; implicit
runs twice, with its three steps of conjugate gradients, its default, and with its exact solver.
"""
import os, subprocess, sys, tempfile, time
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
import numpy as np, scipy.sparse as sp
from implicit.cpu.als import AlternatingLeastSquares
from safetensors.numpy import load_file

path = sys.argv[1]
given = sys.argv[2:] or ["64", "10", "10", "15"]
factors, alpha, reg, sweeps = int(given[0]), float(given[1]), float(given[2]), int(given[3])
seeds = [1, 2, 3, 4, 5]
os.sched_setaffinity(0, {0})

rows = [line.strip().split("::") for line in open(path)]
by_user = {}
for order, (user, item, _, when) in enumerate(rows):
    by_user.setdefault(user, []).append((int(when), order, item))
train, test = [], {}
for user, own in by_user.items():
    own.sort()
    keep = own if len(own) == 1 else own[:-1]
    train += [(user, item) for _, _, item in keep]
    if len(own) > 1:
        test[user] = own[-1][2]
users = {u: k for k, u in enumerate(dict.fromkeys(u for u, _ in train))}
items = {i: k for k, i in enumerate(dict.fromkeys(i for _, i in train))}
pairs = sorted({(users[u], items[i]) for u, i in train})
test = {users[u]: items[i] for u, i in test.items() if i in items}
R = sp.csr_matrix((np.ones(len(pairs), np.float32), tuple(zip(*pairs))), shape=(len(users), len(items)))
print(f"{len(users)} users, {len(items)} items, {R.nnz} interactions, {len(test)} to find again; "
      f"{factors} factors, alpha {alpha}, regularisation {reg}, {sweeps} sweeps")


def objective(X, Y):
    X, Y = X.astype(np.float64), Y.astype(np.float64)
    s = np.einsum("ij,ij->i", X[[u for u, _ in pairs]], Y[[i for _, i in pairs]])
    return ((X.T @ X) * (Y.T @ Y)).sum() + ((1 + alpha) * (1 - s) ** 2 - s ** 2).sum() + reg * ((X ** 2).sum() + (Y ** 2).sum())


def ndcg(X, Y):
    total = 0.0
    for first in range(0, len(users), 1000):
        S = X[first:first + 1000] @ Y.T
        for u in range(first, min(first + 1000, len(users))):
            if u in test:
                s = S[u - first]
                s[R.indices[R.indptr[u]:R.indptr[u + 1]]] = -np.inf
                rank = 1 + int((s > s[test[u]]).sum())
                total += 1 / np.log2(1 + rank) if rank <= 10 else 0
    return total / len(test)


def report(name, fits):
    seconds, objectives, gains = (np.array(v) for v in zip(*fits))
    print(f"{name:28s} objective {objectives.mean():.1f} +- {objectives.std(ddof=1):.1f}   "
          f"NDCG@10 {gains.mean():.4f} +- {gains.std(ddof=1):.4f}   {np.median(seconds):.3f} s")
    return np.median(seconds)


def rival(cg):
    fits = []
    for seed in [0] + seeds:
        model = AlternatingLeastSquares(factors=factors, regularization=reg, alpha=1.0, iterations=sweeps, use_cg=cg,
                                        use_native=True, num_threads=1, random_state=seed)
        start = time.process_time()
        model.fit((R * (1 + alpha)).tocsr(), show_progress=False)
        seconds = time.process_time() - start
        if seed:
            fits.append((seconds, objective(model.user_factors, model.item_factors),
                         ndcg(model.user_factors, model.item_factors)))
    return report("implicit, " + ("3 CG steps" if cg else "exact"), fits)


def ours():
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "pairs")
        open(file, "w").write("\n".join(f"{u} {i}" for u, i in pairs))
        said = subprocess.run(["java", "-XX:+UseSerialGC", "org.tl4j.recsys.factorisation.AlsPeer", file, str(len(users)),
                               str(len(items)), str(factors), str(alpha), str(reg), str(sweeps), ",".join(map(str, seeds))],
                              check=True, capture_output=True, text=True).stdout.split("\n")
        fits = []
        for line in filter(None, said):
            seed, seconds, value = line.split()
            f = load_file(f"{file}.{seed}.safetensors")
            assert abs(objective(f["users"], f["items"]) / float(value) - 1) < 1e-5
            fits.append((float(seconds), float(value), ndcg(f["users"], f["items"])))
        return report("TL4J", fits)


first = ours()
cg, exact = rival(True), rival(False)
second = ours()
print(f"TL4J against implicit: {cg / min(first, second):.2f} to {cg / max(first, second):.2f} times its default, "
      f"{exact / min(first, second):.2f} to {exact / max(first, second):.2f} times its exact solver")
