"""Operations with a derivative of one's own: a net whose weights are only +1 and -1.

The sign function has derivative 0, so nothing could be learned; `Sign` lets the gradient pass as
if it were not there (the straight-through estimator of Bengio et al.,
https://arxiv.org/abs/1308.3432). `Swish` shows a derivative that is exact, and checked.
"""

import argparse

from sklearn.datasets import load_digits

import rushlight as torch

nn = torch.nn
F = torch.nn.functional


class Sign(torch.autograd.Function):
    """+1 or -1; the gradient passes where the number is between them."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.where(x >= 0, 1.0, -1.0)

    @staticmethod
    def backward(ctx, grad_output):
        (x,) = ctx.saved_tensors
        return grad_output * (x.abs() <= 1)


class Swish(torch.autograd.Function):
    """x * sigmoid(x), keeping the sigmoid for the way back."""

    @staticmethod
    def forward(ctx, x):
        s = torch.sigmoid(x)
        ctx.save_for_backward(x, s)
        return x * s

    @staticmethod
    def backward(ctx, grad_output):
        x, s = ctx.saved_tensors
        return grad_output * (s + x * s * (1 - s))


class BinaryLinear(nn.Linear):
    """A linear layer that computes with the signs of its weights, scaled by their mean size."""

    def forward(self, x):
        scale = self.weight.abs().mean(dim=1, keepdim=True).detach()
        return F.linear(x, Sign.apply(self.weight) * scale, self.bias)


class Net(nn.Module):
    def __init__(self, linear):
        super().__init__()
        self.first, self.second, self.last = linear(64, 96), linear(96, 96), nn.Linear(96, 10)

    def forward(self, x):
        return self.last(Swish.apply(self.second(Swish.apply(self.first(x)))))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=20)
    args = parser.parse_args()

    torch.manual_seed(0)
    x = torch.randn(5, dtype=torch.float64, requires_grad=True)
    print("Swish agrees with differences:", torch.autograd.gradcheck(Swish.apply, x))

    data, target = load_digits(return_X_y=True)
    images, labels = torch.tensor(data).float() / 16, torch.tensor(target)
    order = torch.randperm(len(images))
    train, test = order[:1500], order[1500:]
    for name, linear in (("real", nn.Linear), ("binary", BinaryLinear)):
        model = Net(linear)
        optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
        for epoch in range(1, args.epochs + 1):
            for chosen in train[torch.randperm(len(train))].split(50):
                loss = F.cross_entropy(model(images[chosen]), labels[chosen])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            if epoch % max(1, args.epochs // 4) == 0:
                with torch.no_grad():
                    scores = model(images[test])
                share = (scores.argmax(dim=1) == labels[test]).float().mean()
                loss = F.cross_entropy(scores, labels[test])
                print(f"{name:6} weights  epoch {epoch:2}  loss {loss:.4f}  accuracy {share:.4f}")


if __name__ == "__main__":
    main()
