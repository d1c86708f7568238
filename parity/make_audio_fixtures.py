#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what torchaudio, librosa and libsndfile say of small sounds: the fixtures of tl-speech's tests.

  python make_audio_fixtures.py OUT_DIR       (needs numpy, torch, torchaudio, librosa, soundfile)
"""
import base64, io, json, os, sys
import librosa, numpy as np, soundfile, torch, torchaudio

out = sys.argv[1]
os.makedirs(out, exist_ok=True)


def write(name, value):
    path = os.path.join(out, name)
    with open(path, "w") as f:
        json.dump(value, f, separators=(",", ":"))
    print(path, os.path.getsize(path))


def numbers(a):
    return [float(f"{v:.9g}") for v in np.asarray(a, dtype=np.float64).ravel()]


def sound(seed, rate, length):
    """Two gliding tones in noise, in float32."""
    rng = np.random.default_rng(seed)
    t = np.arange(length) / rate
    x = 0.4 * np.sin(2 * np.pi * (200 + 900 * t) * t) + 0.2 * np.sin(2 * np.pi * 0.21 * rate * t)
    return (x + 0.05 * rng.normal(size=length)).astype(np.float32)


# --- resampling: torchaudio's defaults --------------------------------------------------------------------------
cases = []
for i, (a, b, n) in enumerate([(8000, 16000, 160), (16000, 8000, 161), (44100, 16000, 300), (22050, 16000, 200),
                               (48000, 8000, 250), (16000, 44100, 64), (11025, 8000, 150), (8000, 16000, 3)]):
    x = sound(i, a, n)
    y = torchaudio.functional.resample(torch.from_numpy(x)[None], a, b)[0].numpy()
    cases.append({"from": a, "to": b, "samples": numbers(x), "expected": numbers(y)})
write("resample.json", {"reference": "torchaudio " + torchaudio.__version__, "cases": cases})

# --- mel spectrograms -------------------------------------------------------------------------------------------
cases = []
for i, (rate, n, settings) in enumerate([
    (16000, 1600, {"n_mels": 20}),
    (16000, 1601, {"n_mels": 16, "n_fft": 512, "win_length": 400, "hop_length": 160, "f_min": 60.0, "f_max": 3800.0}),
    (8000, 800, {"n_mels": 12, "n_fft": 256, "hop_length": 100, "mel_scale": "slaney", "norm": "slaney", "power": 1.0}),
    (16000, 1500, {"n_mels": 12, "n_fft": 320, "mel_scale": "slaney", "center": False}),
]):
    x = sound(20 + i, rate, n)
    y = torchaudio.transforms.MelSpectrogram(rate, **settings)(torch.from_numpy(x)).numpy()
    cases.append({"reference": "torchaudio " + torchaudio.__version__, "rate": rate, "samples": numbers(x),
                  "settings": {**settings, "log": "none"}, "expected": numbers(y)})
for i, (rate, n, settings) in enumerate([
    (16000, 1600, {"n_mels": 16, "n_fft": 400, "hop_length": 160}),
    (8000, 900, {"n_mels": 10, "n_fft": 256, "hop_length": 80, "htk": True, "norm": None}),
]):
    x = sound(30 + i, rate, n)
    mel = librosa.feature.melspectrogram(y=x, sr=rate, pad_mode="reflect", **settings)
    y = librosa.power_to_db(mel, ref=1.0, amin=1e-10, top_db=40.0)
    own = {k: v for k, v in settings.items() if k not in ("htk", "norm")}
    own |= {"mel_scale": "htk" if settings.get("htk") else "slaney", "norm": settings.get("norm", "slaney") or "none"}
    cases.append({"reference": "librosa " + librosa.__version__, "rate": rate, "samples": numbers(x),
                  "settings": {**own, "log": "decibel", "top_db": 40.0}, "expected": numbers(y)})
write("mel.json", {"cases": cases})

# --- WAV files as libsndfile writes and reads them --------------------------------------------------------------
cases = []
for i, (kind, coding, channels, rate) in enumerate([
    ("WAV", "PCM_U8", 1, 8000), ("WAV", "PCM_16", 1, 8000), ("WAV", "PCM_16", 2, 44100), ("WAV", "PCM_24", 1, 48000),
    ("WAV", "PCM_24", 3, 16000), ("WAV", "PCM_32", 2, 22050), ("WAV", "FLOAT", 1, 16000), ("WAV", "DOUBLE", 2, 16000),
    ("WAVEX", "PCM_16", 6, 48000), ("WAVEX", "PCM_24", 2, 96000), ("WAVEX", "FLOAT", 1, 11025),
]):
    x = np.stack([sound(100 * i + c, rate, 37) for c in range(channels)], 1)
    f = io.BytesIO()
    soundfile.write(f, x, rate, format=kind, subtype=coding)
    back, _ = soundfile.read(io.BytesIO(f.getvalue()), dtype="float64", always_2d=True)
    cases.append({"name": f"{kind} {coding} {channels} {rate}", "rate": rate,
                  "file": base64.b64encode(f.getvalue()).decode(), "expected": numbers(back.mean(1))})
write("wav.json", {"reference": "libsndfile " + soundfile.__libsndfile_version__, "cases": cases})
