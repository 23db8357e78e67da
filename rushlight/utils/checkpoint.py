"""Checkpointing: compute a part of the forward pass again instead of keeping what it saved.

A checkpointed call keeps its arguments; what its operations would have saved for the backward pass
is dropped, and made again when the backward pass asks for it, by running the function once more.
Dividing a chain of n equal layers into sqrt(n) such parts needs memory for 2 sqrt(n) layers instead
of n, for one more forward pass.

Source: T. Chen, B. Xu, C. Zhang and C. Guestrin, "Training deep nets with sublinear memory cost",
2016.
"""

from __future__ import annotations

import os
import sys
import warnings
import weakref
from contextlib import contextmanager, nullcontext

from rushlight.amp.autocast_mode import (
    autocast,
    get_autocast_dtype,
    is_autocast_cache_enabled,
    is_autocast_enabled,
)
from rushlight.autograd import Function, backward, enable_grad, is_grad_enabled
from rushlight.autograd.function import SavedTensor
from rushlight.autograd.graph import saved_tensors_hooks
from rushlight.autograd.tape import modes
from rushlight.random import fork_rng, get_rng_state, set_rng_state
from rushlight.tensor import Tensor
from rushlight.utils.selective import (
    CheckpointPolicy,
    SelectiveCheckpointContext,
    create_selective_checkpoint_contexts,
)

__all__ = [
    "CheckpointError",
    "CheckpointFunction",
    "CheckpointPolicy",
    "SelectiveCheckpointContext",
    "check_backward_validity",
    "checkpoint",
    "checkpoint_sequential",
    "create_selective_checkpoint_contexts",
    "detach_variable",
    "noop_context_fn",
    "set_checkpoint_debug_enabled",
    "set_checkpoint_early_stop",
]

_early_stop = None  # what `set_checkpoint_early_stop` says, or None
_debug = None


class CheckpointError(RuntimeError):
    """The second run of a checkpointed function differs from the first one."""

    __module__ = "torch.utils.checkpoint"


def noop_context_fn():
    """Two contexts that do nothing: the default of `checkpoint`'s `context_fn`."""
    return nullcontext(), nullcontext()


def checkpoint(
    function,
    *args,
    use_reentrant=None,
    context_fn=noop_context_fn,
    determinism_check="default",
    debug=False,
    early_stop=True,
    **kwargs,
):
    """`function(*args, **kwargs)`, whose saved values are computed anew in the backward pass.

    Args:
        function: anything callable; it must do the same when it is called again.
        use_reentrant: False (recommended) records the function's operations and recomputes what
            they saved. True records one single operation, which is recomputed and differentiated by
            a backward pass of its own; then an argument must require a gradient, tensors inside
            containers have no gradient, and `autograd.grad` and `backward(inputs=...)` raise a
            RuntimeError. The default is True, with a warning.
        context_fn: returns two context managers, for the first run and for the second one.
        determinism_check: "default" compares shapes and dtypes of the two runs, "none" doesn't.
        debug: let errors name the lines whose operations saved something in each run.
        early_stop: end the second run as soon as all that is needed is there.
        preserve_rng_state: let the second run draw the same random numbers (default: True).

    All but `use_reentrant` and `preserve_rng_state` are for `use_reentrant=False`. Raises a
    CheckpointError in the backward pass if the second run saves something else than the first.

    >>> import rushlight as torch
    >>> from rushlight.utils.checkpoint import checkpoint
    >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> y = checkpoint(lambda x: (x * x).exp(), x, use_reentrant=False)
    >>> y.sum().backward()
    >>> x.grad
    tensor([  5.4366, 218.3926])
    """
    preserve = kwargs.pop("preserve_rng_state", True)
    if use_reentrant is None:
        _warn_of_default(
            "torch.utils.checkpoint",
            "Starting in PyTorch 2.9, calling checkpoint without use_reentrant will raise an "
            "exception.",
        )
        use_reentrant = True
    if use_reentrant:
        if kwargs:
            raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
        if context_fn is not noop_context_fn or debug is not False:
            raise ValueError(
                "Passing `context_fn` or `debug` is only supported when use_reentrant=False."
            )
        return CheckpointFunction.apply(function, preserve, *args)
    if determinism_check not in ("default", "none"):
        raise ValueError(
            f"determinism_check should be one of ['default', 'none'], but got {determinism_check}"
        )
    if not is_grad_enabled():
        return function(*args, **kwargs)
    call = Call(function, args, kwargs, context_fn, preserve)
    call.checked = determinism_check == "default"
    call.traced = debug if _debug is None else _debug
    call.early_stop = early_stop if _early_stop is None else _early_stop
    return call.run(args)


def _warn_of_default(name, consequence):
    warnings.warn(
        f"{name}: the use_reentrant parameter should be passed explicitly. {consequence} "
        "use_reentrant=False is recommended, but if you need to preserve the current default "
        "behavior, you can pass use_reentrant=True. Refer to docs for more details on the "
        "differences between the two variants.",
        stacklevel=3,
    )


