import torch.nn as nn

layer = nn.LeakyRelu(0.1)
