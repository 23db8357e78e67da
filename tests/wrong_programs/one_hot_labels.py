import torch
from torch import nn

criterion = nn.CrossEntropyLoss()
output = torch.randn(5, 4, requires_grad=True)
labels = torch.eye(4).long()[[0, 1, 2, 3, 0]]
loss = criterion(output, labels)
