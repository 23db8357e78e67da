"""A variational autoencoder of handwritten digits (bundled with scikit-learn).

The encoder gives a Gaussian in 6 dimensions for each image, the decoder an image for each point.
The loss is the negative evidence lower bound: the cross-entropy of the pixels plus the divergence
of the Gaussian from the standard one (Kingma and Welling, https://arxiv.org/abs/1312.6114).
"""

import argparse

from sklearn.datasets import load_digits

import rushlight as torch

nn = torch.nn
F = torch.nn.functional


class VAE(nn.Module):
    def __init__(self, hidden=128, latent=6):
        super().__init__()
        self.latent = latent
        self.encoder = nn.Sequential(nn.Linear(64, hidden), nn.ReLU())
        self.mean = nn.Linear(hidden, latent)
        self.log_variance = nn.Linear(hidden, latent)
        self.decoder = nn.Sequential(nn.Linear(latent, hidden), nn.ReLU(), nn.Linear(hidden, 64))

    def forward(self, x):
        h = self.encoder(x)
        mean, log_variance = self.mean(h), self.log_variance(h)
        # Chance comes in from outside, so that the gradient finds its way to mean and variance.
        z = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        return self.decoder(z), mean, log_variance


def losses(model, x):
    """Reconstruction and Kullback-Leibler term, each summed per image and averaged over images."""
    logits, mean, log_variance = model(x)
    pixels = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    kl = -0.5 * torch.sum(1 + log_variance - mean.pow(2) - log_variance.exp())
    return pixels / len(x), kl / len(x)


def drawing(image):
    """An image of 8x8 pixels as text."""
    shades = " .:*#"
    return "\n".join("".join(2 * shades[int(pixel * 4.99)] for pixel in row) for row in image)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--draw", action="store_true", help="show four images that were made up")
    args = parser.parse_args()

    torch.manual_seed(0)
    images = torch.tensor(load_digits().images, dtype=torch.float32).reshape(-1, 64) / 16
    images = images[torch.randperm(len(images))]
    train, test = images[:1500], images[1500:]
    loader = torch.utils.data.DataLoader(train, batch_size=50, shuffle=True)

    model = VAE()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    for epoch in range(1, args.epochs + 1):
        for x in loader:
            pixels, kl = losses(model, x)
            optimizer.zero_grad()
            (pixels + kl).backward()
            optimizer.step()
        if epoch % max(1, args.epochs // 6) == 0:
            with torch.no_grad():
                pixels, kl = losses(model, test)
            print(f"epoch {epoch:3}  test: reconstruction {pixels:.3f} + divergence {kl:.3f}")
    if args.draw:
        with torch.no_grad():
            made_up = torch.sigmoid(model.decoder(torch.randn(4, model.latent)))
        print("\n\n".join(drawing(image) for image in made_up.reshape(-1, 8, 8)))


if __name__ == "__main__":
    main()
