import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 2)

    def forward(self, x):
        x = self.fc(x)


out = Net()(torch.rand(1, 2))
probabilities = torch.softmax(out, dim=1)
