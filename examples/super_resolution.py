"""Double the resolution of a photograph with a net that rearranges channels into pixels.

The net works on the small image and puts out four values per pixel, which PixelShuffle lays out as
a square (Shi et al., https://arxiv.org/abs/1609.05158). It learns what interpolation misses, on the
upper part of a photograph that ships with scikit-learn, and is tested on the lower.
"""

import argparse

from sklearn.datasets import load_sample_image

import rushlight as torch

nn = torch.nn
F = torch.nn.functional


class Upscaler(nn.Module):
    def __init__(self, factor=2):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 5, padding=2)
        self.conv2 = nn.Conv2d(16, 16, 3, padding=1)
        self.conv3 = nn.Conv2d(16, factor**2, 3, padding=1)
        self.shuffle = nn.PixelShuffle(factor)
        for conv in (self.conv1, self.conv2):
            nn.init.orthogonal_(conv.weight, nn.init.calculate_gain("relu"))
        nn.init.zeros_(self.conv3.weight)  # so training starts from plain interpolation
        nn.init.zeros_(self.conv3.bias)

    def forward(self, x):
        smooth = F.interpolate(x, scale_factor=2, mode="bicubic", align_corners=False)
        x = torch.relu(self.conv1(x))
        x = torch.relu(self.conv2(x))
        return smooth + self.shuffle(self.conv3(x))


def psnr(made, true):
    """The peak signal-to-noise ratio in decibels: higher is better."""
    return -10 * torch.log10(F.mse_loss(made, true))


def crops(image, size=32):
    """Cut an image into squares: (1, 1, H, W) -> (N, 1, size, size)."""
    rows = image.unfold(2, size, size).unfold(3, size, size)
    return rows.reshape(-1, 1, size, size)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=30)
    args = parser.parse_args()

    torch.manual_seed(0)
    photo = torch.tensor(load_sample_image("china.jpg")).float() / 255
    grey = photo @ torch.tensor([0.299, 0.587, 0.114])
    large = grey[:416, :640].reshape(1, 1, 416, 640)
    train, test = crops(large[:, :, :256]), large[:, :, 256:]
    small_test = F.avg_pool2d(test, 2)
    loader = torch.utils.data.DataLoader(train, batch_size=10, shuffle=True)

    nearest = psnr(F.interpolate(small_test, scale_factor=2, mode="nearest"), test)
    bicubic = psnr(F.interpolate(small_test, scale_factor=2, mode="bicubic"), test)
    print(f"nearest pixel {nearest:.3f} dB   bicubic {bicubic:.3f} dB")

    model = Upscaler()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.94)
    for epoch in range(1, args.epochs + 1):
        for patch in loader:
            loss = F.mse_loss(model(F.avg_pool2d(patch, 2)), patch)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        schedule.step()
        if epoch % max(1, args.epochs // 5) == 0:
            with torch.no_grad():
                print(f"epoch {epoch:3}  network {psnr(model(small_test), test):.3f} dB")


if __name__ == "__main__":
    main()
