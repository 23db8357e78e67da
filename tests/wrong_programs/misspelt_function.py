import torch

x = torch.linspce(0, 1, 5)
