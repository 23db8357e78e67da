import torch
from torch import nn

conv = nn.Conv2d(3, 16, kernel_size=3)
image = torch.rand(1, 32, 32, 3)
features = conv(image)
