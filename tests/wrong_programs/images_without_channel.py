import torch
from torch import nn

conv = nn.Conv2d(1, 8, kernel_size=3)
digits = torch.rand(64, 28, 28)
features = conv(digits)
