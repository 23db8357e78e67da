import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, hidden=8):
        super().__init__()
        self.hidden1 = nn.Linear(4, hidden)
        self.output = nn.Linear(hidden, 3)


checkpoint = Net(16).state_dict()
checkpoint["hidden_1.weight"] = checkpoint.pop("hidden1.weight")
Net().load_state_dict(checkpoint)
