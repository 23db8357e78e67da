import torch
from torch import nn

model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
x, y = torch.randn(16, 2), torch.randn(16, 1)
with torch.no_grad():
    output = model(x)
loss = nn.MSELoss()(output, y)
loss.backward()
