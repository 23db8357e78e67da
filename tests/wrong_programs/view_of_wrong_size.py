import torch

features = torch.randn(10, 16, 4, 4)
flat = features.view(-1, 400)
