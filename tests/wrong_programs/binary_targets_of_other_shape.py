import torch
from torch import nn

model = nn.Linear(10, 1)
x, y = torch.randn(16, 10), torch.ones(16)
loss = nn.BCEWithLogitsLoss()(model(x), y)
