import torch
from torch import nn

criterion = nn.CrossEntropyLoss(reduction="none")
logits = torch.randn(6, 3, requires_grad=True)
labels = torch.tensor([0, 1, 2, 0, 1, 2])
loss = criterion(logits, labels)
loss.backward()
