import torch
import torch.nn as nn

first = nn.Conv2d(in_channels=3, out_channels=8, kernel_size=3)
digits = torch.rand(16, 1, 28, 28)
out = first(digits)
