"""Tell two interleaved spirals apart with a 2-16-16-1 tanh network."""

import argparse
import math

import rushlight as torch

nn = torch.nn


def spirals(n):
    """n noisy points on each of two arms, with labels 0 and 1."""
    t = torch.rand(n, 1).sqrt() * 3 * math.pi
    arm = torch.cat([t * t.cos(), t * t.sin()], dim=1) / 10
    x = torch.cat([arm, -arm]) + 0.02 * torch.randn(2 * n, 2)
    return x, torch.cat([torch.zeros(n, 1), torch.ones(n, 1)])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=400)
    args = parser.parse_args()

    torch.manual_seed(0)
    x, y = spirals(500)
    model = nn.Sequential(
        nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 1)
    )
    print(model)
    criterion = nn.BCEWithLogitsLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    loader = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(x, y), batch_size=100, shuffle=True
    )
    for epoch in range(1, args.epochs + 1):
        for xb, yb in loader:
            optimizer.zero_grad()
            criterion(model(xb), yb).backward()
            optimizer.step()
        if epoch % max(1, args.epochs // 10) == 0:
            with torch.no_grad():
                score = model(x)
                accuracy = ((score > 0) == (y > 0.5)).float().mean()
                loss = criterion(score, y)
            print(f"epoch {epoch:4}  loss {loss:.4f}  accuracy {accuracy:.3f}")


if __name__ == "__main__":
    main()
