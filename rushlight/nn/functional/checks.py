"""Checks that several functions share."""

from __future__ import annotations

from rushlight.tensor import Tensor, type_name


def require_tensors(name, **arguments):
    """Refuse arguments that are not tensors, in the name of the function."""
    for position, (argument, value) in enumerate(arguments.items(), 1):
        if not isinstance(value, Tensor):
            raise TypeError(
                f"{name}(): argument '{argument}' (position {position}) must be Tensor, "
                f"not {type_name(value)}"
            )
