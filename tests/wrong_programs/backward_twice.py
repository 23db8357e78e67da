import torch

x = torch.ones(3, requires_grad=True)
loss = (x.exp() * x).sum()
for step in range(2):
    loss.backward()
