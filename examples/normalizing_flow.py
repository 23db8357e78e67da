"""A density for handwritten digits seen in two dimensions: a normalizing flow of coupling layers.

Each layer shifts and scales one coordinate by amounts that depend on the other, so that it can be
undone and its determinant is known (Dinh et al., https://arxiv.org/abs/1605.08803). To be beaten:
the Gaussian with the right mean and covariance.
"""

import argparse

from sklearn.datasets import load_digits

import rushlight as torch

nn = torch.nn


class Coupling(nn.Module):
    """Change coordinate `which`, looking at the other one."""

    def __init__(self, which, hidden=32):
        super().__init__()
        self.register_buffer("mask", torch.eye(2)[which])
        self.net = nn.Sequential(
            nn.Linear(2, hidden), nn.Tanh(), nn.Linear(hidden, 16), nn.Tanh(), nn.Linear(16, 4)
        )  # fmt: skip
        nn.init.zeros_(self.net[-1].weight)
        nn.init.zeros_(self.net[-1].bias)

    def amounts(self, x):
        shift, scale = self.net(x * (1 - self.mask)).chunk(2, dim=1)
        return shift * self.mask, torch.tanh(scale) * self.mask

    def forward(self, x):
        """From data to noise, and the log-determinant."""
        shift, scale = self.amounts(x)
        return x * torch.exp(scale) + shift, scale.sum(dim=1)

    def inverse(self, z):
        """From noise to data."""
        shift, scale = self.amounts(z)
        return (z - shift) * torch.exp(-scale)


class Flow(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([Coupling(i % 2) for i in range(8)])

    def log_prob(self, x):
        total = torch.zeros(len(x))
        for layer in self.layers:
            x, log_det = layer(x)
            total = total + log_det
        return torch.distributions.Normal(0.0, 1.0).log_prob(x).sum(dim=1) + total

    @torch.no_grad()
    def sample(self, count):
        z = torch.randn(count, 2)
        for layer in reversed(self.layers):
            z = layer.inverse(z)
        return z


def first_components(images):
    """The two directions in which the images differ most, each scaled to variance 1."""
    centred = images - images.mean(dim=0)
    _, vectors = torch.linalg.eigh(centred.T @ centred)
    vectors = vectors[:, -2:]
    scores = centred @ (vectors * vectors.sum(dim=0).sign())
    return (scores / scores.std(dim=0)).float()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=30)
    args = parser.parse_args()

    torch.manual_seed(0)
    points = first_components(torch.tensor(load_digits().data))[torch.randperm(1797)]
    train, test = points[:1500], points[1500:]
    gaussian = torch.distributions.MultivariateNormal(train.mean(dim=0), train.T.cov())
    print(f"test log-likelihood of the Gaussian {gaussian.log_prob(test).mean():.4f}")

    flow = Flow()
    optimizer = torch.optim.Adam(flow.parameters(), lr=3e-3)
    loader = torch.utils.data.DataLoader(train, batch_size=100, shuffle=True)
    for epoch in range(1, args.epochs + 1):
        for x in loader:
            loss = -flow.log_prob(x).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if epoch % max(1, args.epochs // 5) == 0:
            with torch.no_grad():
                print(f"epoch {epoch:3}  of the flow {flow.log_prob(test).mean():.4f}")
    print("samples:", flow.sample(3))


if __name__ == "__main__":
    main()
