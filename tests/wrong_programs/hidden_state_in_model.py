import torch
from torch import nn


class Predictor(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.GRUCell(2, 4)
        self.hidden = torch.zeros(1, 4)

    def forward(self, x):
        self.hidden = self.cell(x, self.hidden)
        return self.hidden.sum()


model = Predictor()
for step in range(2):
    loss = model(torch.randn(1, 2))
    loss.backward()
