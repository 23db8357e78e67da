"""Fit a logistic regression in a handful of steps: Newton's method with an exact Hessian.

569 biopsies with 30 measurements each (bundled with scikit-learn). The gradient and the Hessian
both come from the one function that computes the loss.
"""

import argparse

from sklearn.datasets import load_breast_cancer

import rushlight as torch


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=8, help="Newton steps")
    args = parser.parse_args()

    data, target = load_breast_cancer(return_X_y=True)
    x = torch.tensor((data - data.mean(0)) / data.std(0))
    x = torch.cat([x, torch.ones(len(x), 1, dtype=x.dtype)], dim=1)
    y = torch.tensor(target, dtype=x.dtype)

    def objective(w):
        likelihood = torch.nn.functional.binary_cross_entropy_with_logits(x @ w, y)
        return likelihood + 0.005 * (w * w).sum()

    w = torch.zeros(x.shape[1], dtype=x.dtype, requires_grad=True)
    for step in range(args.epochs):
        loss = objective(w)
        (gradient,) = torch.autograd.grad(loss, w)
        accuracy = ((x @ w > 0) == (y > 0.5)).double().mean()
        print(
            f"step {step}  loss {loss:.10f}  |gradient| {gradient.abs().max():.1e}"
            f"  accuracy {accuracy:.4f}"
        )
        hessian = torch.autograd.functional.hessian(objective, w)
        with torch.no_grad():
            w -= torch.linalg.solve(hessian, gradient)


if __name__ == "__main__":
    main()
