import torch
from torch import nn

scores = torch.randn(4, 10, 5)
tags = torch.randint(0, 5, (4, 10))
loss = nn.CrossEntropyLoss()(scores, tags)
