"""Functions that are given other code, so that everybody who holds them takes the new way."""

from __future__ import annotations

from functools import lru_cache
from types import FunctionType

__all__ = ["detour"]


def detour(function, make):
    """Let all calls of `function` go through `make(direct)(args, kwargs)`, from now on.

    `direct` is a function that does what `function` did until now.

    >>> from rushlight.detour import detour
    >>> def double(x):
    ...     return 2 * x
    >>> same = double
    >>> detour(double, lambda direct: lambda args, kwargs: direct(*args) + 1)
    >>> same(3)
    7
    """
    direct = FunctionType(
        function.__code__,
        function.__globals__,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    direct.__kwdefaults__ = function.__kwdefaults__
    direct.__qualname__ = function.__qualname__  # which errors about arguments show
    op = (function.__kwdefaults__ or {}).get("_op")
    if op is not None:
        op.body = direct  # where an operation puts its code when it is first called
    function.__dict__.setdefault("__wrapped__", direct)  # where its signature is looked up
    function.__dict__.setdefault("_undetoured", direct)
    function.__defaults__ = None
    function.__kwdefaults__ = {"_way": make(direct)}
    function.__code__ = _code_with(function.__code__.co_freevars)


def undetoured(function):
    """What a function did before it was sent another way, or the function itself."""
    return getattr(function, "_undetoured", function)


@lru_cache(64)
def _code_with(names):
    """The code of `_detoured`, with these free variables: a function keeps those that it has.

    It has to be compiled with them; in code that only names them, reading a frame's variables
    crashes the interpreter.
    """
    if not names:
        return _detoured.__code__
    listed = ", ".join(names)
    source = (
        f"def around({listed}):\n"
        "    def _detoured(*args, _way, **kwargs):\n"
        "        return _way(args, kwargs)\n"
        f"        {listed}\n"
        "    return _detoured"
    )
    made: dict = {}
    exec(compile(source, _detoured.__code__.co_filename, "exec"), made)
    return made["around"](*names).__code__


def _detoured(*args, _way, **kwargs):
    return _way(args, kwargs)
