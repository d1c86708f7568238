#!/usr/bin/env python3
"""Writes small Parquet files as pandas does, in each of the codecs it has: the fixtures of tl-core's tests.

  python make_parquet_fixtures.py OUT_DIR       (needs pandas, pyarrow)
"""
import os, sys
import numpy as np
import pandas as pd

out = sys.argv[1]
frame = pd.DataFrame({
    "time": pd.date_range("2020-01-01 00:00", periods=5, freq="h"),
    "utc": pd.date_range("2020-01-01 00:00", periods=5, freq="h", tz="UTC"),
    "day": [d.date() for d in pd.date_range("2020-01-01", periods=5)],
    "double": [0.5, 1.25, np.nan, -3e10, 4.0],
    "float": np.array([0.1, 1, 2, 3, 4], dtype=np.float32),
    "whole": [1, 2, 3, 4, 5],
    "text": ["a", "b", "ä,\"ö", None, ""],
    "flag": [True, False, True, True, False],
})
for codec in ("snappy", "gzip", "zstd", "lz4", "none"):
    path = os.path.join(out, codec + ".parquet")
    frame.to_parquet(path, compression=None if codec == "none" else codec, index=False)
    print(path, os.path.getsize(path))
pd.DataFrame({"list": [[1, 2], [3]]}).to_parquet(os.path.join(out, "lists.parquet"), index=False)
