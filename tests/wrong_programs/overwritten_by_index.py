import torch

a = torch.randn(4, requires_grad=True)
b = torch.sigmoid(a)
b[0] = 0
b.sum().backward()
