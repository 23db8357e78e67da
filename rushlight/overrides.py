"""Whose `__torch_function__` an operation would ask."""

from __future__ import annotations

from rushlight.tensor import Tensor

__all__ = [
    "handle_torch_function",
    "has_torch_function",
    "has_torch_function_unary",
    "has_torch_function_variadic",
    "is_tensor_like",
]


def overrides(value) -> bool:
    return not isinstance(value, Tensor) and hasattr(type(value), "__torch_function__")


def has_torch_function(relevant_args) -> bool:
    """Whether one of these is no Tensor and has a `__torch_function__`."""
    return any(map(overrides, relevant_args))


def has_torch_function_variadic(*relevant_args) -> bool:
    """`has_torch_function` of its arguments."""
    return has_torch_function(relevant_args)


has_torch_function_unary = has_torch_function_variadic


def handle_torch_function(public_api, relevant_args, *args, **kwargs):
    """What the first `__torch_function__` that knows the function makes of the call."""
    found = [value for value in relevant_args if overrides(value)]
    types = tuple({type(value): None for value in found})
    for value in found:
        result = type(value).__torch_function__(public_api, types, args, kwargs)
        if result is not NotImplemented:
            return result
    raise TypeError(
        f"no implementation found for '{public_api.__module__}.{public_api.__name__}' on types "
        f"that implement __torch_function__: {list(types)}"
    )


def is_tensor_like(inp) -> bool:
    """Whether it is a Tensor, or has a `__torch_function__`."""
    return isinstance(inp, Tensor) or overrides(inp)
