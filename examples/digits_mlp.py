"""Read handwritten digits (1,797 images of 8x8 pixels, bundled with scikit-learn) with an MLP."""

import argparse

from sklearn.datasets import load_digits

import rushlight as torch

nn = torch.nn
F = torch.nn.functional


class Net(nn.Module):
    """Flatten, two hidden layers with ReLU and dropout, ten scores."""

    def __init__(self, hidden=64):
        super().__init__()
        self.fc1 = nn.Linear(64, hidden)
        self.fc2 = nn.Linear(hidden, hidden)
        self.out = nn.Linear(hidden, 10)
        self.dropout = nn.Dropout(0.2)

    def forward(self, x):
        x = torch.flatten(x, 1)
        x = self.dropout(F.relu(self.fc1(x)))
        x = self.dropout(F.relu(self.fc2(x)))
        return self.out(x)


def train(model, loader, optimizer):
    """One pass over the data; the mean loss."""
    model.train()
    total = 0.0
    for images, labels in loader:
        loss = F.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(labels)
    return total / len(loader.dataset)


def test(model, loader):
    """The share of images that are read correctly."""
    model.eval()
    correct = 0
    with torch.no_grad():
        for images, labels in loader:
            correct += (model(images).argmax(dim=1) == labels).sum().item()
    return correct / len(loader.dataset)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=20)
    args = parser.parse_args()

    torch.manual_seed(0)
    digits = load_digits()
    images = torch.tensor(digits.images, dtype=torch.float32) / 16
    labels = torch.tensor(digits.target)
    dataset = torch.utils.data.TensorDataset(images, labels)
    train_set, test_set = torch.utils.data.random_split(dataset, [1500, 297])
    train_loader = torch.utils.data.DataLoader(train_set, batch_size=64, shuffle=True)
    test_loader = torch.utils.data.DataLoader(test_set, batch_size=256)

    model = Net()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for epoch in range(1, args.epochs + 1):
        loss = train(model, train_loader, optimizer)
        print(f"epoch {epoch:3}  loss {loss:.4f}  test accuracy {test(model, test_loader):.4f}")


if __name__ == "__main__":
    main()
