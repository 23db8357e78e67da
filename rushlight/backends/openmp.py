"""Threads: NumPy, Numba and our own loops bring theirs."""


def is_available() -> bool:
    """True, as `torch.has_openmp`: programs ask whether several threads can compute."""
    return True
