"""Read handwritten digits (8x8 pixels, bundled with scikit-learn) with a convolutional net."""

import argparse

from sklearn.datasets import load_digits

import rushlight as torch

nn = torch.nn
F = torch.nn.functional


def block(inputs, outputs):
    """A convolution that keeps the size, batch normalization, ReLU."""
    convolution = nn.Conv2d(inputs, outputs, kernel_size=3, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU())


class Net(nn.Module):
    """8x8 -> 4x4 -> 2x2 pixels while the channels grow; then one linear layer."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(block(1, 16), nn.MaxPool2d(2), block(16, 32), nn.MaxPool2d(2))
        self.dropout = nn.Dropout(0.25)
        self.classifier = nn.Linear(32 * 2 * 2, 10)

    def forward(self, x):
        return self.classifier(self.dropout(self.features(x).flatten(1)))


def train(model, loader, optimizer):
    """One pass over the data; the mean loss."""
    model.train()
    total = 0.0
    for images, labels in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(images), labels, label_smoothing=0.05)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(labels)
    return total / len(loader.dataset)


@torch.no_grad()
def confusion(model, loader):
    """A 10x10 table: how often the digit of the row was read as the digit of the column."""
    model.eval()
    table = torch.zeros(10, 10, dtype=torch.long)
    for images, labels in loader:
        predicted = model(images).argmax(dim=1)
        table += torch.bincount(10 * labels + predicted, minlength=100).reshape(10, 10)
    return table


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=12)
    args = parser.parse_args()

    torch.manual_seed(0)
    digits = load_digits()
    images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
    dataset = torch.utils.data.TensorDataset(images, torch.tensor(digits.target))
    train_set, test_set = torch.utils.data.random_split(dataset, [1500, 297])
    train_loader = torch.utils.data.DataLoader(train_set, batch_size=50, shuffle=True)
    test_loader = torch.utils.data.DataLoader(test_set, batch_size=100)

    model = Net()
    print(model)
    print("parameters:", sum(p.numel() for p in model.parameters()))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=args.epochs)
    for epoch in range(1, args.epochs + 1):
        loss = train(model, train_loader, optimizer)
        rate = schedule.get_last_lr()[0]
        schedule.step()
        table = confusion(model, test_loader)
        share = table.trace().item() / table.sum().item()
        print(f"epoch {epoch:2}  rate {rate:.4f}  loss {loss:.4f}  test accuracy {share:.4f}")
    print(table)


if __name__ == "__main__":
    main()
