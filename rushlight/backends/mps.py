"""Apple's Metal devices, on which Rushlight does not compute."""


def is_available() -> bool:
    """False: Rushlight computes on the CPU."""
    return False


def is_built() -> bool:
    """False: Rushlight has no Metal kernels."""
    return False
