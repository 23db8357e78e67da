import torch
from torch import nn

model = nn.Linear(3, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
checkpoint = {"model_state_dict": model.state_dict(), "epoch": 3}
model.load_state_dict(checkpoint)
