"""Learn to learn: after MAML's training, five points suffice to fit a sine of any height and phase.

The inner step adapts the parameters to one task; the outer loss is taken after it, so its gradient
goes through the inner gradient (Finn et al., https://arxiv.org/abs/1703.03400).
"""

import argparse
import math

import rushlight as torch

nn = torch.nn
F = torch.nn.functional


def random_tasks(count, points):
    """`count` sines; for each, points to learn from and others to be judged by."""
    height = torch.empty(count, 1, 1).uniform_(0.5, 3)
    phase = torch.empty(count, 1, 1).uniform_(0, math.pi)
    x = torch.empty(count, 2 * points, 1).uniform_(-4, 4)
    y = height * torch.sin(x + phase)
    return x[:, :points], y[:, :points], x[:, points:], y[:, points:]


def adapt(model, parameters, x, y, rate=0.1, steps=1):
    """Parameters after some steps of gradient descent on one task, differentiable throughout."""
    for _ in range(steps):
        loss = F.mse_loss(torch.func.functional_call(model, parameters, (x,)), y)
        gradients = torch.autograd.grad(loss, list(parameters.values()), create_graph=True)
        updated = [p - rate * g for p, g in zip(parameters.values(), gradients)]
        parameters = dict(zip(parameters, updated))
    return parameters


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=600)
    args = parser.parse_args()

    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Linear(1, 40), nn.ReLU(), nn.Linear(40, 40), nn.ReLU(), nn.Linear(40, 1)
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for step in range(1, args.steps + 1):
        total = 0.0
        for x, y, x_new, y_new in zip(*random_tasks(count=8, points=5)):
            adapted = adapt(model, dict(model.named_parameters()), x, y)
            prediction = torch.func.functional_call(model, adapted, (x_new,))
            total = total + F.mse_loss(prediction, y_new)
        optimizer.zero_grad()
        (total / 8).backward()
        optimizer.step()
        if step % max(1, args.steps // 5) == 0:
            print(f"step {step:4}  loss after adapting {total.item() / 8:.4f}")

    print("on 50 new sines, by steps of adapting to five points:")
    tasks = random_tasks(count=50, points=5)
    for steps in (0, 1, 3, 10):
        errors = []
        for x, y, x_new, y_new in zip(*tasks):
            adapted = adapt(model, dict(model.named_parameters()), x, y, steps=steps)
            prediction = torch.func.functional_call(model, adapted, (x_new,))
            errors.append(F.mse_loss(prediction, y_new).item())
        print(f"  {steps:2} steps  mean squared error {sum(errors) / len(errors):.4f}")


if __name__ == "__main__":
    main()
