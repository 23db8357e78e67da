import torch
from torch import nn

lstm = nn.LSTM(3, 4, batch_first=True)
state = None
for x in torch.randn(3, 2, 5, 3):
    out, state = lstm(x, state)
    loss = out.pow(2).mean()
    loss.backward()
