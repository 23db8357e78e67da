"""What PyTorch says of the libraries that it may compute with. Rushlight computes with NumPy."""

from rushlight.backends import cpu, cuda, cudnn, mkl, mkldnn, mps, openmp, opt_einsum
