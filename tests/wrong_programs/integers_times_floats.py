import torch

counts = torch.tensor([[1, 2], [3, 4]])
weights = torch.randn(2, 2)
total = counts @ weights
