"""torch.compiler: what surrounds `compile`."""

from __future__ import annotations

import contextlib
import functools

from rushlight.compile.api import compile
from rushlight.compile.step import forget_all, stance
from rushlight.compile.tracing.trace import fail, is_tracing

__all__ = [
    "allow_in_graph",
    "assume_constant_result",
    "compile",
    "cudagraph_mark_step_begin",
    "disable",
    "is_compiling",
    "is_dynamo_compiling",
    "is_exporting",
    "list_backends",
    "reset",
    "set_stance",
]


def disable(fn=None, recursive=True, *, reason=None):
    """A function that isn't compiled; a compiled function that calls it runs uncompiled.

    >>> import rushlight as torch
    >>> torch.compiler.disable(abs)(-1)
    1
    """
    if fn is None:
        return lambda function: disable(function, recursive, reason=reason)
    if isinstance(fn, type):
        return fn

    @functools.wraps(fn)
    def uncompiled(*args, **kwargs):
        fail(f"it calls {getattr(fn, '__qualname__', fn)}, which isn't to be compiled")
        return fn(*args, **kwargs)

    return uncompiled


def is_compiling():
    """Whether a function is being traced.

    >>> is_compiling()
    False
    """
    return is_tracing()


is_dynamo_compiling = is_compiling


def is_exporting():
    """Whether a model is being exported: never."""
    return False


def reset():
    """Forget everything that was compiled."""
    forget_all()


def list_backends(exclude_tags=None):
    """The names of the backends.

    >>> list_backends()
    ['inductor', 'native', 'numpy']
    """
    return ["inductor", "native", "numpy"]


def allow_in_graph(fn):
    """The function itself: whatever is made of operations is compiled anyhow."""
    return fn


def assume_constant_result(fn):
    """The function itself: what depends on no tensor is a constant anyhow."""
    return fn


def cudagraph_mark_step_begin():
    """Nothing: there are no CUDA graphs here."""


@contextlib.contextmanager
def _back_to(before):
    try:
        yield
    finally:
        stance[0] = before


def set_stance(stance_name="default", *, skip_guard_eval_unsafe=False, force_backend=None):
    """How compiled functions run: "default", or "force_eager" for uncompiled.

    Takes effect at once; as a context manager it is taken back at the end.

    >>> with set_stance("force_eager"):
    ...     pass
    """
    known = ("default", "force_eager", "eager_on_recompile", "fail_on_recompile")
    if stance_name not in (*known, "eager_then_compile", "aot_eager_then_compile"):
        raise RuntimeError(f"invalid torch.compile stance '{stance_name}'")
    before, stance[0] = stance[0], stance_name
    return _back_to(before)
