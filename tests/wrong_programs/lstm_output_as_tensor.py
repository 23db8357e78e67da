import torch
from torch import nn

lstm, fc = nn.LSTM(4, 8, batch_first=True), nn.Linear(8, 1)
features = lstm(torch.randn(2, 5, 4))
score = fc(features)
