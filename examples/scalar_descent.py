"""The smallest training loop: walk down w**2 + 20 from w = 10."""

import rushlight as torch

w = torch.tensor(10.0, requires_grad=True)

for step in range(1, 201):
    loss = w**2 + 20
    loss.backward()
    with torch.no_grad():
        w -= 0.01 * w.grad
    w.grad.zero_()
    if step % 20 == 0:
        print(f"step {step:3}  w {w.item():8.5f}  loss {loss.item():9.5f}")