class Call:
    """One checkpointed call: how to run it again, and the places of what it saved.

    The tape holds the places, a place holds its call, the call knows its places weakly: so a call
    lives as long as something may still ask for what it saved.
    """

    def __init__(self, function, args, kwargs, context_fn, preserve_rng_state):
        self.function = function
        self.args = [SavedTensor(arg) if isinstance(arg, Tensor) else arg for arg in args]
        self.kwargs = kwargs
        self.forward_context, self.recompute_context = context_fn()
        self.rng_state = get_rng_state() if preserve_rng_state else None
        self.autocast = _present_autocast()
        self.places = []
        self.expected = []  # metadata of what the first run saved
        self.found = []  # and of what the second one saved
        self.lines = []
        self.found_lines = []

    def run(self, args):
        """The first run: remember the metadata of what is saved, keep nothing."""
        with saved_tensors_hooks(self.reserve, _take), self.forward_context:
            return self.function(*args, **self.kwargs)

    def reserve(self, tensor):
        """Hook that packs in the first run: a place instead of the tensor."""
        place = Place(self)
        self.places.append(weakref.ref(place))
        self.expected.append(_metadata(tensor))
        if self.traced:
            self.lines.append(_calling_line())
        return place

    def fill(self, tensor):
        """Hook that packs in the second run: fill the next place."""
        position = len(self.found)
        if position == len(self.places):
            raise self.error(
                "torch.utils.checkpoint: trying to save more tensors during recomputation than "
                "during the original forward pass."
            )
        self.found.append(_metadata(tensor))
        if self.traced:
            self.found_lines.append(_calling_line())
        place, detached = self.places[position](), tensor.detach()
        if place is not None:
            place.tensor = detached
        if self.early_stop and len(self.found) == len(self.places):
            raise _Enough(self)
        return detached

    def recompute(self):
        """The second run: fill the places that are still needed."""
        self.found, self.found_lines = [], []
        args = [arg.unpack(None) if isinstance(arg, SavedTensor) else arg for arg in self.args]
        with (
            fork_rng(enabled=self.rng_state is not None),
            enable_grad(),
            autocast(**self.autocast),
            saved_tensors_hooks(self.fill, _identity),
            _until_enough(self),
            self.recompute_context,
        ):
            if self.rng_state is not None:
                set_rng_state(self.rng_state)
            self.function(*args, **self.kwargs)
        self.check()

    def check(self):
        """Refuse a second run that saved something else than the first one."""
        if len(self.found) != len(self.expected):
            raise self.error(
                "torch.utils.checkpoint: A different number of tensors was saved during the "
                "original forward and recomputation.\n"
                f"Number of tensors saved during forward: {len(self.expected)}\n"
                f"Number of tensors saved during recomputation: {len(self.found)}."
            )
        different = "".join(
            f"tensor at position {i}:\nsaved metadata: {saved}\nrecomputed metadata: {found}\n"
            for i, (saved, found) in enumerate(zip(self.expected, self.found))
            if saved != found and self.places[i]() is not None
        )
        if different and self.checked:
            raise self.error(
                "torch.utils.checkpoint: Recomputed values for the following tensors have "
                f"different metadata than during the forward pass.\n{different}."
            )

    def error(self, message):
        """The error, with the lines of both runs if they were noted."""
        if not self.traced:
            message += "\nWith `debug=True`, `checkpoint` notes which lines save the tensors."
            return CheckpointError(message)
        return CheckpointError(
            " An error happened while unpacking tensors; dumping logs of latest computation\n"
            "because you passed `debug=True` to `torch.utils.checkpoint.checkpoint()`.\n"
            f"{_listed('the original forward', self.lines)}"
            f"{_listed('recomputation', self.found_lines)}\n{message}"
        )


class Place:
    """Stands on the tape for a tensor that was not kept."""

    __slots__ = ("__weakref__", "call", "tensor")

    def __init__(self, call):
        self.call = call
        self.tensor = None


class _Enough(Exception):
    """Ends a second run early."""

    def __init__(self, call):
        self.call = call


@contextmanager
def _until_enough(call):
    try:
        yield
    except _Enough as enough:
        if enough.call is not call:
            raise


def _take(place):
    """Hook that unpacks: each pass over the tape computes the tensors anew, and takes them once."""
    if place.tensor is None:
        place.call.recompute()
    tensor, place.tensor = place.tensor, None
    return tensor


def _identity(tensor):
    return tensor


def _present_autocast():
    """What `autocast` is to be given so that it is as now."""
    return {
        "device_type": "cpu",
        "dtype": get_autocast_dtype("cpu"),
        "enabled": is_autocast_enabled("cpu"),
        "cache_enabled": is_autocast_cache_enabled(),
    }


def _metadata(tensor):
    return {"shape": tensor.shape, "dtype": tensor.dtype, "device": tensor.device}


