import torch

queries, keys = torch.randn(5, 16), torch.randn(7, 16)
attention = torch.softmax(queries @ keys, dim=1)
