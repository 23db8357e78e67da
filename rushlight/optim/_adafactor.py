"""The address of Adafactor in PyTorch."""

from rushlight.optim.adafactor import Adafactor

__all__ = ["Adafactor"]
