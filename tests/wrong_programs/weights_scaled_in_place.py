import torch
from torch import nn

layer = nn.Linear(3, 3)
layer.weight *= 0.1
