import torch
from torch import nn

vocabulary = {"the": 0, "cat": 1, "sat": 2}
embedding = nn.Embedding(len(vocabulary), 8)
words = torch.tensor([0, 1, 2, 3])
vectors = embedding(words)
