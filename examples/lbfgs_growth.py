"""Fit laws of growth to the population of the United States, 1790 to 1990, with L-BFGS.

Few parameters, all data at once, no noise: a quasi-Newton method with a line search (Nocedal and
Wright, Numerical Optimization, chapters 3 and 7) takes dozens of steps where SGD takes thousands.
"""

import argparse

import rushlight as torch

nn = torch.nn
#: millions, a census every ten years (US Census Bureau)
POPULATION = [3.93, 5.31, 7.24, 9.64, 12.87, 17.07, 23.19, 31.44, 38.56, 50.19, 62.98, 76.21,
              92.23, 106.02, 123.20, 132.16, 151.33, 179.32, 203.30, 226.54, 248.71]  # fmt: skip


class Exponential(nn.Module):
    """Growth in proportion to what is there."""

    def __init__(self):
        super().__init__()
        self.log_start = nn.Parameter(torch.tensor(1.0))
        self.rate = nn.Parameter(torch.tensor(0.1))

    def forward(self, t):
        return torch.exp(self.log_start + self.rate * t)


class Logistic(nn.Module):
    """Growth that is slower the nearer the limit is (Verhulst 1838)."""

    def __init__(self):
        super().__init__()
        self.log_limit = nn.Parameter(torch.tensor(5.0))
        self.rate = nn.Parameter(torch.tensor(0.2))
        self.middle = nn.Parameter(torch.tensor(10.0))

    def forward(self, t):
        return torch.exp(self.log_limit) * torch.sigmoid(self.rate * (t - self.middle))


def fit(model, t, y, steps):
    """Minimise the mean squared error; return it, and how often it was computed."""
    optimizer = torch.optim.LBFGS(
        model.parameters(), max_iter=steps, tolerance_grad=1e-9, line_search_fn="strong_wolfe"
    )
    calls = 0

    def closure():
        nonlocal calls
        calls += 1
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(t), y)
        loss.backward()
        return loss

    optimizer.step(closure)
    return closure().item(), calls


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=60)
    args = parser.parse_args()

    torch.set_default_dtype(torch.float64)
    y = torch.tensor(POPULATION)
    t = torch.arange(len(y)).to(y.dtype)  # decades since 1790
    for model in (Exponential(), Logistic()):
        error, calls = fit(model, t, y, args.steps)
        name = type(model).__name__
        print(f"{name:12} root mean squared error {error**0.5:.4f} million, {calls} evaluations")
        for parameter, value in model.named_parameters():
            print(f"    {parameter} = {value.item():.5f}")
        with torch.no_grad():
            print(f"    foretold for 2000: {model(torch.tensor(21.0)):.1f} (counted: 281.4)")


if __name__ == "__main__":
    main()
