import torch

pixels = torch.randint(0, 256, (4, 4))
pixels /= 255
