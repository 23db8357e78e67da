import torch
from torch import nn

encoder, head1, head2 = nn.Linear(4, 8), nn.Linear(8, 1), nn.Linear(8, 1)
features = torch.tanh(encoder(torch.randn(5, 4)))
loss1 = head1(features).mean()
loss2 = head2(features).mean()
loss1.backward()
loss2.backward()
