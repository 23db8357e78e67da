import torch

hidden = torch.randn(32, 20)
bias = torch.zeros(32, requires_grad=True)
activated = hidden + bias
