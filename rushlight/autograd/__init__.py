"""Automatic differentiation: `backward`, `grad`, and the modes that govern recording."""

from rushlight.autograd.backward import *  # noqa: F403
from rushlight.autograd.function import *  # noqa: F403
from rushlight.autograd.grad_mode import *  # noqa: F403
