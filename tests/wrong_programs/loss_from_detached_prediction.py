import torch
from torch import nn

model = nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
x, y = torch.randn(8, 3), torch.randn(8, 1)
prediction = model(x).detach()
loss = nn.functional.mse_loss(prediction, y)
loss.backward()
optimizer.step()
