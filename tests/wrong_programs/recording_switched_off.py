import torch
from torch import nn

model = nn.Linear(2, 1)
torch.set_grad_enabled(False)
validation = model(torch.randn(4, 2))
loss = model(torch.randn(8, 2)).pow(2).mean()
loss.backward()
