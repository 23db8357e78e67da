"""`rushlight.compile(model, ...)`, also as a decorator."""

from __future__ import annotations

from rushlight.compile.step import Compiled
from rushlight.nn.module import Module

__all__ = ["OptimizedModule", "compile"]

#: PyTorch's names of backends, and ours; PyTorch's all mean the fastest that is there
_BACKENDS = {"inductor": None, "aot_eager": None, "cudagraphs": None, "native": "native"}
_BACKENDS |= {"numba": "native", "numpy": "numpy", "eager": "eager"}
_MODES = ("default", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs", "lite", None)


def compile(
    model=None,
    *,
    fullgraph=False,
    dynamic=None,
    backend="inductor",
    mode=None,
    options=None,
    disable=False,
):
    """A function that does what `model` does, faster.

    The first call runs as always, and is remembered; later calls of the same kind (shapes, dtypes,
    modes, values of Python) run what was remembered as one piece of straight code. A whole training
    step may be compiled: forward, `backward()`, `optimizer.step()`.

    Args:
        model: a function or a Module; without it, a decorator is returned.
        fullgraph: raise `Unsupported` where the function can't be compiled, instead of running it
            uncompiled after a warning.
        dynamic: False for a Program for each batch size; else a second size makes it free.
        backend: "native" (LLVM; "numba" is another name for it), "numpy", "eager" (not compiled);
            PyTorch's names, and a function, mean the fastest that is installed.
        mode, options: accepted as in PyTorch; they change nothing.
        disable: return `model` as it is.

    A function may replace tensors that it keeps in attributes, closures, globals, lists and dicts
    (hidden states), set flags (`model.eval()`), and return numbers (`return loss.item()`, or a
    learning rate). If it is seen to change Python's objects otherwise, or branches on the elements
    of a tensor, or prints them, it runs uncompiled.

    >>> import rushlight as torch
    >>> @torch.compile
    ... def area(width, height):
    ...     return width * height
    >>> area(torch.tensor(2.0), torch.tensor(3.0))
    tensor(6.)
    """
    if mode not in _MODES:
        raise RuntimeError(f"Unrecognized mode={mode}, should be one of: {', '.join(_MODES[:-1])}")
    if mode is not None and options is not None:
        raise RuntimeError(
            "Either mode or options can be specified, but both can't be specified at the same time."
        )
    if model is None:
        return lambda function: compile(
            function, fullgraph=fullgraph, dynamic=dynamic, backend=backend, mode=mode,
            options=options, disable=disable,
        )  # fmt: skip
    if not callable(model):
        raise AssertionError(f"A callable function is expected, but {type(model)} is provided.")
    if isinstance(backend, str) and backend not in _BACKENDS:
        raise ValueError(f"Invalid backend: {backend!r}, see `torch._dynamo.list_backends()`")
    chosen = _BACKENDS[backend] if isinstance(backend, str) else None
    if disable or chosen == "eager":
        return model
    if isinstance(model, Module):
        return OptimizedModule(model, fullgraph, dynamic, chosen)
    if isinstance(model, Compiled):
        model = model.function
    return Compiled(model, fullgraph, dynamic, chosen)


class OptimizedModule(Module):
    """A Module whose call is compiled; everything else is that of the Module it was made of."""

    __module__ = "torch._dynamo.eval_frame"

    def __init__(self, model, fullgraph=False, dynamic=None, backend=None):
        super().__init__()
        self._orig_mod = model
        self.training = model.training

        def call(*args, **kwargs):
            return model(*args, **kwargs)

        call.__qualname__ = type(model).__name__
        object.__setattr__(self, "compiled", Compiled(call, fullgraph, dynamic, backend))

    def forward(self, *args, **kwargs):
        """What the Module computes, compiled."""
        return self.compiled(*args, **kwargs)

    def train(self, mode=True):
        """As the Module's."""
        self._orig_mod.train(mode)
        self.training = mode
        return self

    def __len__(self):
        return len(self._orig_mod)

    def __getattr__(self, name):
        if name == "_orig_mod":
            return super().__getattr__(name)
        return getattr(self._orig_mod, name)
