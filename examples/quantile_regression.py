"""Say how sure you are: a net foretells the 10th, 50th and 90th percentile of diabetes progression.

The pinball loss makes a prediction a quantile: being too low costs q, being too high costs 1 - q
(Koenker and Bassett 1978). Eight in ten of the patients should then lie between the outer two.
"""

import argparse

from sklearn.datasets import load_diabetes

import rushlight as torch

nn = torch.nn
QUANTILES = torch.tensor([0.1, 0.5, 0.9])


class QuantileNet(nn.Module):
    """The lowest quantile, and positive steps up to the others: so they can't cross."""

    def __init__(self, inputs, hidden=16):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(inputs, hidden), nn.Tanh(), nn.Dropout(0.1))
        self.lowest = nn.Linear(hidden, 1)
        self.steps = nn.Linear(hidden, len(QUANTILES) - 1)

    def forward(self, x):
        h = self.body(x)
        steps = nn.functional.softplus(self.steps(h))
        return torch.cat([self.lowest(h), steps], dim=1).cumsum(dim=1)


class PinballLoss(nn.Module):
    def forward(self, predicted, y):
        error = y.unsqueeze(1) - predicted
        return torch.maximum(QUANTILES * error, (QUANTILES - 1) * error).mean()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=60)
    args = parser.parse_args()

    torch.manual_seed(0)
    x, y = load_diabetes(return_X_y=True)
    x = torch.tensor(x / x.std(axis=0), dtype=torch.float32)
    y = torch.tensor(y / 100, dtype=torch.float32)
    order = torch.randperm(len(x))
    train, test = order[:342], order[342:]
    dataset = torch.utils.data.TensorDataset(x[train], y[train])
    loader = torch.utils.data.DataLoader(dataset, batch_size=32, shuffle=True)

    model, criterion = QuantileNet(x.shape[1]), PinballLoss()
    constant = torch.quantile(y[train], QUANTILES).expand(len(test), -1)
    print(f"test loss of the same quantiles for all: {criterion(constant, y[test]):.4f}")
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3, weight_decay=0.01)
    for epoch in range(1, args.epochs + 1):
        model.train()
        for xb, yb in loader:
            loss = criterion(model(xb), yb)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if epoch % max(1, args.epochs // 5) == 0:
            model.eval()
            with torch.no_grad():
                predicted = model(x[test])
            below = (y[test].unsqueeze(1) <= predicted).float().mean(dim=0)
            shares = "  ".join(f"{q:.0%}: {b:.2f}" for q, b in zip(QUANTILES, below))
            loss = criterion(predicted, y[test])
            print(f"epoch {epoch:3}  test loss {loss:.4f}  patients below {shares}")
    width = (predicted[:, 2] - predicted[:, 0]) * 100
    print(f"80% intervals are {width.min():.0f} to {width.max():.0f} wide")


if __name__ == "__main__":
    main()
