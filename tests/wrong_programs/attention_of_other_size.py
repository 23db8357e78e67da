import torch
from torch import nn

attention = nn.MultiheadAttention(16, 4, batch_first=True)
words = torch.randn(2, 5, 8)
output, weights = attention(words, words, words)
