"""The handle that registering a hook returns."""

from rushlight.autograd.tape import RemovableHandle

__all__ = ["RemovableHandle"]
