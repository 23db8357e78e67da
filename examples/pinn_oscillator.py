"""Solve the damped oscillator u'' + 2 d u' + k u = 0, u(0) = 1, u'(0) = 0, with a neural network.

A physics-informed network: the loss is the equation's residual, so training differentiates the
second derivative of the network. The exact solution is known and printed beside it.
"""

import argparse
import math

import rushlight as torch

nn = torch.nn
DAMPING, STIFFNESS = 0.5, 9.0


def derivative(u, t):
    """du/dt at every time, itself differentiable."""
    return torch.autograd.grad(u, t, torch.ones_like(u), create_graph=True)[0]


def exact(t):
    """The solution in closed form."""
    omega = math.sqrt(STIFFNESS - DAMPING**2)
    swing = torch.cos(omega * t) + DAMPING / omega * torch.sin(omega * t)
    return torch.exp(-DAMPING * t) * swing


def residual_loss(model, t):
    """Mean square of the equation's left side, plus the two conditions at t = 0."""
    u = model(t)
    du = derivative(u, t)
    ddu = derivative(du, t)
    equation = ddu + 2 * DAMPING * du + STIFFNESS * u
    start = (u[0] - 1) ** 2 + du[0] ** 2
    return equation.pow(2).mean() / STIFFNESS**2 + start.sum()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=1500)
    args = parser.parse_args()

    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1)
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    t = torch.linspace(0, 2, 40).reshape(-1, 1).requires_grad_()
    for epoch in range(1, args.epochs + 1):
        optimizer.zero_grad()
        loss = residual_loss(model, t)
        loss.backward()
        optimizer.step()
        if epoch % max(1, args.epochs // 6) == 0:
            error = (model(t) - exact(t)).abs().max().item()
            print(f"epoch {epoch:5}  loss {loss.item():.2e}  largest error {error:.2e}")


if __name__ == "__main__":
    main()
