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
make torchvision:resnext50_32x4d --arg num_classes=3 --input pixels=7,3,33,33 --lr 0.001
make vision_references:resnet20 --input x=4,3,32,32 --lr 0.001
make torchvision:squeezenet1_0 --arg num_classes=7 --input x=2,3,43,50
make torchvision:squeezenet1_1 --arg num_classes=4 --input x=2,3,37,64
make torchvision:googlenet --arg num_classes=5 --arg init_weights=false --arg transform_input=true --input x=4,3,40,48 --lr 0.0001
# A batch that could be normalised in training would be too large a file.
make torchvision:inception_v3 --arg num_classes=4 --arg init_weights=false --arg transform_input=true --input x=1,3,91,81 --steps 0
make vision_references:mobilenet_v1 --arg num_classes=5 --arg alpha=0.25 --arg use_bias=true --input x=4,3,34,40 --lr 0.001
make torchvision:mobilenet_v2 --arg num_classes=6 --arg width_mult=0.35 \
  --arg 'inverted_residual_setting=[[1,16,1,1],[6,24,2,2],[4,40,1,1]]' --arg round_nearest=4 --input x=4,3,33,40 --lr 0.001
make torchvision:mobilenet_v3_large --arg num_classes=7 --input x=4,3,40,44 --lr 0.0001
make torchvision:mobilenet_v3_small --name mobilenet_v3_small-dilated --arg num_classes=7 --arg width_mult=0.5 --arg reduced_tail=true \
  --arg dilated=true --input x=4,3,40,40
make torchvision:shufflenet_v2_x0_5 --arg num_classes=5 --input x=4,3,36,48
make torchvision:efficientnet_b0 --arg num_classes=5 --input x=4,3,40,48 --lr 0.001
make torchvision:efficientnet_v2_s --arg num_classes=3 --input x=4,3,40,40 --lr 0.0001
make torchvision:convnext_tiny --arg num_classes=5 --arg layer_scale=0.5 --input x=2,3,64,45 --lr 0.001
make torchvision.models:VisionTransformer --name vit --arg num_classes=5 --arg image_size=48 --arg patch_size=12 --arg num_layers=3 \
  --arg num_heads=4 --arg hidden_dim=40 --arg mlp_dim=72 --arg representation_size=24 --input x=2,3,48,48
make torchvision:segmentation.fcn_resnet50 --arg num_classes=1 --arg aux_loss=true --input y=4,3,33,33 --lr 0.000001
make torchvision:segmentation.deeplabv3_resnet50 --arg num_classes=1 --input y=8,3,25,27 --lr 0.000001
make torchvision:segmentation.deeplabv3_mobilenet_v3_large --arg num_classes=2 --arg aux_loss=true --input x=6,3,24,21 --lr 0.0001
make torchvision:segmentation.lraspp_mobilenet_v3_large --arg num_classes=3 --input x=6,3,26,25 --lr 0.0001
make vision_references:UNet --name unet --arg num_classes=3 --arg width=6 --input x=2,3,45,38 --lr 0.001
make vision_references:UNet --name unet-bilinear --arg num_classes=2 --arg n_channels=1 --arg width=8 --arg depth=3 --arg bilinear=true \
  --input x=3,1,45,38 --lr 0.001
make vision_references:UNet --name unet-valid --arg num_classes=2 --arg n_channels=1 --arg width=4 --arg depth=3 \
  --arg 'padding="valid"' --arg batch_norm=false --input x=1,1,103,112 --lr 0.001
make vision_references:UNet --name unet-mirrored --arg num_classes=2 --arg n_channels=1 --arg width=4 --arg depth=2 \
  --arg 'padding="valid"' --arg batch_norm=false --arg mirror=true --input x=1,1,61,50 --lr 0.001
make vision_references:UNetOver --name unet-over-resnet18 --arg num_classes=2 --arg 'widths=[12,10,8,6,4]' --input x=3,3,41,38 --lr 0.0001
make vision_references:UNetOver --name unet-over-mobilenet_v2 --arg 'encoder="mobilenet_v2"' --arg num_classes=1 --arg 'widths=[8,6]' \
  --input x=4,3,40,37 --lr 0.0001
make vision_references:ESPNet --name espnet --arg num_classes=6 --arg p=1 --arg q=2 --arg 'skip="b1"' --input x=3,3,29,26 --lr 0.1
make vision_references:ESPNetC --name espnet-c --arg num_classes=3 --arg p=2 --arg q=1 --input x=3,3,40,33 --lr 0.1
