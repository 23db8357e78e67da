import torch

x = torch.rand(3, 1)
y = x.squeze(1)
