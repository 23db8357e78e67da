"""How kernels refuse dtypes, in PyTorch's words."""

from __future__ import annotations

from rushlight import dtypes
from rushlight.tensor import Tensor, type_name

__all__ = ["no_such_form", "not_implemented", "refuse", "refuse_derivative", "require_tensors"]

NOT_FLOATING = "biuc"  # NumPy's letters for booleans, integers and complex numbers


def refuse(kinds, kernel_name, x):
    """Refuse an array or a Tensor of one of these NumPy kinds, naming PyTorch's kernel.

    >>> import rushlight as torch
    >>> refuse("b", "sum_cpu", torch.tensor(True))
    Traceback (most recent call last):
    NotImplementedError: "sum_cpu" not implemented for 'Bool'
    """
    array = getattr(x, "_array", x)
    if (array.dtype.kind if array.dtype.kind != "V" else "f") in kinds:
        raise NotImplementedError(
            f"\"{kernel_name}\" not implemented for '{dtypes.of(array).title}'"
        )


def no_such_form(name, given, *forms, **named):
    """The TypeError for arguments that fit none of the forms in which a function can be called.

    Args:
        name: the function's.
        given: the arguments by position.
        forms: the arguments of each form, as PyTorch writes them.
        named: the arguments by name.

    >>> print(no_such_form("pow", (1, "two"), "Tensor input, Number exponent"))
    pow() received an invalid combination of arguments - got (int, str), but expected one of:
     * (Tensor input, Number exponent)
    <BLANKLINE>
    """
    got = ", ".join(map(type_name, given))
    for key, value in named.items():
        got += f"{', ' if got else ''}{key}={type_name(value)}"
    if named and not given:
        got += ", "
    listed = "".join(f" * ({form})\n" for form in forms)
    return TypeError(
        f"{name}() received an invalid combination of arguments - got ({got}), but expected one "
        f"of:\n{listed}"
    )


def require_tensors(function, **arguments):
    """Refuse numbers and other things where PyTorch wants a Tensor, from the first argument on."""
    for position, (name, x) in enumerate(arguments.items(), 1):
        if not isinstance(x, Tensor):
            raise TypeError(
                f"{function}(): argument '{name}' (position {position}) must be Tensor, not "
                f"{type_name(x)}"
            )


def not_implemented(name):
    """What a derivative raises that PyTorch has left out among others of a function."""
    raise NotImplementedError(f"the derivative for '{name}' is not implemented.")


def refuse_derivative(name):
    """What the derivative of a function without any raises."""
    raise RuntimeError(f"derivative for aten::{name} is not implemented")
