import torch

scores = torch.randn(2, 5, 7).transpose(1, 2)
flat = scores.view(-1, 5)
