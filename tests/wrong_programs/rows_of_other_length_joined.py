import torch

numbers = torch.randn(64, 10)
categories = torch.randn(64, 4)
inputs = torch.cat([numbers, categories])
