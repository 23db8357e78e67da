import torch
from torch.utils.data import DataLoader

sentences = [torch.tensor([4, 8, 1]), torch.tensor([7, 2, 9, 3, 1])]
loader = DataLoader(sentences, batch_size=2)
for batch in loader:
    print(batch.shape)
