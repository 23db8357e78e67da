import numpy as np
import torch
from torch import nn

data = np.random.rand(20, 3)
model = nn.Linear(3, 1)
x = torch.from_numpy(data)
prediction = model(x)
