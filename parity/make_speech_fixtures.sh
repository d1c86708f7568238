#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes the fixtures of tl-speech's tests with PyTorch, torchaudio, librosa and libsndfile:
# parity/make_speech_fixtures.sh [PYTHON]
set -euo pipefail
cd "$(dirname "$0")"
python=${1:-python3}
resources=../tl-speech/src/test/resources
make() { "$python" make_fixture.py speech_references:M5 "$@" --out "$resources/parity"; }

make --name m5 --arg stride=4 --arg channels=[8,8,12,16] --arg convolutions=[1,1,1,1] --input audio=3,4000
make --name m11 --arg stride=4 --arg channels=[6,6,8,10,12] --arg convolutions=[1,2,2,3,2] --arg num_classes=5 --input audio=2,8000
make --name m5-speech-commands --arg stride=16 --arg 'padding="none"' --arg channels=[32,32,64,64] --arg convolutions=[1,1,1,1] \
  --arg num_classes=35 --input audio=4,8000
"$python" make_audio_fixtures.py "$resources/audio"
