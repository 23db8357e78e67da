"""Learn the law by which hares and lynxes live together: a neural ordinary differential equation.

Pelts of the Hudson's Bay Company for 1900 to 1920. A small net is the right side of the equation,
the Runge-Kutta method solves it, and the gradient goes back through all of the solver's steps
(compare Chen et al., https://arxiv.org/abs/1806.07366).
"""

import argparse

import rushlight as torch

nn = torch.nn
HARES = [30.0, 47.2, 70.2, 77.4, 36.3, 20.6, 18.1, 21.4, 22.0, 25.4, 27.1,
         40.3, 57.0, 76.6, 52.3, 19.5, 11.2, 7.6, 14.6, 16.2, 24.7]  # fmt: skip
LYNXES = [4.0, 6.1, 9.8, 35.2, 59.4, 41.7, 19.0, 13.0, 8.3, 9.1, 7.4,
          8.0, 12.3, 19.5, 45.7, 51.1, 29.7, 15.8, 9.7, 10.1, 8.6]  # fmt: skip


class Law(nn.Module):
    """How fast the two logarithms change, given what they are."""

    def __init__(self, hidden=32):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, hidden), nn.Tanh(), nn.Linear(hidden, 2))
        for module in self.net:
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, mean=0, std=0.3)
                nn.init.constant_(module.bias, val=0)

    def forward(self, state):
        return self.net(state)


def runge_kutta(law, state, years, steps=4):
    """The states after each year, by the classical method of fourth order."""
    states, h = [], 1 / steps
    for _ in range(years):
        for _ in range(steps):
            k1 = law(state)
            k2 = law(state + h / 2 * k1)
            k3 = law(state + h / 2 * k2)
            k4 = law(state + h * k3)
            state = state + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        states.append(state)
    return torch.stack(states, dim=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=300)
    parser.add_argument("--years", type=int, default=3, help="how far ahead it learns to look")
    args = parser.parse_args()

    torch.manual_seed(0)
    counts = torch.tensor([HARES, LYNXES]).T.log()
    mean, std = counts.mean(dim=0), counts.std(dim=0)
    data = (counts - mean) / std
    starts = data[: -args.years]
    futures = torch.stack([data[i + 1 : i + 1 + args.years] for i in range(len(starts))])

    law = Law()
    optimizer = torch.optim.Adam(law.parameters(), lr=0.01)
    stays = (futures - starts.unsqueeze(1)).pow(2).mean()
    print(f"mean squared error of `all stays as it is`: {stays:.4f}")
    for epoch in range(1, args.epochs + 1):
        loss = (runge_kutta(law, starts, args.years) - futures).pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if epoch % max(1, args.epochs // 6) == 0:
            print(f"epoch {epoch:4}  mean squared error {loss.item():.4f}")

    with torch.no_grad():
        path = runge_kutta(law, data[:1], 6)[0] * std + mean
    print("year   hares   lynxes  (thousands; foreseen from 1900, true)")
    for year, (foreseen, true) in enumerate(zip(path.exp(), counts[1:].exp()), start=1901):
        print(f"{year}  {foreseen[0]:5.1f} {true[0]:5.1f}  {foreseen[1]:5.1f} {true[1]:5.1f}")


if __name__ == "__main__":
    main()
