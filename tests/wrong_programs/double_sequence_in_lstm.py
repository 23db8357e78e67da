import numpy as np
import torch
from torch import nn

lstm = nn.LSTM(3, 4)
sequence = torch.from_numpy(np.zeros((5, 2, 3)))
output, state = lstm(sequence)
