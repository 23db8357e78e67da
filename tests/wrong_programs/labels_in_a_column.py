import torch
from torch import nn

outputs = torch.randn(6, 2)
targets = torch.zeros(6, 1, dtype=torch.long)
loss = nn.CrossEntropyLoss()(outputs, targets)
