"""Tell three kinds of iris apart by four measurements: softmax regression, written out by hand.

No layers, no loss function, no optimizer: a score for each kind, the softmax that turns scores into
probabilities, the negative log-likelihood, and gradient descent. The data (150 flowers) ships with
scikit-learn.
"""

import argparse

from sklearn.datasets import load_iris

import rushlight as torch


def softmax(scores):
    """Probabilities for each row; without its largest score first, exp might overflow."""
    powers = torch.exp(scores - scores.max(dim=1, keepdim=True).values)
    return powers / powers.sum(dim=1, keepdim=True)


def negative_log_likelihood(probabilities, labels):
    """How surprised the model is by the true labels, on average."""
    rows = torch.arange(len(labels))
    return -torch.log(probabilities[rows, labels]).mean()


def accuracy(probabilities, labels):
    return (probabilities.argmax(dim=1) == labels).float().mean().item()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=200)
    args = parser.parse_args()

    torch.manual_seed(0)
    data, target = load_iris(return_X_y=True)
    x = torch.tensor(data, dtype=torch.float32)
    x = (x - x.mean(0)) / x.std(0)
    y = torch.tensor(target)
    order = torch.randperm(len(x))
    train, test = order[:100], order[100:]

    weight = (0.01 * torch.randn(4, 3)).requires_grad_()
    bias = torch.zeros(3, requires_grad=True)
    for epoch in range(1, args.epochs + 1):
        loss = negative_log_likelihood(softmax(x[train] @ weight + bias), y[train])
        loss.backward()
        with torch.no_grad():
            for parameter in (weight, bias):
                parameter -= 0.5 * parameter.grad
                parameter.grad.zero_()
            if epoch % max(1, args.epochs // 5) == 0:
                score = accuracy(softmax(x[test] @ weight + bias), y[test])
                print(f"epoch {epoch:3}  loss {loss.item():.4f}  test accuracy {score:.4f}")
    print("weights, a column for each kind:")
    print(weight.detach())


if __name__ == "__main__":
    main()
