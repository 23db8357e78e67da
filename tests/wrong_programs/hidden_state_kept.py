import torch
from torch import nn

rnn = nn.RNNCell(3, 5)
hidden = torch.zeros(1, 5)
for step in range(2):
    hidden = rnn(torch.randn(1, 3), hidden)
    loss = hidden.pow(2).mean()
    loss.backward()