def _calling_line():
    """The innermost line of the program, outside of this package, that is being run."""
    package = os.path.dirname(sys.modules["rushlight"].__file__) + os.sep
    inside = (package, "<operation ")  # the latter is code that was made at declaration
    frame = sys._getframe()
    while frame.f_code.co_filename.startswith(inside) and frame.f_back is not None:
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}"


def _listed(run, lines):
    return f"\n\nSaved during {run}:\n" + "".join(f"  {i}: {x}\n" for i, x in enumerate(lines))


@contextmanager
def set_checkpoint_early_stop(enable):
    """Context that overrides the `early_stop` of every `checkpoint` call in it."""
    global _early_stop
    before, _early_stop = _early_stop, enable
    try:
        yield
    finally:
        _early_stop = before


@contextmanager
def set_checkpoint_debug_enabled(enabled):
    """Context that overrides the `debug` of every `checkpoint` call in it."""
    global _debug
    before, _debug = _debug, enabled
    try:
        yield
    finally:
        _debug = before


def detach_variable(inputs):
    """The tuple with its tensors detached; each requires a gradient if it did."""
    if not isinstance(inputs, tuple):
        raise RuntimeError(
            "Only tuple of tensors is supported. Got Unsupported input type: "
            f"{type(inputs).__name__}"
        )
    return tuple(
        x.detach().requires_grad_(x.requires_grad) if isinstance(x, Tensor) else x for x in inputs
    )


def check_backward_validity(inputs):
    """Warn if no tensor among the inputs requires a gradient."""
    if not any(isinstance(x, Tensor) and x.requires_grad for x in inputs):
        warnings.warn(
            "None of the inputs have requires_grad=True. Gradients will be None", stacklevel=2
        )


class CheckpointFunction(Function):
    """The one operation that `checkpoint(..., use_reentrant=True)` records."""

    @staticmethod
    def forward(ctx, run_function, preserve_rng_state, *args):
        check_backward_validity(args)
        ctx.run_function = run_function
        ctx.rng_state = get_rng_state() if preserve_rng_state else None
        ctx.autocast = _present_autocast()
        ctx.others = [None if isinstance(arg, Tensor) else arg for arg in args]
        ctx.places = [i for i, arg in enumerate(args) if isinstance(arg, Tensor)]
        ctx.save_for_backward(*(args[i] for i in ctx.places))
        return run_function(*args)

    @staticmethod
    def backward(ctx, *gradients):
        if modes.current_pass is not None and modes.current_pass.inputs is not None:
            raise RuntimeError(
                "When use_reentrant=True, torch.utils.checkpoint is incompatible with .grad() or "
                "passing an `inputs` parameter to .backward(). To resolve this error, you can "
                "either set use_reentrant=False, or call .backward() without passing the `inputs` "
                "argument."
            )
        inputs = list(ctx.others)
        for place, tensor in zip(ctx.places, ctx.saved_tensors):
            inputs[place] = tensor
        inputs = detach_variable(tuple(inputs))
        with (
            fork_rng(enabled=ctx.rng_state is not None),
            enable_grad(),
            autocast(**ctx.autocast),
        ):
            if ctx.rng_state is not None:
                set_rng_state(ctx.rng_state)
            outputs = ctx.run_function(*inputs)
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        tensors = [output for output in outputs if isinstance(output, Tensor)]
        pairs = [(x, g) for x, g in zip(tensors, gradients) if x.requires_grad]
        if not pairs:
            raise RuntimeError(
                "none of output has requires_grad=True, this checkpoint() is not necessary"
            )
        backward(*map(list, zip(*pairs)))
        return None, None, *(x.grad if isinstance(x, Tensor) else None for x in inputs)


def checkpoint_sequential(functions, segments, input, use_reentrant=None, **kwargs):
    """Run modules or functions one after the other, all but the last of `segments` checkpointed.

    Each segment has `len(functions) // segments` functions, the last one also what remains. Raises
    a ValueError for more segments than functions, and for keywords but `preserve_rng_state`.

    >>> import rushlight as torch
    >>> from rushlight.utils.checkpoint import checkpoint_sequential
    >>> x = torch.tensor(1.0, requires_grad=True)
    >>> checkpoint_sequential([torch.exp, torch.sin, torch.cos], 3, x, use_reentrant=False)
    tensor(0.9168, grad_fn=<CosBackward0>)
    """
    if use_reentrant is None:
        _warn_of_default(
            "torch.utils.checkpoint.checkpoint_sequential",
            "In version 2.9 we will raise an exception if use_reentrant is not passed.",
        )
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    functions = list(functions)
    size = len(functions) // segments
    last = size * (segments - 1)
    for start in range(0, last, size):
        input = checkpoint(
            _composed(functions[start : start + size]),
            input,
            use_reentrant=use_reentrant,
            preserve_rng_state=preserve,
        )
    return _composed(functions[last:])(input)


def _composed(functions):
    def run(input):
        for function in functions:
            input = function(input)
        return input

    return run
