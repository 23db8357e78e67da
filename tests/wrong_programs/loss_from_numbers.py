import torch

w = torch.tensor([1.0, 2.0], requires_grad=True)
losses = []
for x in torch.tensor([[1.0, 0.0], [0.0, 1.0]]):
    losses.append((w @ x).item())
loss = torch.tensor(losses).mean()
loss.backward()
