import torch

X = torch.randn(100, 3)
w = torch.zeros(100, requires_grad=True)
prediction = X @ w
