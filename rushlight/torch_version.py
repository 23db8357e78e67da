"""The class of `torch.__version__` by its other address, `torch.torch_version`."""

from rushlight.version import TorchVersion

__all__ = ["TorchVersion"]
