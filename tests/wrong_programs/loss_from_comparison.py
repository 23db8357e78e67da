import torch

weight = torch.randn(4, requires_grad=True)
inputs, labels = torch.randn(10, 4), torch.ones(10)
score = torch.sigmoid(inputs @ weight)
correct = (score > 0.5).float()
loss = (correct - labels).abs().mean()
loss.backward()
