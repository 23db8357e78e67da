import torch
import torch.nn.functional as F

feature_maps = torch.randn(8, 2, 3, 3)
fc = torch.nn.Linear(9, 5)
scores = fc(feature_maps.view(-1, 9))
loss = F.cross_entropy(scores, torch.randint(0, 5, (8,)))
