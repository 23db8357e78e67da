import torch

images = torch.randn(4, 3, 8, 8)
bias = torch.zeros(3, requires_grad=True)
shifted = images + bias
