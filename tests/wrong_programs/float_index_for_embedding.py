import torch
from torch import nn

table = nn.Embedding(10, 4)
ids = torch.tensor([1.0, 5.0])
rows = table(ids)
