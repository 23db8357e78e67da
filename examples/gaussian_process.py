"""Gaussian process regression on diabetes data, with the Cholesky decomposition, in 60 lines.

The kernel's scales are learned by gradient ascent on the marginal likelihood, so the derivative
goes through the decomposition (Rasmussen and Williams, Gaussian Processes, algorithm 2.1).
"""

import argparse
import math

from sklearn.datasets import load_diabetes

import rushlight as torch

nn = torch.nn


class GaussianProcess(nn.Module):
    """A squared-exponential kernel with a length scale for each feature, and noise."""

    def __init__(self, features):
        super().__init__()
        self.log_length = nn.Parameter(torch.full((features,), 1.0))
        self.log_height = nn.Parameter(torch.tensor(0.0))
        self.log_noise = nn.Parameter(torch.tensor(-0.5))

    def kernel(self, a, b):
        a, b = a / self.log_length.exp(), b / self.log_length.exp()
        squares = (a**2).sum(1, keepdim=True) + (b**2).sum(1) - 2 * a @ b.mT
        return torch.exp(2 * self.log_height - 0.5 * squares)

    def solve(self, x, y):
        """The Cholesky factor of the covariance of `y`, and the covariance's inverse times `y`."""
        covariance = self.kernel(x, x) + torch.exp(2 * self.log_noise) * torch.eye(len(x))
        factor = torch.linalg.cholesky(covariance)
        return factor, torch.cholesky_solve(y.unsqueeze(1), factor)

    def log_likelihood(self, x, y):
        factor, weights = self.solve(x, y)
        fit = -0.5 * y @ weights.squeeze(1)
        return fit - factor.diagonal().log().sum() - 0.5 * len(y) * math.log(2 * math.pi)

    @torch.no_grad()
    def predict(self, x, y, new):
        """Mean and standard deviation at new points."""
        factor, weights = self.solve(x, y)
        cross = self.kernel(new, x)
        mean = (cross @ weights).squeeze(1)
        half = torch.linalg.solve_triangular(factor, cross.T, upper=False)
        variance = torch.exp(2 * self.log_height) - half.pow(2).sum(dim=0)
        return mean, torch.sqrt(variance + torch.exp(2 * self.log_noise))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=60)
    args = parser.parse_args()

    torch.set_default_dtype(torch.float64)  # decompositions are sensitive to rounding
    torch.manual_seed(0)
    data, target = load_diabetes(return_X_y=True)
    x, y = torch.tensor(data), torch.tensor(target)
    x, y = (x - x.mean(0)) / x.std(0), (y - y.mean()) / y.std()
    order = torch.randperm(len(x))
    train, test = order[:200], order[200:]

    model = GaussianProcess(x.shape[1])
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    for step in range(1, args.steps + 1):
        optimizer.zero_grad()
        loss = -model.log_likelihood(x[train], y[train])
        loss.backward()
        optimizer.step()
        if step % max(1, args.steps // 6) == 0:
            mean, std = model.predict(x[train], y[train], x[test])
            error = (mean - y[test]).pow(2).mean()
            inside = ((mean - y[test]).abs() < 1.96 * std).double().mean()
            print(
                f"step {step:3}  log-likelihood {-loss.item():9.3f}  test error {error:.4f}"
                f"  in the 95% interval {inside:.3f}"
            )
    names = load_diabetes().feature_names
    nearest = model.log_length.exp().argsort()[:3].tolist()
    print("what matters most:", ", ".join(names[i] for i in nearest))


if __name__ == "__main__":
    main()
