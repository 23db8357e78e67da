"""TorchScript's names. A function or module is returned as it is and runs in Python.

`rushlight.compile` is what makes a step fast.
"""

from __future__ import annotations

import warnings
from typing import NoReturn

from rushlight.explain import explained


def script(obj, optimize=None, _frames_up=0, _rcb=None, example_inputs=None):
    """Return `obj`: it computes the same values uncompiled.

    >>> import warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     script(abs)
    <built-in function abs>
    """
    _say_uncompiled("script")
    return obj


def trace(func, example_inputs=None, **options):
    """Return `func`: it computes the same values uncompiled, also for other inputs."""
    _say_uncompiled("trace")
    return func


def _say_uncompiled(name: str) -> None:
    warnings.warn(
        f"torch.jit.{name} returns what it is given: Rushlight has no TorchScript. "
        "torch.compile makes a training step fast.",
        stacklevel=3,
    )


def ignore(drop=False, **options):
    """Return the function, or a decorator that returns it: all code runs in Python anyway."""
    return drop if callable(drop) else lambda function: function


def export(fn):
    """Return the function: all code runs in Python anyway."""
    return fn


unused = script_method = export


def is_scripting() -> bool:
    """False: nothing runs as TorchScript."""
    return False


is_tracing = is_scripting


def load(f, map_location=None, **options) -> NoReturn:
    """Raise a RuntimeError: a TorchScript archive holds compiled code, which only PyTorch runs."""
    raise explained(RuntimeError("Rushlight can't load TorchScript archives."))


def save(m, f, **options) -> NoReturn:
    """Raise a RuntimeError: there is no compiled code to save."""
    raise explained(RuntimeError("Rushlight has no TorchScript to save."))
