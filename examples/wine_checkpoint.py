"""Classify wines, save the best model while training, load it again and use it.

178 wines with 13 measurements each (bundled with scikit-learn); a Dataset of one's own, a
learning-rate schedule, early saving by validation loss, and a fresh model that loads the file.
"""

import argparse
import os
import tempfile

from sklearn.datasets import load_wine

import rushlight as torch

nn = torch.nn


class Wine(torch.utils.data.Dataset):
    """The wines as (standardised measurements, kind)."""

    def __init__(self):
        x, y = load_wine(return_X_y=True)
        self.x = torch.tensor((x - x.mean(0)) / x.std(0), dtype=torch.float32)
        self.y = torch.tensor(y)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, index):
        return self.x[index], self.y[index]


def network():
    return nn.Sequential(nn.Linear(13, 24), nn.ReLU(), nn.Linear(24, 3))


def evaluate(model, x, y):
    """Loss and accuracy, without recording."""
    with torch.no_grad():
        scores = model(x)
        loss = nn.functional.cross_entropy(scores, y)
    return loss.item(), (scores.argmax(1) == y).float().mean().item()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=30)
    args = parser.parse_args()

    torch.manual_seed(0)
    train_set, valid_set = torch.utils.data.random_split(Wine(), [128, 50])
    loader = torch.utils.data.DataLoader(train_set, batch_size=16, shuffle=True)
    x, y = next(iter(torch.utils.data.DataLoader(valid_set, batch_size=50)))

    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9, nesterov=True)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=10, gamma=0.3)
    best = float("inf")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "wine.pt")
        for epoch in range(1, args.epochs + 1):
            for xb, yb in loader:
                optimizer.zero_grad()
                nn.functional.cross_entropy(model(xb), yb).backward()
                optimizer.step()
            scheduler.step()
            loss, accuracy = evaluate(model, x, y)
            if loss < best:
                best = loss
                torch.save(model.state_dict(), path)
                rate = optimizer.param_groups[0]["lr"]
                print(f"epoch {epoch:3}  lr {rate:.3f}  loss {loss:.4f}  accuracy {accuracy:.2f}")
        restored = network()
        restored.load_state_dict(torch.load(path))
    loss, accuracy = evaluate(restored, x, y)
    print(f"restored   loss {loss:.4f}  accuracy {accuracy:.2f}  same: {loss == best}")


if __name__ == "__main__":
    main()
