import torch

x = torch.linspace(0, 1, 10)
w = torch.tensor(0.5, requires_grad=True)
for step in range(2):
    loss = ((w * x - 3 * x) ** 2).sum()
    loss.backward()
    w = w - 0.1 * w.grad
