"""Transfer learning: what a net learned about 0 to 4 helps it to learn 5 to 9 from 50 images.

The convolutions are frozen, so that only two new layers behind them are trained; the same net
trained from scratch on these 50 images is to be beaten.
"""

import argparse
import copy

from sklearn.datasets import load_digits

import rushlight as torch

nn = torch.nn


def make_features():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
    )  # fmt: skip


def make_classifier(classes=5):
    return nn.Sequential(nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, classes))


def train(model, images, labels, epochs, batch_size=25):
    """Train the parameters that are not frozen."""
    trainable = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trainable, lr=3e-3)
    dataset = torch.utils.data.TensorDataset(images, labels)
    loader = torch.utils.data.DataLoader(dataset, batch_size=batch_size, shuffle=True)
    for _ in range(epochs):
        for x, y in loader:
            loss = nn.functional.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return loss.item()


def accuracy(model, images, labels):
    with torch.inference_mode():
        return (model(images).argmax(dim=1) == labels).float().mean().item()


def count(parameters):
    return sum(p.numel() for p in parameters)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=10, help="on the digits 0 to 4")
    parser.add_argument("--new-epochs", type=int, default=40, help="on 50 images of 5 to 9")
    args = parser.parse_args()

    torch.manual_seed(0)
    digits = load_digits()
    images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
    labels = torch.tensor(digits.target)
    old, new = labels < 5, labels >= 5
    few_x, few_y = images[new][:50], labels[new][:50] - 5
    test_x, test_y = images[new][50:], labels[new][50:] - 5

    model = nn.Sequential(make_features(), make_classifier())
    loss = train(model, images[old], labels[old], args.epochs, batch_size=50)
    print(f"0 to 4: loss {loss:.4f}, accuracy {accuracy(model, images[old], labels[old]):.4f}")

    scratch = nn.Sequential(make_features(), make_classifier())
    train(scratch, few_x, few_y, args.new_epochs)
    print(f"5 to 9 from scratch: accuracy {accuracy(scratch, test_x, test_y):.4f}")

    before = copy.deepcopy(model[0].state_dict())
    for parameter in model[0].parameters():
        parameter.requires_grad = False
    model[1] = make_classifier()  # new parameters require gradients
    trainable = count(p for p in model.parameters() if p.requires_grad)
    print(f"training {trainable} of {count(model.parameters())} parameters")
    train(model, few_x, few_y, args.new_epochs)
    print(f"5 to 9, frozen features: accuracy {accuracy(model, test_x, test_y):.4f}")
    same = all(torch.equal(v, before[name]) for name, v in model[0].state_dict().items())
    print("frozen weights are as they were:", same)

    for parameter in model[0].parameters():
        parameter.requires_grad = True
    train(model, few_x, few_y, args.new_epochs)
    print(f"5 to 9, fine-tuned: accuracy {accuracy(model, test_x, test_y):.4f}")


if __name__ == "__main__":
    main()
