"""TorchScript's names. A function or module is returned as it is and runs in Python.

`rushlight.compile` is what makes a step fast.
"""

from __future__ import annotations

import warnings
from typing import NoReturn

from rushlight.explain import explained
from rushlight.nn.module import Module


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


unused = script_method = interface = script_if_tracing = export


class ScriptModule(Module):
    """A Module: what PyTorch compiles runs in Python."""


def trace_module(mod, inputs, **options):
    """Return `mod`: it computes the same values uncompiled."""
    _say_uncompiled("trace_module")
    return mod


def freeze(mod, *args, **options):
    """Return `mod`: there is no compiled code whose constants could be folded."""
    return mod


optimize_for_inference = freeze


def annotate(the_type, the_value):
    """Return the value, of which TorchScript would like to know the type."""
    return the_value


def Attribute(value, type):
    """Return the value, of which TorchScript would like to know the type."""
    return value


def fork(func, *args, **kwargs):
    """Call the function; `wait` returns what this returns."""
    return func(*args, **kwargs)


def wait(future):
    """What `fork` returned."""
    return future


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
