#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How well scikit-learn tells spoken words apart by their mean MFCCs: the figures to surpass in docs/audio-classification.md.

  python classify_mfcc.py RECORDINGS        (needs numpy, librosa, scikit-learn; files named LABEL_SPEAKER_INDEX.wav)

Of each recording the mean and deviation over time of 20 MFCCs; logistic regression and a support vector machine on
standardised features, penalties chosen by cross-validation within the training part.
"""
import math, os, sys
import librosa, numpy as np
from sklearn.linear_model import LogisticRegressionCV
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

folder = sys.argv[1]
files = sorted(f for f in os.listdir(folder) if f.endswith(".wav"))
label, speaker, index = (np.array(v) for v in zip(*(f[:-4].split("_") for f in files)))


def features(name):
    sound, rate = librosa.load(os.path.join(folder, name), sr=None)
    mfcc = librosa.feature.mfcc(y=sound, sr=rate, n_mfcc=20, n_fft=256, hop_length=80, n_mels=40)
    return mfcc.mean(1), mfcc.std(1)


both = [features(f) for f in files]
mean, deviation = (np.stack(v) for v in zip(*both))


def interval(right, n, z=1.959964):
    """Wilson's."""
    p, d = right / n, 1 + z * z / n
    half = z * math.sqrt(p * (1 - p) / n + z * z / 4 / n / n) / d
    return (p + z * z / 2 / n) / d - half, (p + z * z / 2 / n) / d + half


rules = [("indices 0-4", index.astype(int) < 5), ("speakers theo, yweweler", np.isin(speaker, ["theo", "yweweler"]))]
rules += [("speaker " + s, speaker == s) for s in np.unique(speaker)]
for rule, test in rules:
    for kind, x in [("mean MFCC", mean), ("mean and deviation", np.hstack([mean, deviation]))]:
        for name, model in [("logistic regression", LogisticRegressionCV(Cs=8, max_iter=5000)),
                            ("SVM", GridSearchCV(SVC(), {"C": [1, 10, 100], "gamma": ["scale", 0.01, 0.003]}))]:
            fitted = make_pipeline(StandardScaler(), model).fit(x[~test], label[~test])
            right = int((fitted.predict(x[test]) == label[test]).sum())
            print("%-24s %-20s %-20s %.4f  %.4f - %.4f" % (
                rule, kind, name, right / test.sum(), *interval(right, test.sum())), flush=True)
