"""Whether operations are recorded, in this thread: `no_grad`, `enable_grad`, `inference_mode`."""

from __future__ import annotations

import functools
import sys
import warnings

from rushlight.autograd.tape import inference_blocks, modes
from rushlight.explain.provenance import blocks
from rushlight.ops import fast
from rushlight.tensor import type_name

__all__ = [
    "enable_grad",
    "enforce_grad_layout_policy",
    "inference_mode",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "is_multithreading_enabled",
    "is_view_replay_enabled",
    "no_grad",
    "set_grad_enabled",
    "set_multithreading_enabled",
]


def is_grad_enabled():
    """Whether operations are recorded in this thread.

    >>> import rushlight as torch
    >>> with torch.no_grad():
    ...     torch.is_grad_enabled()
    False
    """
    return modes.grad_enabled


class _Mode:
    """A context manager that decorates functions, generators and classes too."""

    def __call__(self, function):
        if isinstance(function, type):
            warnings.warn(
                "Decorating classes is deprecated and will be disabled in future versions. You "
                "should only decorate functions or methods. To preserve the current behavior of "
                "class decoration, you can directly decorate the `__init__` method and nothing "
                "else.",
                FutureWarning,
                stacklevel=2,
            )
            return self._decorate(lambda *args, **kwargs: function(*args, **kwargs), function)
        if is_generator_function(function):
            return _wrap_generator(self.clone, function)
        return self._decorate(function, function)

    def _decorate(self, function, original):
        @functools.wraps(original)
        def decorate_context(*args, **kwargs):
            with self.clone():
                return function(*args, **kwargs)

        return decorate_context

    def clone(self):
        """A fresh context manager of the same kind."""
        return type(self)()


def is_generator_function(function):
    """Whether calling it gives a generator."""
    while isinstance(function, functools.partial):
        function = function.func
    code = getattr(function, "__code__", None)
    return code is not None and bool(code.co_flags & 0x20)


def _wrap_generator(context, function):
    """The generator function, each of whose steps runs in the context."""

    @functools.wraps(function)
    def call(*args, **kwargs):
        generator = function(*args, **kwargs)
        step, values = generator.send, (None,)
        try:
            while True:
                try:
                    with context():
                        item = step(*values)
                except StopIteration as end:
                    return end.value
                try:
                    step, values = generator.send, ((yield item),)
                except GeneratorExit:
                    with context():
                        generator.close()
                    raise
                except BaseException as error:
                    step, values = generator.throw, (error,)
        finally:
            with context():
                generator.close()

    return call


class no_grad(_Mode):
    """Operations inside are not recorded.

    >>> import rushlight as torch
    >>> x = torch.ones(1, requires_grad=True)
    >>> with torch.no_grad():
    ...     y = x * 2
    >>> y.requires_grad
    False
    """

    def __new__(cls, function=None):
        made = object.__new__(cls)
        return made if function is None else made(function)

    def __enter__(self):
        self.prev = modes.grad_enabled
        modes.grad_enabled = False
        frame = sys._getframe(1)
        blocks.append((frame.f_code, frame.f_lasti))

    def __exit__(self, *exception):
        modes.grad_enabled = self.prev


class enable_grad(no_grad):
    """Operations inside are recorded, also within `no_grad`."""

    def __enter__(self):
        self.prev = modes.grad_enabled
        modes.grad_enabled = True


class set_grad_enabled(_Mode):
    """Switch recording on or off, at once or within a `with` block."""

    def __init__(self, mode):
        if not isinstance(mode, bool):
            raise TypeError(
                "set_grad_enabled(): argument 'enabled' (position 1) must be bool, not "
                f"{type_name(mode)}"
            )
        self.prev = modes.grad_enabled
        self.mode = mode
        modes.grad_enabled = mode

    def __call__(self, function):
        modes.grad_enabled = self.prev
        return super().__call__(function)

    def __enter__(self):
        modes.grad_enabled = self.mode

    def __exit__(self, *exception):
        modes.grad_enabled = self.prev

    def clone(self):
        return set_grad_enabled(self.mode)

    def __str__(self):
        return f"torch.autograd.grad_mode.set_grad_enabled(mode={self.mode})"

    __repr__ = __str__


def is_inference_mode_enabled():
    """Whether this thread is in inference mode."""
    return modes.inference


class inference_mode(_Mode):
    """Like `no_grad`, and tensors made inside can't be used in autograd at all.

    >>> import rushlight as torch
    >>> with torch.inference_mode():
    ...     x = torch.ones(2)
    >>> x.is_inference(), x.requires_grad
    (True, False)
    """

    def __new__(cls, mode=True):
        if isinstance(mode, bool):
            return super().__new__(cls)
        return cls()(mode)

    def __init__(self, mode=True):
        self.mode = mode

    def __enter__(self):
        self.prev = modes.grad_enabled, modes.forward_grad_enabled, modes.inference
        modes.grad_enabled = modes.forward_grad_enabled = not self.mode
        modes.inference = self.mode
        if self.mode:
            frame = sys._getframe(1)
            blocks.append((frame.f_code, frame.f_lasti))
            inference_blocks[0] += 1
            fast.intercept(+1)

    def __exit__(self, *exception):
        modes.grad_enabled, modes.forward_grad_enabled, modes.inference = self.prev
        if self.mode:
            inference_blocks[0] -= 1
            fast.intercept(-1)

    def clone(self):
        return inference_mode(self.mode)


class Switch(_Mode):
    """A mode that is on from when it is made.

    Attributes:
        name: the attribute of `modes` that it sets.
    """

    def __init__(self, mode):
        self.prev = getattr(modes, self.name)
        self.mode = mode
        setattr(modes, self.name, mode)

    def __enter__(self):
        """Switched already, when this was made."""

    def __exit__(self, *exception):
        setattr(modes, self.name, self.prev)

    def clone(self):
        return type(self)(self.mode)


class set_multithreading_enabled(Switch):
    """Say whether backward passes may use threads; here each runs in the thread that called it."""

    name = "multithreading"


class enforce_grad_layout_policy(Switch):
    """Say whether a first gradient is copied where it doesn't lie in memory as its leaf does.

    If not, a gradient that nobody else holds becomes `.grad` as it is.

    >>> import rushlight as torch
    >>> p = torch.ones(2, 3, requires_grad=True)
    >>> with torch.autograd.enforce_grad_layout_policy(False):
    ...     (p.T * 2).sum().backward()
    >>> p.grad.shape
    torch.Size([2, 3])
    """

    name = "grad_layout"

    def __init__(self, enable=True):
        super().__init__(enable)

    def __call__(self, function):
        self.__exit__()
        return super().__call__(function)


def is_multithreading_enabled():
    """What `set_multithreading_enabled` said last; at first, True."""
    return modes.multithreading


def is_view_replay_enabled():
    """Whether views take their place on the tape anew by their own operations: they always do,
    and this answers what PyTorch answers.
    """
    return False
