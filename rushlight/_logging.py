"""PyTorch's switches for what its compiler logs."""


def set_logs(**levels) -> None:
    """Nothing: there is nothing of PyTorch's compiler to log."""
