#!/usr/bin/env bash
# Makes the parity fixtures of tl-vision's tests with torchvision: parity/make_vision_fixtures.sh [PYTHON]
set -euo pipefail
cd "$(dirname "$0")"
python=${1:-python3}
out=../tl-vision/src/test/resources/parity
make() { "$python" make_fixture.py "$@" --noise 5e-4 --out "$out"; }

make torchvision:resnet18 --arg num_classes=10 --input x=4,3,33,40
make torchvision:resnet50 --name resnet50-dilated --arg num_classes=5 --arg 'replace_stride_with_dilation=[true,true,true]' \
  --input x=4,3,33,33 --lr 0.001
make torchvision:resnext50_32x4d --arg num_classes=3 --input pixels=8,3,24,24 --lr 0.001
