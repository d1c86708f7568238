# SPDX-License-Identifier: Apache-2.0
"""Networks that no published package builds, written from their papers: references for make_fixture.py.

  python make_fixture.py vision_references:resnet20 --input x=2,3,32,32 --out DIR
"""
import sys
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


class DoubleConv(nn.Module):
    def __init__(self, channels, out, middle=None, padding=1, norm=True):
        super().__init__()
        layers = []
        for i, o in ((channels, middle or out), (middle or out, out)):
            layers.append(nn.Conv2d(i, o, 3, padding=padding, bias=not norm))
            layers += [nn.BatchNorm2d(o)] if norm else []
            layers.append(nn.ReLU())
        self.double_conv = nn.Sequential(*layers)

    def forward(self, x):
        return self.double_conv(x)


class Down(nn.Module):
    def __init__(self, channels, out, **kind):
        super().__init__()
        self.maxpool_conv = nn.Sequential(nn.MaxPool2d(2), DoubleConv(channels, out, **kind))

    def forward(self, x):
        return self.maxpool_conv(x)


class Up(nn.Module):
    """Twice the size, joined with the finer map; that is cut (valid), or this is padded to its size (same)."""

    def __init__(self, channels, out, bilinear, **kind):
        super().__init__()
        self.valid = kind["padding"] == 0
        if bilinear:
            self.up = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
            self.conv = DoubleConv(channels, out, channels // 2, **kind)
        else:
            self.up = nn.ConvTranspose2d(channels, channels // 2, 2, stride=2)
            self.conv = DoubleConv(channels, out, **kind)

    def forward(self, x, skip):
        x = self.up(x)
        dy, dx = skip.shape[2] - x.shape[2], skip.shape[3] - x.shape[3]
        if self.valid:
            skip = skip[:, :, dy // 2 : dy // 2 + x.shape[2], dx // 2 : dx // 2 + x.shape[3]]
        else:
            x = F.pad(x, (dx // 2, dx - dx // 2, dy // 2, dy - dy // 2))
        return self.conv(torch.cat([skip, x], 1))


class OutConv(nn.Module):
    def __init__(self, channels, out):
        super().__init__()
        self.conv = nn.Conv2d(channels, out, 1)

    def forward(self, x):
        return self.conv(x)


class UNet(nn.Module):
    """Ronneberger et al. 2015, arXiv:1505.04597, figure 1; parameters are named as in milesial's implementation."""

    def __init__(self, n_channels=3, num_classes=2, width=64, depth=4, padding="same", batch_norm=True, bilinear=False, mirror=False):
        super().__init__()
        kind = dict(padding=1 if padding == "same" else 0, norm=batch_norm)
        self.depth, self.mirror = depth, mirror
        self.inc = DoubleConv(n_channels, width, **kind)
        for i in range(1, depth + 1):
            last = 2 if bilinear and i == depth else 1
            setattr(self, f"down{i}", Down(width << (i - 1), (width << i) // last, **kind))
        for i in range(1, depth + 1):
            level = depth - i
            out = (width << level) // (2 if bilinear and level else 1)
            setattr(self, f"up{i}", Up(width << (level + 1), out, bilinear, **kind))
        self.outc = OutConv(width, num_classes)

    def forward(self, x):
        height, width = x.shape[2:]
        if self.mirror:
            pads = []
            for n in (width, height):
                f = 2 ** self.depth
                b = next(b for b in range(1, 10**6) if f * b - 8 * f + 4 >= n)  # what is there before the deepest convolutions
                missing = f * b + 4 * (f - 1) - n
                pads += [missing // 2, missing - missing // 2]
            x = F.pad(x, pads, mode="reflect")
        maps = [self.inc(x)]
        for i in range(1, self.depth + 1):
            maps.append(getattr(self, f"down{i}")(maps[-1]))
        x = maps.pop()
        for i in range(1, self.depth + 1):
            x = getattr(self, f"up{i}")(x, maps.pop())
        if self.mirror:
            dy, dx = (x.shape[2] - height) // 2, (x.shape[3] - width) // 2
            x = x[:, :, dy : dy + height, dx : dx + width]
        return self.outc(x)


class UNetOver(nn.Module):
    """U-Net's expanding path over the maps of a torchvision classifier: enlarged bilinearly, joined, convolved twice."""

    def __init__(self, encoder="resnet18", num_classes=2, widths=(256, 128, 64, 32, 16)):
        super().__init__()
        models = sys.modules["__main__"].torchvision_module().models
        net = getattr(models, encoder)(weights=None)
        self.plain = hasattr(net, "features")
        parts = ["features"] if self.plain else ["conv1", "bn1", "layer1", "layer2", "layer3", "layer4"]
        self.encoder = nn.ModuleDict({k: getattr(net, k) for k in parts})
        with torch.no_grad():
            channels = [m.shape[1] for m in self.eval().maps(torch.zeros(1, 3, 64, 64))]
        x = channels.pop()
        self.decoder = nn.ModuleDict()
        for i in range(1, len(channels) + (1 if self.plain and models.VGG is type(net) else 2)):
            out = widths[min(i, len(widths)) - 1]
            self.decoder[f"up{i}"] = nn.ModuleDict({"conv": DoubleConv(x + (channels.pop() if channels else 0), out)})
            x = out
        self.outc = OutConv(x, num_classes)

    def maps(self, x):
        """What comes out last at each size."""
        e, sizes = self.encoder, {}
        if self.plain:
            for m in e["features"]:
                x = m(x)
                sizes[x.shape[2:]] = x
        else:
            x = torch.relu(e["bn1"](e["conv1"](x)))
            sizes[0] = x
            x = F.max_pool2d(x, 3, 2, 1)
            for i in range(1, 5):
                x = sizes[i] = e[f"layer{i}"](x)
        return list(sizes.values())

    def forward(self, image):
        maps = self.maps(image)
        x = maps.pop()
        for up in self.decoder.values():
            skip = maps.pop() if maps else None
            x = F.interpolate(x, size=(image if skip is None else skip).shape[2:], mode="bilinear", align_corners=False)
            x = up["conv"](x if skip is None else torch.cat([skip, x], 1))
        return self.outc(x)


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


class NormPReLU(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.bn = nn.BatchNorm2d(channels, eps=1e-3)
        self.act = nn.PReLU(channels)

    def forward(self, x):
        return self.act(self.bn(x))


class Named(nn.Module):
    """A convolution under the name `conv`, with normalisation and PReLU beside it if wanted."""

    def __init__(self, channels, out, kernel, stride=1, dilation=1, norm=False):
        super().__init__()
        self.conv = nn.Conv2d(channels, out, kernel, stride, kernel // 2 * dilation, dilation, bias=False)
        if norm:
            self.bn, self.act = nn.BatchNorm2d(out, eps=1e-3), nn.PReLU(out)

    def forward(self, x):
        x = self.conv(x)
        return self.act(self.bn(x)) if hasattr(self, "bn") else x


class Pyramid(nn.Module):
    """ESP, an efficient spatial pyramid: reduce, split by dilation, sum up from the nearest to the widest, merge."""

    def __init__(self, channels, out, kernel, stride, nested, residual):
        super().__init__()
        n = out // 5
        self.c1 = Named(channels, n, kernel, stride)
        for d in (1, 2, 4, 8, 16):
            setattr(self, f"d{d}", Named(n, out - 4 * n if d == 1 else n, 3, dilation=d))
        if nested:
            self.bn = NormPReLU(out)
        else:
            self.bn, self.act = nn.BatchNorm2d(out, eps=1e-3), nn.PReLU(out)
        self.residual = residual

    def forward(self, x):
        y = self.c1(x)
        parts = [self.d1(y), self.d2(y)]
        for branch in (self.d4, self.d8, self.d16):
            parts.append(parts[-1] + branch(y))
        y = torch.cat(parts, 1)
        y = self.bn(x + y if self.residual else y)
        return self.act(y) if hasattr(self, "act") else y


class ESPNetC(nn.Module):
    """Mehta et al. 2018, arXiv:1803.06815, figure 4c; parameters are named as in the authors' checkpoints."""

    def __init__(self, num_classes=20, p=2, q=8):
        super().__init__()
        self.level1 = Named(3, 16, 3, 2, norm=True)
        self.b1 = NormPReLU(19)
        self.level2_0 = Pyramid(19, 64, 3, 2, False, False)
        self.level2 = nn.ModuleList(Pyramid(64, 64, 1, 1, True, True) for _ in range(p))
        self.b2 = NormPReLU(131)
        self.level3_0 = Pyramid(131, 128, 3, 2, False, False)
        self.level3 = nn.ModuleList(Pyramid(128, 128, 1, 1, True, True) for _ in range(q))
        self.b3 = NormPReLU(256)
        self.classifier = Named(256, num_classes, 1)

    def maps(self, image):
        half = F.avg_pool2d(image, 3, 2, 1)
        first = self.level1(image)
        joined = self.b1(torch.cat([first, half], 1))
        down = y = self.level2_0(joined)
        for block in self.level2:
            y = block(y)
        second = self.b2(torch.cat([y, down, F.avg_pool2d(half, 3, 2, 1)], 1))
        down = y = self.level3_0(second)
        for block in self.level3:
            y = block(y)
        return first, joined, second, self.b3(torch.cat([down, y], 1))

    def forward(self, image):
        """In the size of the picture, bilinearly, as the authors do outside of the network."""
        scores = self.classifier(self.maps(image)[-1])
        return F.interpolate(scores, size=image.shape[2:], mode="bilinear", align_corners=False)


class ESPNet(nn.Module):
    """Figure 4d. The checkpoint for Cityscapes joins level 1 (`skip="level1"`), that for CamVid what b1 makes of it and
    the picture. For sizes that 8 does not divide, doubled maps are cut to what they are joined with."""

    def __init__(self, num_classes=20, p=2, q=8, skip="level1"):
        super().__init__()
        self.encoder = ESPNetC(num_classes, p, q)
        self.level3_C = Named(131, num_classes, 1)
        self.br = nn.BatchNorm2d(num_classes, eps=1e-3)
        self.conv = Named((16 if skip == "level1" else 19) + num_classes, num_classes, 3, norm=True)
        double = lambda: nn.ConvTranspose2d(num_classes, num_classes, 2, 2, bias=False)
        self.up_l3 = nn.Sequential(double())
        merge = Pyramid(2 * num_classes, num_classes, 1, 1, True, False)
        self.combine_l2_l3 = nn.Sequential(NormPReLU(2 * num_classes), merge)
        self.up_l2 = nn.Sequential(double(), NormPReLU(num_classes))
        self.classifier = double()
        self.skip = skip

    def forward(self, image):
        cut = lambda x, like: x[:, :, : like.shape[2], : like.shape[3]]
        first, joined, second, third = self.encoder.maps(image)
        y = cut(self.up_l3(self.br(self.encoder.classifier(third))), second)
        y = self.up_l2(self.combine_l2_l3(torch.cat([self.level3_C(second), y], 1)))
        y = self.conv(torch.cat([cut(y, first), first if self.skip == "level1" else joined], 1))
        return cut(self.classifier(y), image)
