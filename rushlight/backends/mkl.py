"""A library of linear algebra and Fourier transforms; NumPy brings one."""


def is_available() -> bool:
    """True, as `torch.has_mkl`: programs ask whether `torch.linalg` and `torch.fft` can be used."""
    return True
