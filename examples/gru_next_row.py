"""Sequence prediction: a GRU reads a digit's image from top to bottom and foresees its next row.

Every image of scikit-learn's digits is a sequence of 8 rows of 8 pixels. To be beaten: saying that
the next row will look like the last, or like the average row at that height.
"""

import argparse

from sklearn.datasets import load_digits

import rushlight as torch

nn = torch.nn


class Foreseer(nn.Module):
    """Rows 0..k in, row k+1 out, for every k at once."""

    def __init__(self, hidden=64):
        super().__init__()
        self.gru = nn.GRU(8, hidden, batch_first=True)
        self.output = nn.Linear(hidden, 8)

    def forward(self, rows):
        hidden, _ = self.gru(rows)
        return torch.sigmoid(self.output(hidden))


@torch.no_grad()
def complete(model, rows, total=8):
    """Continue images of which only the first rows are given, feeding guesses back in."""
    while rows.shape[1] < total:
        guess = model(rows)[:, -1:]
        rows = torch.cat([rows, guess], dim=1)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=30)
    args = parser.parse_args()

    torch.manual_seed(0)
    images = torch.tensor(load_digits().images, dtype=torch.float32) / 16
    images = images[torch.randperm(len(images))]
    train, test = images[:1500], images[1500:]
    loader = torch.utils.data.DataLoader(train, batch_size=50, shuffle=True)

    criterion = nn.MSELoss()
    same = criterion(test[:, :-1], test[:, 1:])
    average = criterion(train.mean(0).expand(len(test), 8, 8)[:, 1:], test[:, 1:])
    print(f"squared error of `same as before` {same:.5f}, of `the average` {average:.5f}")

    model = Foreseer()
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    for epoch in range(1, args.epochs + 1):
        for rows in loader:
            loss = criterion(model(rows[:, :-1]), rows[:, 1:])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if epoch % max(1, args.epochs // 5) == 0:
            with torch.no_grad():
                error = criterion(model(test[:, :-1]), test[:, 1:])
            print(f"epoch {epoch:3}  test error {error:.5f}")

    completed = complete(model, test[:, :5])
    error = criterion(completed[:, 5:], test[:, 5:])
    print(f"squared error of the last three rows, foreseen from the first five: {error:.5f}")


if __name__ == "__main__":
    main()
