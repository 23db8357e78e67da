"""Intel's library of layers, which Rushlight does not use. The switches can be set."""

enabled = True
deterministic = False
allow_tf32 = True


def is_available() -> bool:
    """False: Rushlight computes with NumPy."""
    return False
