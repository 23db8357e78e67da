import torch

losses = torch.rand(10)
per_sample = losses.sum(dim=1)
