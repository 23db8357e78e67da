import torch
from torch import nn

model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
x = torch.randn(4, 2, requires_grad=True)
value = model(x).mean()
penalty = model(x).pow(2).mean()
value.backward()
optimizer.step()
penalty.backward()
