"""How kernels refuse dtypes, in PyTorch's words."""

from __future__ import annotations

from rushlight import dtypes

__all__ = ["refuse"]

NOT_FLOATING = "biuc"  # NumPy's letters for booleans, integers and complex numbers


def refuse(kinds, kernel_name, x):
    """Refuse an array or a Tensor of one of these NumPy kinds, naming PyTorch's kernel.

    >>> import rushlight as torch
    >>> refuse("b", "sum_cpu", torch.tensor(True))
    Traceback (most recent call last):
    NotImplementedError: "sum_cpu" not implemented for 'Bool'
    """
    array = getattr(x, "_array", x)
    if array.dtype.kind in kinds:
        raise NotImplementedError(
            f"\"{kernel_name}\" not implemented for '{dtypes.of(array).title}'"
        )
