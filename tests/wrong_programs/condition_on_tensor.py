import torch

gradients = torch.tensor([0.5, -2.0])
if gradients.abs() > 1:
    print("clip")
