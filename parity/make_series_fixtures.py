#!/usr/bin/env python3
"""Writes what numpy, scikit-learn and statsmodels say of small series: the fixtures of tl-timeseries' tests.

  python make_series_fixtures.py OUT_DIR       (needs numpy, scipy, scikit-learn, statsmodels)
"""
import json, os, sys, warnings
import numpy as np
from scipy import stats
from sklearn.metrics import mean_pinball_loss
from statsmodels.tsa.exponential_smoothing.ets import ETSModel
from statsmodels.tsa.forecasting.theta import ThetaModel
from statsmodels.tsa.seasonal import seasonal_decompose
from statsmodels.tsa.stattools import acf

warnings.simplefilter("ignore")
out = sys.argv[1]
f32 = lambda a: np.asarray(a, dtype=np.float32).astype(float)


def plain(v):
    if isinstance(v, dict):
        return {k: plain(x) for k, x in v.items()}
    if isinstance(v, (list, tuple, np.ndarray)):
        return [plain(x) for x in v]
    if isinstance(v, (float, np.floating)):
        return None if np.isnan(v) else float(v)
    return int(v) if isinstance(v, np.integer) else v


def write(name, value):
    path = os.path.join(out, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        json.dump(plain(value), f, separators=(",", ":"))
    print(path, os.path.getsize(path))


# --- metrics: each by its formula, over windows of several series ------------------------------------------------
LEVELS = [0.025, 0.1, 0.5, 0.9, 0.975]


def interval(a, b):
    """Ratio of sums over independent units, delta method, Student's quantile."""
    a, b = np.array(a), np.array(b)
    value, n = a.sum() / b.sum(), len(a)
    error = np.sqrt(((a - value * b) ** 2).sum() / b.sum() ** 2 * n / (n - 1))
    half = stats.t.ppf(0.975, n - 1) * error
    return [value, max(0, value - half), value + half]


def metric_case(seed, series, length, variables, horizon, stride, season, gaps, deviations):
    rng = np.random.default_rng(seed)
    data, windows, units = [], [], {}
    for s in range(series):
        t = np.arange(length)
        y = np.stack([20 + 5 * np.sin(2 * np.pi * t / season) + rng.normal(size=length).cumsum() * 0.3
                      for _ in range(variables)])
        y = f32(np.round(y, 3))
        y[rng.random(y.shape) < gaps] = np.nan
        data.append(y)
        for origin in range(length // 2, length - horizon + 1, stride):
            point = np.round(20 + rng.normal(size=(variables, horizon)) * 3, 3)
            naive2 = np.round(20 + rng.normal(size=(variables, horizon)) * 4, 3)
            quantiles = np.round(np.sort(20 + rng.normal(size=(len(LEVELS), variables, horizon)) * 6, axis=0), 3)
            windows.append(dict(series=s, origin=origin, point=point, naive2=naive2, quantiles=quantiles))
            unit = s if series >= 10 else (s, origin // (2 * horizon))
            u = units.setdefault(unit, {k: 0.0 for k in (
                "n", "ae", "se", "rae", "rse", "rows", "smape", "scaled", "mase", "rmsse", "nsmape", "nmase",
                "pinball", "in80", "w80", "in95", "w95")})
            for v in range(variables):
                truth = y[v, origin:origin + horizon]
                there = ~np.isnan(truth)
                if not there.any():
                    continue
                e = truth[there] - point[v][there]
                d = deviations[v] if deviations else 1.0
                u["n"] += there.sum()
                u["ae"] += np.abs(e).sum() / d
                u["se"] += (e ** 2).sum() / d ** 2
                u["rae"] += np.abs(e).sum()
                u["rse"] += (e ** 2).sum()
                u["rows"] += 1
                sm = lambda f: np.mean(200 * np.abs(truth - f)[there] / (np.abs(truth) + np.abs(f))[there])
                u["smape"] += sm(point[v])
                u["nsmape"] += sm(naive2[v])
                past = y[v, :origin]
                diff = past[season:] - past[:-season]
                diff = diff[~np.isnan(diff)]
                u["scaled"] += 1
                u["mase"] += np.abs(e).mean() / np.abs(diff).mean()
                u["rmsse"] += np.sqrt((e ** 2).mean() / (diff ** 2).mean())
                u["nmase"] += np.abs(truth - naive2[v])[there].mean() / np.abs(diff).mean()
                losses = [mean_pinball_loss(truth[there], quantiles[l, v][there], alpha=a) for l, a in enumerate(LEVELS)]
                u["pinball"] += np.mean(losses) * there.sum() / d
                for name, low, high in (("80", 1, 3), ("95", 0, 4)):
                    lo, hi = quantiles[low, v][there], quantiles[high, v][there]
                    u["in" + name] += ((lo <= truth[there]) & (truth[there] <= hi)).sum()
                    u["w" + name] += (hi - lo).sum() / d
    us = list(units.values())
    col = lambda k: [u[k] for u in us]
    total = lambda k: sum(col(k))
    owa = 0.5 * (total("smape") / total("nsmape") + total("mase") / total("nmase"))
    expected = dict(mae=interval(col("ae"), col("n")), mse=interval(col("se"), col("n")),
                    smape=interval(col("smape"), col("rows")), mase=interval(col("mase"), col("scaled")),
                    rmsse=interval(col("rmsse"), col("scaled")), pinball=interval(col("pinball"), col("n")),
                    width80=interval(col("w80"), col("n")), width95=interval(col("w95"), col("n")))
    expected["rmse"] = [np.sqrt(x) for x in expected["mse"]]
    if deviations:
        expected["rawMae"] = interval(col("rae"), col("n"))
        expected["rawMse"] = interval(col("rse"), col("n"))
    values = dict(owa=owa, coverage80=total("in80") / total("n"), coverage95=total("in95") / total("n"))
    return dict(season=season, horizon=horizon, levels=LEVELS, deviations=deviations, data=data, windows=windows,
                expected=expected, values=values)


write("metric/expected.json", [metric_case(1, 1, 30, 2, 4, 1, 4, 0.0, [2.5, 4.0]),
                               metric_case(2, 12, 20, 1, 3, 3, 2, 0.15, None)])

# --- exponential smoothing and theta -----------------------------------------------------------------------------
rng = np.random.default_rng(5)
t = np.arange(72)
walk = np.round(100 + rng.normal(size=60).cumsum() * 3, 3)
trend = np.round(50 + 0.8 * np.arange(60) + rng.normal(size=60) * 4 + rng.normal(size=60).cumsum(), 3)
monthly = np.round((80 + 0.6 * t) * (1 + 0.25 * np.sin(2 * np.pi * t / 12)) * (1 + 0.03 * rng.normal(size=72)), 3)
additive = np.round(60 + 0.3 * t + 12 * np.sin(2 * np.pi * t / 12) + rng.normal(size=72) * 2, 3)

models = []
for name, y, period in (("walk", walk, 1), ("trend", trend, 1), ("monthly", monthly, 12), ("additive", additive, 12)):
    for error in ("add", "mul"):
        for tr, damped in ((None, False), ("add", False), ("add", True)):
            for season in ((None,) if period == 1 else (None, "add", "mul")):
                m = ETSModel(y, error=error, trend=tr, damped_trend=damped, seasonal=season,
                             seasonal_periods=period if season else None, initialization_method="estimated")
                fit = m.fit(disp=False, maxiter=2000)
                p = dict(zip(fit.param_names, fit.params))
                # Seasons stand from the newest to the oldest before the first step.
                s = [p["initial_seasonal.%d" % i] for i in range(period)][::-1] if season else [0.0]
                if season and len(s) == period:
                    s = [fit.initial_seasonal[i] for i in range(period)]
                form = ("M" if error == "mul" else "A") + ("N" if tr is None else "Ad" if damped else "A") + (
                    "N" if season is None else "A" if season == "add" else "M")
                models.append(dict(series=name, form=form, period=period if season else 1,
                                   weights=[p["smoothing_level"], p.get("smoothing_trend", 0.0),
                                            p.get("smoothing_seasonal", 0.0), p.get("damping_trend", 1.0)],
                                   states=[p["initial_level"], p.get("initial_trend", 0.0)] + list(s),
                                   names=list(fit.param_names) if season and form == "ANA" and name == "monthly" else None,
                                   logLikelihood=fit.llf, forecast=np.asarray(fit.forecast(14))))
theta = []
for name, y, period in (("walk", walk, 1), ("trend", trend, 1), ("monthly", monthly, 12), ("additive", additive, 12)):
    fit = ThetaModel(y, period=period, deseasonalize=False).fit(use_mle=False)
    theta.append(dict(series=name, alpha=fit.params["alpha"], forecast=np.asarray(fit.forecast(14, theta=2))))
figures = []
for name, y in (("monthly", monthly), ("additive", additive)):
    for model in ("multiplicative", "additive"):
        figures.append(dict(series=name, divides=model == "multiplicative",
                            figure=np.asarray(seasonal_decompose(y, model=model, period=12).seasonal)[:12]))
tests = []
for name, y, period in (("walk", walk, 12), ("trend", trend, 4), ("monthly", monthly, 12), ("additive", additive, 7)):
    r = acf(y, nlags=period, fft=False)[1:]
    limit = 1.645 / np.sqrt(len(y)) * np.sqrt(np.cumsum(np.r_[1, 2 * r ** 2]))
    tests.append(dict(series=name, period=period, seasonal=bool(abs(r[period - 1]) > limit[period - 1])))
write("baseline/expected.json", dict(series=dict(walk=walk, trend=trend, monthly=monthly, additive=additive),
                                     models=models, theta=theta, figures=figures, seasonality=tests))
