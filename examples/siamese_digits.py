"""A siamese network learns from pairs whether two images show the same digit.

Both images of a pair go through one net. Pairs of the same digit are pulled together, others pushed
apart up to a margin (Hadsell, Chopra, LeCun 2006). The test is on pairs of unseen images.
"""

import argparse

from sklearn.datasets import load_digits

import rushlight as torch

nn = torch.nn
F = torch.nn.functional


class Embedder(nn.Module):
    """An image of 8x8 pixels becomes a point on the unit sphere in 16 dimensions."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.fc = nn.Linear(32 * 2 * 2, 16)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return F.normalize(self.fc(torch.flatten(x, 1)))


class Pairs(torch.utils.data.Dataset):
    """Each image with a partner: every other time of the same digit."""

    def __init__(self, images, labels):
        self.images, self.labels = images, labels
        self.same = {int(d): torch.nonzero(labels == d).flatten() for d in labels.unique()}
        self.other = {int(d): torch.nonzero(labels != d).flatten() for d in labels.unique()}

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        alike = i % 2 == 0
        candidates = (self.same if alike else self.other)[int(self.labels[i])]
        j = candidates[torch.randint(len(candidates), ())]
        return self.images[i], self.images[j], float(alike)


def contrastive_loss(distance, alike, margin=1.0):
    return (alike * distance**2 + (1 - alike) * F.relu(margin - distance) ** 2).mean()


@torch.no_grad()
def verify(model, loader, threshold=0.7):
    """The share of pairs about which a threshold on the distance is right."""
    right = total = 0
    for first, second, alike in loader:
        near = F.pairwise_distance(model(first), model(second)) < threshold
        right += (near == (alike > 0.5)).sum().item()
        total += len(alike)
    return right / total


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=10)
    args = parser.parse_args()

    torch.manual_seed(0)
    digits = load_digits()
    images = torch.from_numpy(digits.images).float().unsqueeze(1) / 16
    labels = torch.from_numpy(digits.target)
    train = torch.utils.data.DataLoader(Pairs(images[:1400], labels[:1400]), 50, shuffle=True)
    unseen = torch.utils.data.DataLoader(Pairs(images[1400:], labels[1400:]), 100)

    model = Embedder()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    print(f"before  right about {verify(model, unseen):.3f} of the pairs")
    for epoch in range(1, args.epochs + 1):
        total = 0.0
        for first, second, alike in train:
            distance = F.pairwise_distance(model(first), model(second))
            loss = contrastive_loss(distance, alike.float())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        share = verify(model, unseen)
        print(f"epoch {epoch:2}  loss {total / len(train):.4f}  right about {share:.3f}")


if __name__ == "__main__":
    main()
