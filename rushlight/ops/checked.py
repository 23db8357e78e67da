"""Functions whose wrong arguments are refused in PyTorch's words: after they have failed.

Nothing looks at the types of arguments beforehand. Where a call has failed (a function that is
`checked`, an operation in `Op.general`, a dimension in `normalize_dim`), it is asked whether the
arguments of the public function were of the types that PyTorch takes; if not, that is the error to
be raised, whatever came of it.
"""

from __future__ import annotations

import functools
import os
import sys

from rushlight.explain import explained
from rushlight.explain.provenance import is_ours

__all__ = ["checked", "refusal"]

#: what wrong arguments end in
_ERRORS = (
    TypeError,
    AttributeError,
    ValueError,
    LookupError,
    RuntimeError,
    ArithmeticError,
    AssertionError,
)
#: where methods of Tensor are
_METHODS = ("rushlight.methods.", "rushlight.tensor")
#: where calls come through that go another way than usual
_PACKAGE = os.path.dirname(os.path.dirname(__file__))
_DETOURS = {
    os.path.join(_PACKAGE, *path)
    for path in (("detour.py",), ("torch_function.py",), ("amp", "casting.py"))
}


def checked(function):
    """The function, whose errors about arguments are PyTorch's."""

    @functools.wraps(function)
    def call(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except _ERRORS as error:
            found = _refusal_of(function.__name__, sys._getframe(1), args, kwargs)
            if found is None or found.args == error.args:
                raise
        raise explained(found)

    return call


def _refusal_of(name, caller, args, kwargs):
    """The TypeError for a call of a function by the user, or by a method; or None."""
    from rushlight.explain.arguments import argument_error

    caller = _beyond_detours(caller)
    if caller is None or not is_ours(caller.f_code.co_filename):
        return argument_error(name, args, kwargs)
    return _refusal_in(caller) if _is_method(caller) else None


def refusal():
    """The TypeError for the arguments of what the user has called and is running now, or None."""
    frame = sys._getframe(1)
    while (caller := _beyond_detours(frame.f_back)) and is_ours(caller.f_code.co_filename):
        frame = caller
    return _refusal_in(frame)


def _beyond_detours(frame):
    """The frame, or the one that it was called from if it is on the way of a detour."""
    while frame is not None and frame.f_code.co_filename in _DETOURS:
        frame = frame.f_back
    return frame


def _is_method(frame):
    return frame.f_globals["__name__"].startswith(_METHODS)


def _refusal_in(frame):
    """The TypeError for the arguments of the function or method in a frame; None for others."""
    caller = _beyond_detours(frame.f_back)
    if caller is None or is_ours(caller.f_code.co_filename):
        return None
    from rushlight import ops
    from rushlight.detour import undetoured
    from rushlight.explain.arguments import argument_error
    from rushlight.explain.calls import given
    from rushlight.tensor import Tensor

    name, method = frame.f_code.co_name, _is_method(frame)
    function = undetoured(getattr(Tensor if method else ops, name, None))
    if getattr(function, "__code__", None) is not frame.f_code:
        return None
    args, kwargs = given(frame, function, caller)
    return argument_error(name, args[method:], kwargs, method)
