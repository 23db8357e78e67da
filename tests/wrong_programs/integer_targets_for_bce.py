import torch
from torch import nn

probability = torch.sigmoid(torch.randn(8, requires_grad=True))
truth = torch.randint(0, 2, (8,))
loss = nn.BCELoss()(probability, truth)
