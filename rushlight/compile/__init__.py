"""How it gets fast: a function runs once, is remembered as a Program, and runs as that ever after.

`rushlight.compile` is this package and a function, `compile(model, ...)`: see `api.compile`. Read
`programs/` first (what is remembered), then `tracing/` (how), `runs/` (how a run is repeated),
`build.py`, `passes/` and `native/` or `numpy_backend/` (how a Program gets fast).
"""

from __future__ import annotations

import sys
import types

from rushlight.compile.api import OptimizedModule, compile
from rushlight.compile.step import Compiled, EagerWarning, Unsupported

__all__ = ["Compiled", "EagerWarning", "OptimizedModule", "Unsupported", "compile"]


class _CallablePackage(types.ModuleType):
    """A package that can be called: `rushlight.compile(function)`."""

    def __call__(self, *args, **kwargs):
        return compile(*args, **kwargs)

    def __repr__(self):
        return f"<function compile of the package {self.__name__}>"


sys.modules[__name__].__class__ = _CallablePackage
