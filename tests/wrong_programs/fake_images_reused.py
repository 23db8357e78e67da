import torch
from torch import nn

generator, discriminator = nn.Linear(2, 4), nn.Linear(4, 1)
noise = torch.randn(3, 2)
fake = torch.tanh(generator(noise))
d_loss = discriminator(fake).mean()
d_loss.backward()
g_loss = -discriminator(fake).mean()
g_loss.backward()
