"""Predict the progression of diabetes from ten measurements: a straight line against a small net.

An ordinary PyTorch program. Change the first import to `import torch` and it prints the same
numbers. The data (442 patients) ships with scikit-learn.
"""

import argparse

import matplotlib
import numpy as np
from sklearn.datasets import load_diabetes
from tqdm import tqdm

import rushlight as torch

matplotlib.use("Agg")
import matplotlib.pyplot as plt

nn = torch.nn
TRAIN = 342  # patients to learn from; the other 100 are for testing


def load():
    """Standardised features and target as float32 tensors, in a random order."""
    data = load_diabetes()
    columns = np.column_stack([data.data, data.target])
    columns = (columns - columns.mean(axis=0)) / columns.std(axis=0)
    table = torch.from_numpy(columns).float()[torch.randperm(len(columns))]
    return table[:, :-1], table[:, -1:]


def train(name, model, optimizer, x, y, epochs):
    """Minimise the squared error; return the loss on training and test data after each epoch."""
    criterion = nn.MSELoss()
    dataset = torch.utils.data.TensorDataset(x[:TRAIN], y[:TRAIN])
    loader = torch.utils.data.DataLoader(dataset, batch_size=32, shuffle=True)
    curves = []
    for _ in tqdm(range(epochs), desc=name):
        for xb, yb in loader:
            optimizer.zero_grad()
            criterion(model(xb), yb).backward()
            optimizer.step()
        with torch.no_grad():
            error = (model(x) - y) ** 2
        curves.append((error[:TRAIN].mean().item(), error[TRAIN:].mean().item()))
    return curves


def picture(path, x, y, models, curves):
    """Loss curves on the left, predictions against the truth on the right."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
    for name, model in models.items():
        train_loss, test_loss = zip(*curves[name])
        (line,) = left.plot(test_loss, label=f"{name}, test")
        left.plot(train_loss, color=line.get_color(), ls="--", label=f"{name}, training")
        with torch.no_grad():
            right.scatter(y[TRAIN:].numpy(), model(x[TRAIN:]).numpy(), s=12, label=name)
    left.set(xlabel="epoch", ylabel="mean squared error")
    right.set(xlabel="measured progression", ylabel="predicted")
    right.axline((0, 0), slope=1, color="grey", lw=1)
    left.legend()
    right.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=120)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--output", default="regression.png", help="where the picture goes")
    args = parser.parse_args()

    torch.manual_seed(0)
    x, y = load()
    models = {
        "linear": nn.Linear(10, 1),
        "MLP": nn.Sequential(nn.Linear(10, 32), nn.Tanh(), nn.Linear(32, 1)),
    }
    optimizers = {
        "linear": torch.optim.SGD(models["linear"].parameters(), lr=0.01),
        "MLP": torch.optim.Adam(models["MLP"].parameters(), lr=0.003, weight_decay=0.03),
    }
    curves = {k: train(k, models[k], optimizers[k], x, y, args.epochs) for k in models}

    print(f"{'model':8}{'parameters':>12}{'train MSE':>12}{'test MSE':>12}{'test R^2':>12}")
    for name, model in models.items():
        size = sum(p.numel() for p in model.parameters())
        train_loss, test_loss = curves[name][-1]
        r2 = 1 - test_loss / y[TRAIN:].var(unbiased=False).item()
        print(f"{name:8}{size:12}{train_loss:12.4f}{test_loss:12.4f}{r2:12.4f}")
    picture(args.output, x, y, models, curves)
    print("picture:", args.output)


if __name__ == "__main__":
    main()
