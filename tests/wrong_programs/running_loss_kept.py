import torch
from torch import nn

model = nn.Linear(2, 1)
total_loss = 0
for step in range(3):
    loss = model(torch.randn(4, 2)).pow(2).mean()
    total_loss = total_loss + loss
    total_loss.backward()
