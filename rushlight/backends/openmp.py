"""Threads of compiled loops; NumPy and Numba bring their own."""


def is_available() -> bool:
    """False: Rushlight is not compiled."""
    return False
