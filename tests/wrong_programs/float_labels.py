import torch
from torch import nn

loss_fn = nn.CrossEntropyLoss()
pred = torch.randn(3, 5, requires_grad=True)
y = torch.tensor([0.0, 4.0, 2.0])
loss = loss_fn(pred, y)
