from torch import nn

layer = nn.Linear(10)
