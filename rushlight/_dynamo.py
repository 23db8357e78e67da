"""torch._dynamo: the names that programs touch around `compile`.

What can be set in `config` is remembered, and changes nothing, but for `suppress_errors`, which is
how things are here anyhow: a function that can't be compiled runs uncompiled.
"""

from __future__ import annotations

from types import SimpleNamespace

from rushlight.compile.api import compile
from rushlight.compile.tracing.trace import fail
from rushlight.compiler import (
    allow_in_graph,
    assume_constant_result,
    disable,
    is_compiling,
    list_backends,
    reset,
)

__all__ = [
    "allow_in_graph",
    "assume_constant_result",
    "config",
    "disable",
    "disallow_in_graph",
    "graph_break",
    "is_compiling",
    "list_backends",
    "mark_dynamic",
    "mark_static",
    "maybe_mark_dynamic",
    "optimize",
    "reset",
]

config = SimpleNamespace(
    assume_static_by_default=True,
    automatic_dynamic_shapes=True,
    cache_size_limit=8,
    capture_dynamic_output_shape_ops=False,
    capture_scalar_outputs=False,
    dynamic_shapes=True,
    error_on_recompile=False,
    recompile_limit=8,
    suppress_errors=True,
    verbose=False,
)


def graph_break(msg=""):
    """Let the compiled function that runs be given up, and run uncompiled."""
    fail(f"graph_break() {msg}".rstrip())


def optimize(backend="inductor", *, nopython=False, dynamic=None, disable=False, **options):
    """The old form of `torch.compile`: a decorator."""
    return lambda model: compile(
        model, backend=backend, fullgraph=nopython, dynamic=dynamic, disable=disable
    )


disallow_in_graph = disable


def mark_dynamic(t, index, *, hint_override=None, min=None, max=None):
    """Nothing: a Program belongs to its shapes."""


mark_static = maybe_mark_dynamic = mark_dynamic
