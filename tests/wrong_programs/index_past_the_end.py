import torch

samples = torch.randn(5, 2)
for i in range(1, 6):
    print(samples[i].sum() > 0)
