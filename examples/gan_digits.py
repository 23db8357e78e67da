"""A generative adversarial network that learns to write digits (from scikit-learn's images).

The generator turns noise into images; the discriminator learns to tell them from real ones; each
trains against the other (Goodfellow et al., https://arxiv.org/abs/1406.2661).
"""

import argparse

from sklearn.datasets import load_digits

import rushlight as torch

nn = torch.nn
NOISE = 16


def make_generator():
    return nn.Sequential(
        nn.Linear(NOISE, 64), nn.BatchNorm1d(64), nn.LeakyReLU(0.2),
        nn.Linear(64, 128), nn.BatchNorm1d(128), nn.LeakyReLU(0.2),
        nn.Linear(128, 64), nn.Tanh(),
    )  # fmt: skip


def make_discriminator():
    return nn.Sequential(
        nn.Linear(64, 128), nn.LeakyReLU(0.2), nn.Dropout(0.3),
        nn.Linear(128, 64), nn.LeakyReLU(0.2), nn.Dropout(0.3),
        nn.Linear(64, 1),
    )  # fmt: skip


def nearest_distance(made, real):
    """How far images that were made up lie from the nearest real one, on average."""
    return torch.cdist(made, real).min(dim=1).values.mean()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=40)
    args = parser.parse_args()

    torch.set_default_dtype(torch.float64)  # a game of two magnifies every rounding
    torch.manual_seed(0)
    images = torch.tensor(load_digits().images).reshape(-1, 64) / 8 - 1
    loader = torch.utils.data.DataLoader(images, batch_size=64, shuffle=True, drop_last=True)

    generator, discriminator = make_generator(), make_discriminator()
    criterion = nn.BCEWithLogitsLoss()
    settings = {"lr": 1e-3, "betas": (0.5, 0.999)}
    optimizer_g = torch.optim.Adam(generator.parameters(), **settings)
    optimizer_d = torch.optim.Adam(discriminator.parameters(), **settings)
    fixed_noise = torch.randn(200, NOISE)

    for epoch in range(1, args.epochs + 1):
        for real in loader:
            ones, zeros = torch.ones(len(real), 1), torch.zeros(len(real), 1)
            fake = generator(torch.randn(len(real), NOISE))

            # The discriminator: real is 1, made up is 0; detach() keeps the generator out of it.
            loss_real = criterion(discriminator(real), 0.9 * ones)
            loss_fake = criterion(discriminator(fake.detach()), zeros)
            loss_d = (loss_real + loss_fake) / 2
            optimizer_d.zero_grad()
            loss_d.backward()
            optimizer_d.step()

            # The generator: its images shall be taken for real.
            loss_g = criterion(discriminator(fake), ones)
            optimizer_g.zero_grad()
            loss_g.backward()
            optimizer_g.step()
        if epoch % max(1, args.epochs // 5) == 0:
            generator.eval()
            with torch.no_grad():
                distance = nearest_distance(generator(fixed_noise), images)
            generator.train()
            print(f"epoch {epoch:3}  losses {loss_d:.4f}, {loss_g:.4f}  distance {distance:.3f}")


if __name__ == "__main__":
    main()
