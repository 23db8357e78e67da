import torch

w = torch.ones(3, requires_grad=True) * 0.1
loss = (w * 2).sum()
loss.backward()
w.data -= 0.1 * w.grad
