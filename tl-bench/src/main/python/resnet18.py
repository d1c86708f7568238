# SPDX-License-Identifier: Apache-2.0
"""The shared model of pictures in torchvision: resnet18 with the weights that TL4J wrote, a linear head."""
import torch
import torchvision
from safetensors.torch import load_file

from models import Headed

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)


class Classifier(Headed):
    def __init__(self, folder, head="head", dropout=None):
        own = folder / "resnet18"
        backbone = torchvision.models.resnet18()
        backbone.fc = torch.nn.Identity()
        backbone.load_state_dict(load_file(own / "model.safetensors"))
        super().__init__(own, backbone, head, dropout)

    def pooled(self, image):
        return self.backbone(image)

    def layers(self):
        return [self.backbone.layer1, self.backbone.layer2, self.backbone.layer3, self.backbone.layer4]


class Examples:
    """Pictures as pixels, u8[N, H, W, 3], with the numbers of their labels."""

    def __init__(self, folder, name):
        data = load_file(folder / "resnet18" / f"{name}.safetensors")
        self.images, self.labels = data["images"], data["target"]
        self.names = [str(k) for k in range(int(self.labels.max()) + 1)]

    def __len__(self):
        return len(self.images)

    def inputs(self, rows=slice(None)):
        """The network's tensors of some examples, as torchvision's ToTensor and Normalize make them."""
        pixels = self.images[rows].permute(0, 3, 1, 2).contiguous().to(torch.float32).div(255)
        return {"image": pixels.sub_(MEAN).div_(STD)}
