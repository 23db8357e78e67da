import torch

x = torch.rand(2, 3)
y = x.astype("float64")
