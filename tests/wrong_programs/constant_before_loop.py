import torch

w = torch.ones(3, requires_grad=True)
scale = w.exp().sum()
for step in range(2):
    loss = (w / scale).pow(2).sum()
    loss.backward()
