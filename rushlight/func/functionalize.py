"""`functionalize`: the same function, without changes in place that a tracer would see."""

from __future__ import annotations

import functools

__all__ = ["functionalize"]

_CHOICES = (
    "     remove='mutations': all inplace and out= operators will be removed from the program, and "
    "replaced with their out-of-place equivalents.\n"
    "     remove='mutations_and_views': In addition to the above, all aliasing operators {view} "
    "will be replaced with their non-aliasing counterparts, {view}_copy.\n"
)


def functionalize(func, *, remove="mutations"):
    """The function that computes what `func` does, by operations that change nothing in place.

    That concerns whoever traces `func`. Transforms and `compile` follow changes in place here, so
    the operations stay as they are; arguments that `func` changes are changed, as in PyTorch.

    Args:
        remove: "mutations", or "mutations_and_views".

    Raises:
        RuntimeError: `remove` is something else.

    >>> import rushlight as torch
    >>> torch.func.functionalize(lambda x: x.clone().mul_(2))(torch.ones(2))
    tensor([2., 2.])
    """
    if remove not in ("mutations", "mutations_and_views"):
        raise RuntimeError(
            f"functionalize(f, remove='mutations'): received invalid argument for remove={remove}."
            f" Valid options are:\n{_CHOICES}"
        )

    @functools.wraps(func)
    def called(*args, **kwargs):
        return func(*args, **kwargs)

    return called
