import torch

lengths = torch.tensor([3, 5, 8])
average = lengths.mean()
