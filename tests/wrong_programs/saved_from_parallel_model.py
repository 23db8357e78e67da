import torch
from torch import nn

model = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 1))
saved = {"module." + name: value for name, value in model.state_dict().items()}
model.load_state_dict(saved)
