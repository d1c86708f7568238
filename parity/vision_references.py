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
