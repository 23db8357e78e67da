import torch
from torch import nn

model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU())
pixels = torch.rand(32, 784)
maps = model(pixels)
