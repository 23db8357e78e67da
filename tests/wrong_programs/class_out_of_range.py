import torch
import torch.nn.functional as F

logits = torch.randn(4, 3, requires_grad=True)
labels = torch.tensor([1, 2, 3, 1])
loss = F.cross_entropy(logits, labels)
