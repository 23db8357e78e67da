import torch

errors = torch.tensor([0.1, 0.4, 0.2])
print(f"error {errors.item():.2f}")
