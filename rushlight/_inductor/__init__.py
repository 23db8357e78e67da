"""Settings of PyTorch's code generator, which programs set."""

from rushlight._inductor import config

__all__ = ["config"]
