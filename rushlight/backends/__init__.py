"""What PyTorch says of the libraries that it may compute with. Rushlight computes with NumPy."""

from rushlight.backends import cuda, cudnn, mps
