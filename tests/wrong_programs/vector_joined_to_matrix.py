import torch

table = torch.randn(6, 3)
column = torch.arange(6.0)
wider = torch.cat((table, column), dim=1)
