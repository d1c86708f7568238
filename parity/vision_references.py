# SPDX-License-Identifier: Apache-2.0
"""Networks that no published package builds, written from their papers: references for make_fixture.py.

  python make_fixture.py vision_references:resnet20 --input x=2,3,32,32 --out DIR
"""
import torch
from torch import nn
from torch.nn import functional as F


class CifarBlock(nn.Module):
    def __init__(self, channels, out, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        self.stride, self.new = stride, out - channels

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        if self.stride != 1 or self.new:
            x = x[:, :, :: self.stride, :: self.stride]
            x = F.pad(x, (0, 0, 0, 0, self.new // 2, self.new - self.new // 2))
        return torch.relu(y + x)


class CifarResNet(nn.Module):
    """He et al. 2016, arXiv:1512.03385, section 4.2, shortcuts of option A."""

    def __init__(self, blocks, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        for stage in range(3):
            first, out = max(16, 8 << stage), 16 << stage
            layers = [CifarBlock(first if i == 0 else out, out, 2 if i == 0 and stage else 1) for i in range(blocks)]
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layers))
        self.linear = nn.Linear(64, num_classes)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.linear(x.mean((2, 3)))


def resnet20(num_classes=10): return CifarResNet(3, num_classes)
def resnet32(num_classes=10): return CifarResNet(5, num_classes)
def resnet44(num_classes=10): return CifarResNet(7, num_classes)
def resnet56(num_classes=10): return CifarResNet(9, num_classes)
def resnet110(num_classes=10): return CifarResNet(18, num_classes)


class MobileNetV1(nn.Module):
    """Howard et al. 2017, arXiv:1704.04861, table 1, as Keras' applications.MobileNet has it: names, padding, epsilon."""

    BLOCKS = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)] + 5 * [(512, 1)] + [(1024, 2), (1024, 1)]

    def __init__(self, num_classes, alpha, activation, use_bias):
        super().__init__()
        self.act = {"relu6": F.relu6, "relu": F.relu}[activation]
        self.strides = {}

        def layer(name, in_channels, out, kernel, stride, groups=1):
            padding = 1 if kernel == 3 and stride == 1 else 0
            self.add_module(name, nn.Conv2d(in_channels, out, kernel, stride, padding, groups=groups, bias=use_bias))
            self.add_module(name + "_bn", nn.BatchNorm2d(out, eps=1e-3, momentum=0.01))
            self.strides[name] = stride

        channels = int(32 * alpha)
        layer("conv1", 3, channels, 3, 2)
        for i, (out, stride) in enumerate(self.BLOCKS, 1):
            layer(f"conv_dw_{i}", channels, channels, 3, stride, channels)
            layer(f"conv_pw_{i}", channels, int(out * alpha), 1, 1)
            channels = int(out * alpha)
        self.conv_preds = nn.Linear(channels, num_classes)

    def forward(self, x):
        for name, stride in self.strides.items():
            x = F.pad(x, (0, 1, 0, 1)) if stride == 2 else x
            x = self.act(getattr(self, name + "_bn")(getattr(self, name)(x)))
        return self.conv_preds(x.mean((2, 3)))


def mobilenet_v1(num_classes=1000, alpha=1.0, activation="relu6", use_bias=False):
    return MobileNetV1(num_classes, alpha, activation, use_bias)
