import torch
from torch import nn

output, target = torch.randn(3, 4), torch.tensor([0, 1, 2])
loss = nn.CrossEntropyLoss(output, target)
