#!/usr/bin/env python3
"""Writes what reference implementations say: the fixtures of tl-recsys's tests.

  python make_fixtures.py OUT_DIR        (needs numpy, scipy, implicit, pytrec_eval-terrier, scikit-learn)

metric/rankings.json: trec_eval on random rankings. factorisation/als.json: implicit's exact solver after one sweep from
given item factors, and what is minimised, by its definition over all pairs. neighbour/cosine.json: cosines by
scikit-learn, shrunk. backbone/ncf.json: numpy's forward pass of small GMF and MLP.
"""
import json, os, sys
import numpy as np, scipy.sparse as sp, pytrec_eval
from implicit.cpu.als import AlternatingLeastSquares
from sklearn.metrics import mean_absolute_error, mean_squared_error, pairwise

out = sys.argv[1]


def write(name, value):
    path = os.path.join(out, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    json.dump(value, open(path, "w"), separators=(",", ":"))
    print(path, os.path.getsize(path))


def rankings():
    rng = np.random.default_rng(1)
    users, qrel, runs = [], {}, {}
    for u in range(40):
        ranking = rng.permutation(60)[: rng.integers(3, 40)].tolist()
        relevant = rng.permutation(60)[: rng.integers(1, 16)].tolist()
        users.append(dict(ranking=ranking, relevant=relevant))
        qrel[str(u)] = {f"d{i}": 1 for i in relevant}
        runs[str(u)] = {f"d{i}": float(1000 - k) for k, i in enumerate(ranking)}
    names = {"hitRate@10": "success_10", "ndcg@10": "ndcg_cut_10", "recall@10": "recall_10", "map@10": "map_cut_10"}
    scored = pytrec_eval.RelevanceEvaluator(qrel, {"success.10", "ndcg_cut.10", "recall.10", "map_cut.10"}).evaluate(runs)
    means = {ours: float(np.mean([s[theirs] for s in scored.values()])) for ours, theirs in names.items()}
    means["coverage@10"] = len({i for u in users for i in u["ranking"][:10]}) / 60
    half = 1.959963984540054 * np.std([s["ndcg_cut_10"] for s in scored.values()], ddof=1) / np.sqrt(len(scored))
    given, predicted = rng.integers(1, 11, 50), rng.uniform(1, 10, 50)
    write("metric/rankings.json", dict(
        items=60, users=users, means=means, ndcgHalf=float(half), given=given.tolist(), predicted=predicted.tolist(),
        rmse=float(np.sqrt(mean_squared_error(given, predicted))), mae=float(mean_absolute_error(given, predicted))))


def interactions(seed, users, items, share):
    rng = np.random.default_rng(seed)
    M = (rng.random((users, items)) < share * rng.uniform(0.2, 2, items)).astype(np.float32)
    M[np.arange(users), rng.integers(0, items, users)] = 1
    M[rng.integers(0, users, items), np.arange(items)] = 1
    return M


def als():
    M = interactions(2, 30, 25, 0.3)
    alpha, reg, factors = 7.0, 0.5, 6
    rng = np.random.default_rng(3)
    Y0 = rng.normal(0, 0.3, (25, factors)).astype(np.float32)
    model = AlternatingLeastSquares(factors=factors, regularization=reg, alpha=1.0, iterations=3, use_cg=False,
                                    use_native=True, num_threads=1)
    model.item_factors, model.user_factors = Y0.copy(), np.zeros((30, factors), np.float32)
    model.fit(sp.csr_matrix(M * (1 + alpha)), show_progress=False)
    X, Y = model.user_factors.astype(np.float64), model.item_factors.astype(np.float64)
    C = 1 + alpha * M
    value = (C * (M - X @ Y.T) ** 2).sum() + reg * ((X ** 2).sum() + (Y ** 2).sum())
    write("factorisation/als.json", dict(
        matrix=M.astype(int).tolist(), alpha=alpha, regularisation=reg, factors=factors, sweeps=3,
        items=Y0.tolist(), users=X.tolist(), itemsAfter=Y.tolist(), objective=float(value)))


def cosine():
    M = interactions(4, 20, 12, 0.3)
    together = M.T @ M
    norms = np.sqrt(np.outer(M.sum(0), M.sum(0)))
    assert np.allclose(together / norms, pairwise.cosine_similarity(M.T), atol=1e-6)
    S = together / (norms + 3)
    np.fill_diagonal(S, 0)
    write("neighbour/cosine.json", dict(matrix=M.astype(int).tolist(), shrinkage=3, scores=(M @ S).tolist()))


def ncf():
    rng = np.random.default_rng(5)
    r = lambda *shape: np.round(rng.normal(0, 0.5, shape), 3)
    P, Q, h, b = r(3, 4), r(5, 4), r(1, 4), r(1)
    U, V, layers = r(3, 4), r(5, 4), [(r(6, 8), r(6)), (r(2, 6), r(2))]
    g, c = r(1, 2), r(1)
    sigmoid = lambda x: 1 / (1 + np.exp(-x))
    gmf = sigmoid((P[:, None] * Q[None]) @ h[0] + b[0])
    x = np.concatenate([np.repeat(U[:, None], 5, 1), np.repeat(V[None], 3, 0)], -1)
    for W, bias in layers:
        x = np.maximum(x @ W.T + bias, 0)
    mlp = sigmoid(x @ g[0] + c[0])
    neumf = sigmoid((P[:, None] * Q[None]) @ h[0] + x @ g[0] + b[0])
    write("backbone/ncf.json", dict(
        tensors={"user_embedding.gmf": P.tolist(), "item_embedding.gmf": Q.tolist(), "prediction.gmf": h.tolist(),
                 "bias.gmf": [b.tolist()], "user_embedding.mlp": U.tolist(), "item_embedding.mlp": V.tolist(),
                 "layer1": layers[0][0].tolist(), "layer1.bias": [layers[0][1].tolist()],
                 "layer2": layers[1][0].tolist(), "layer2.bias": [layers[1][1].tolist()],
                 "prediction.mlp": g.tolist(), "bias.mlp": [c.tolist()]},
        gmf=gmf.tolist(), mlp=mlp.tolist(), neumf=neumf.tolist()))


def published():
    """Scores of the published networks on some pairs, by numpy in doubles; only where their files are named."""
    import h5py
    folder = sys.argv[2]
    users, items = np.arange(8) * 700 + 3, np.arange(12) * 300 + 5
    get = lambda f, n: np.asarray(f[n.split("_W")[0].split("_b")[0] + "/" + n], dtype=np.float64)
    sigmoid = lambda x: 1 / (1 + np.exp(-x))
    with h5py.File(os.path.join(folder, "ncf-ml1m", "ml-1m_GMF_8_1501651698.h5")) as f:
        p, q = get(f, "user_embedding_W")[users], get(f, "item_embedding_W")[items]
        gmf = sigmoid((p[:, None] * q[None]) @ get(f, "prediction_W")[:, 0] + get(f, "prediction_b")[0])
    with h5py.File(os.path.join(folder, "ncf-ml1m", "ml-1m_MLP_[64,32,16,8]_1501652038.h5")) as f:
        p, q = get(f, "user_embedding_W")[users], get(f, "item_embedding_W")[items]
        x = np.concatenate([np.repeat(p[:, None], len(items), 1), np.repeat(q[None], len(users), 0)], -1)
        for k in (1, 2, 3):
            x = np.maximum(x @ get(f, f"layer{k}_W") + get(f, f"layer{k}_b"), 0)
        mlp = sigmoid(x @ get(f, "prediction_W")[:, 0] + get(f, "prediction_b")[0])
    write("backbone/published.json", dict(users=users.tolist(), items=items.tolist(), gmf=gmf.tolist(), mlp=mlp.tolist()))


rankings()
als()
cosine()
ncf()
if len(sys.argv) > 2:
    published()
