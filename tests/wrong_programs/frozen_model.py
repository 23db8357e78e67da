import torch
from torch import nn

backbone = nn.Linear(6, 2)
for p in backbone.parameters():
    p.requires_grad = False
loss = backbone(torch.randn(3, 6)).pow(2).sum()
loss.backward()
