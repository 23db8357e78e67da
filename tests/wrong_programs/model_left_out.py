import torch
from torch import nn

model = nn.Linear(4, 4)
x, target = torch.randn(2, 4), torch.randn(2, 4)
output = model(x)
loss = nn.functional.mse_loss(x, target)
loss.backward()
