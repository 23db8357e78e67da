import torch

x = torch.tensor(1.0, requires_grad=True)
t = torch.tensor(2.0, requires_grad=True)
u = x.sin()
u_t = torch.autograd.grad(u, t)
