import numpy as np
import torch
import torch.nn.functional as F

x = np.linspace(-1, 1, 5)
y = F.relu(x)
