import torch
from torch import nn

model = nn.Linear(1, 1)
x = torch.linspace(0, 1, 5).unsqueeze(1)
prediction = model(x)
curve = prediction.numpy()
