"""Hooks: functions of the user's that run before or after a module's forward or backward.

A hook of one module is kept in a dictionary of that module, keyed by its handle's number; a hook
for all modules is kept in `everywhere`. `Module.__call__` comes here only when there is any hook.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict

from rushlight.autograd.function import Function
from rushlight.autograd.tape import added_hook, modes
from rushlight.autograd.watched import check_replacement
from rushlight.tensor import Tensor


class _Everywhere:
    """The hooks that run for every module; `active` turns true with the first one."""

    def __init__(self):
        self.active = False
        self.forward_pre = OrderedDict()
        self.forward = OrderedDict()
        self.forward_with_kwargs = {}
        self.forward_always = {}
        self.backward_pre = OrderedDict()
        self.backward = OrderedDict()
        self.backward_is_full = None
        self.registration = {kind: OrderedDict() for kind in ("parameter", "buffer", "module")}


everywhere = _Everywhere()

_MIXED_KINDS = (
    "Cannot use both regular backward hooks and full backward hooks {}. "
    "Please use only one of them."
)


def _add(table, hook, *marks, prepend=False):
    """Put `hook` into `table` and its number into each of `marks`; the handle takes it out."""
    handle = added_hook(table, hook)
    for mark in marks:
        mark[handle.id] = True
    if prepend:
        table.move_to_end(handle.id, last=False)
    return handle


def make_hook_tables(module):
    """Give a new module its empty tables of hooks."""
    own = module.__dict__
    own["_backward_pre_hooks"] = OrderedDict()
    own["_backward_hooks"] = OrderedDict()
    own["_is_full_backward_hook"] = None
    own["_forward_hooks"] = OrderedDict()
    own["_forward_hooks_with_kwargs"] = {}
    own["_forward_hooks_always_called"] = {}
    own["_forward_pre_hooks"] = OrderedDict()
    own["_forward_pre_hooks_with_kwargs"] = {}


class Hooks:
    """The part of `Module` that registers hooks and calls a module that has some."""

    _hooked = False

    def register_forward_pre_hook(self, hook, *, prepend=False, with_kwargs=False):
        """Call `hook(module, args)` before every forward.

        What the hook returns, unless None, replaces the positional arguments (a single value stands
        for a tuple of one). With `with_kwargs` the hook is called as `hook(module, args, kwargs)`
        and returns `(args, kwargs)` or None. `prepend` puts it before the hooks already there.
        Returns a handle with `remove()`.

        >>> import rushlight as torch
        >>> layer = torch.nn.Identity()
        >>> handle = layer.register_forward_pre_hook(lambda module, args: args[0] * 10)
        >>> layer(torch.ones(2))
        tensor([10., 10.])
        """
        self._hooked = True
        marks = [self._forward_pre_hooks_with_kwargs] if with_kwargs else []
        return _add(self._forward_pre_hooks, hook, *marks, prepend=prepend)

    def register_forward_hook(self, hook, *, prepend=False, with_kwargs=False, always_call=False):
        """Call `hook(module, args, output)` after every forward; its result replaces the output.

        A result of None changes nothing. With `with_kwargs` the hook is called as
        `hook(module, args, kwargs, output)`. With `always_call` it runs even when forward raised.
        `prepend` puts it before the hooks already there.

        >>> import rushlight as torch
        >>> layer = torch.nn.Linear(2, 3)
        >>> show_shape = lambda module, args, output: print(output.shape)
        >>> with layer.register_forward_hook(show_shape):
        ...     _ = layer(torch.ones(1, 2))
        torch.Size([1, 3])
        """
        self._hooked = True
        marks = [self._forward_hooks_with_kwargs] if with_kwargs else []
        marks += [self._forward_hooks_always_called] if always_call else []
        return _add(self._forward_hooks, hook, *marks, prepend=prepend)

    def register_full_backward_pre_hook(self, hook, prepend=False):
        """Call `hook(module, grad_output)` before the module's backward.

        `grad_output` is a tuple with the gradient of each output; a result replaces it.
        """
        self._hooked = True
        return _add(self._backward_pre_hooks, hook, prepend=prepend)

    def register_full_backward_hook(self, hook, prepend=False):
        """Call `hook(module, grad_input, grad_output)` when the inputs' gradients are known.

        Both are tuples, one entry for each positional argument or output, None where there is no
        gradient. A result other than None replaces `grad_input`.

        >>> import rushlight as torch
        >>> layer = torch.nn.Tanh()
        >>> show = lambda module, grad_input, grad_output: print(grad_input, grad_output)
        >>> handle = layer.register_full_backward_hook(show)
        >>> layer(torch.zeros(1, requires_grad=True)).backward()
        (tensor([1.]),) (tensor([1.]),)
        """
        self._hooked = True
        _set_backward_kind(self, full=True)
        return _add(self._backward_hooks, hook, prepend=prepend)

    def register_backward_hook(self, hook):
        """The old form of `register_full_backward_hook`: it sees forward's last operation only."""
        self._hooked = True
        _set_backward_kind(self, full=False)
        return _add(self._backward_hooks, hook)


def _set_backward_kind(module, full):
    if module._is_full_backward_hook is (not full):
        raise RuntimeError(_MIXED_KINDS.format("on a single Module"))
    module._is_full_backward_hook = full


# Hooks for all modules


def register_module_forward_pre_hook(hook):
    """Call `hook(module, args)` before the forward of every module."""
    everywhere.active = True
    return _add(everywhere.forward_pre, hook)


def register_module_forward_hook(hook, *, with_kwargs=False, always_call=False):
    """Call `hook(module, args, output)` after the forward of every module."""
    everywhere.active = True
    marks = [everywhere.forward_with_kwargs] if with_kwargs else []
    marks += [everywhere.forward_always] if always_call else []
    return _add(everywhere.forward, hook, *marks)


def register_module_full_backward_pre_hook(hook):
    """Call `hook(module, grad_output)` before the backward of every module."""
    everywhere.active = True
    return _add(everywhere.backward_pre, hook)


def register_module_full_backward_hook(hook):
    """Call `hook(module, grad_input, grad_output)` after the backward of every module."""
    return _add_backward_everywhere(hook, full=True)


def register_module_backward_hook(hook):
    """The old form of `register_module_full_backward_hook`: forward's last operation only."""
    return _add_backward_everywhere(hook, full=False)


def _add_backward_everywhere(hook, full):
    if everywhere.backward_is_full is (not full):
        raise RuntimeError(_MIXED_KINDS.format("as a global Module hook"))
    everywhere.active = True
    everywhere.backward_is_full = full
    return _add(everywhere.backward, hook)


def register_module_parameter_registration_hook(hook):
    """Call `hook(module, name, parameter)` whenever a parameter is registered."""
    return _add(everywhere.registration["parameter"], hook)


def register_module_buffer_registration_hook(hook):
    """Call `hook(module, name, buffer)` whenever a buffer is registered."""
    return _add(everywhere.registration["buffer"], hook)


def register_module_module_registration_hook(hook):
    """Call `hook(module, name, submodule)` whenever a submodule is registered."""
    return _add(everywhere.registration["module"], hook)


def at_registration(kind, module, name, value):
    """What is to be registered, after the global registration hooks had their say."""
    for hook in everywhere.registration[kind].values():
        result = hook(module, name, value)
        value = value if result is None else result
    return value


# The call of a module that has hooks


def call_with_hooks(module, args, kwargs):
    """Forward with every hook around it, in PyTorch's order."""
    ran = set()
    try:
        return _call(module, args, kwargs, ran)
    except Exception:
        _run_always_called(module, args, kwargs, ran)
        raise


def _call(module, args, kwargs, ran):
    args, kwargs = _before_forward(module, args, kwargs)
    backward = _BackwardHook.wanted_by(module)
    if backward:
        args = backward.watch_inputs(args)
    output = module.forward(*args, **kwargs)
    output = _after_forward(module, args, kwargs, output, ran)
    if backward:
        output = backward.watch_outputs(output)
    hooks = _partial_hooks(module)
    if hooks:
        from rushlight.nn.partial_hooks import attach

        attach(hooks, module, args, output)
    return output


def _before_forward(module, args, kwargs):
    for hook in list(everywhere.forward_pre.values()):
        args = _replaced(args, hook(module, args))
    for number, hook in list(module._forward_pre_hooks.items()):
        if number not in module._forward_pre_hooks_with_kwargs:
            args = _replaced(args, hook(module, args))
            continue
        result = hook(module, args, kwargs)
        if result is None:
            continue
        if not (isinstance(result, tuple) and len(result) == 2):
            raise RuntimeError(
                "forward pre-hook must return None or a tuple of (new_args, new_kwargs), "
                f"but got {result}."
            )
        args, kwargs = result
    return args, kwargs


def _replaced(args, result):
    if result is None:
        return args
    return result if isinstance(result, tuple) else (result,)


def _forward_hooks(module):
    """Every forward hook: (number, hook, takes keyword arguments, is called in any case)."""
    for number, hook in list(everywhere.forward.items()):
        in_any_case = number in everywhere.forward_always
        yield number, hook, number in everywhere.forward_with_kwargs, in_any_case
    for number, hook in list(module._forward_hooks.items()):
        in_any_case = number in module._forward_hooks_always_called
        yield number, hook, number in module._forward_hooks_with_kwargs, in_any_case


def _after_forward(module, args, kwargs, output, ran):
    for number, hook, with_kwargs, _ in _forward_hooks(module):
        ran.add(number)
        extra = (kwargs,) if with_kwargs else ()
        result = hook(module, args, *extra, output)
        output = output if result is None else result
    return output


def _run_always_called(module, args, kwargs, ran):
    """After an error: the forward hooks that run in any case, and did not yet."""
    for number, hook, with_kwargs, in_any_case in _forward_hooks(module):
        if in_any_case and number not in ran:
            extra = (kwargs,) if with_kwargs else ()
            hook(module, args, *extra, None)


# Backward hooks


class BackwardHookFunction(Function):
    """The identity, with a function that may look at and replace the gradients on their way."""

    @staticmethod
    def forward(ctx, on_gradients, *tensors):
        ctx.on_gradients = on_gradients
        ctx.set_materialize_grads(False)
        return tuple(tensor.view_as(tensor) for tensor in tensors)

    @staticmethod
    def backward(ctx, *gradients):
        return None, *ctx.on_gradients(gradients)


class _Watched:
    """Those of some values that require a gradient, each behind the identity."""

    def __init__(self, values, on_gradients):
        self.values = values
        grad_mode = modes.grad_enabled
        self.positions = [
            i
            for i, v in enumerate(values)
            if grad_mode and isinstance(v, Tensor) and v.requires_grad
        ]
        if self.positions:
            tensors = (values[i] for i in self.positions)
            watched = BackwardHookFunction.apply(on_gradients, *tensors)
            replaced = list(values)
            for i, tensor in zip(self.positions, watched, strict=True):
                replaced[i] = tensor
            self.values = tuple(replaced)

    def all_gradients(self, gradients, fill):
        """One entry per value: its gradient, or `fill(value)`."""
        given = dict(zip(self.positions, gradients, strict=True))
        found = (given.get(i) for i in range(len(self.values)))
        return tuple(fill(v) if g is None else g for v, g in zip(self.values, found, strict=True))

    def own_gradients(self, gradients):
        return tuple(gradients[i] for i in self.positions)


def _zeros_for_tensor(value):
    return value.detach().new_zeros(value.shape) if isinstance(value, Tensor) else None


def _none(value):
    return None


class _BackwardHook:
    """One call of a module with full backward hooks: it watches inputs and outputs."""

    @staticmethod
    def wanted_by(module):
        """A _BackwardHook if there is any full backward (pre-)hook for `module`, or None."""
        pre_hooks = [*everywhere.backward_pre.values(), *module._backward_pre_hooks.values()]
        hooks = list(everywhere.backward.values()) if everywhere.backward_is_full else []
        if module._is_full_backward_hook:
            hooks += module._backward_hooks.values()
        return _BackwardHook(module, hooks, pre_hooks) if hooks or pre_hooks else None

    def __init__(self, module, hooks, pre_hooks):
        self.module, self.hooks, self.pre_hooks = module, hooks, pre_hooks
        self.grad_outputs = None

    def watch_inputs(self, args):
        self.inputs = _Watched(args, self.on_grad_inputs)
        return self.inputs.values

    def watch_outputs(self, output):
        if not isinstance(output, (tuple, Tensor)):
            warnings.warn(
                "For backward hooks to be called, module output should be a Tensor or a tuple of "
                f"Tensors but received {type(output)}",
                stacklevel=5,
            )
            return output
        many = isinstance(output, tuple)
        self.outputs = _Watched(output if many else (output,), self.on_grad_outputs)
        return self.outputs.values if many else self.outputs.values[0]

    def on_grad_outputs(self, gradients):
        grads = self.outputs.all_gradients(gradients, _none)
        for hook in self.pre_hooks:
            grads = _checked(hook(self.module, grads), grads, "Backward pre hook", "grad_output")
        self.grad_outputs = grads
        if not self.inputs.positions:
            warnings.warn(
                "Full backward hook is firing when gradients are computed with respect to module "
                "outputs since no inputs require gradients. See https://docs.pytorch.org/docs/main/"
                "generated/torch.nn.Module.html#torch.nn.Module.register_full_backward_hook "
                "for more details.",
                stacklevel=5,
            )
            self._run_hooks((None,) * len(self.inputs.values))
        return self.outputs.own_gradients(grads)

    def on_grad_inputs(self, gradients):
        if self.grad_outputs is None:  # backward did not come through the outputs
            return gradients
        grads = self._run_hooks(self.inputs.all_gradients(gradients, _zeros_for_tensor))
        return self.inputs.own_gradients(grads)

    def _run_hooks(self, grad_inputs):
        for hook in self.hooks:
            result = hook(self.module, grad_inputs, self.grad_outputs)
            grad_inputs = _checked(result, grad_inputs, "Backward hook", "grad_input")
        self.grad_outputs = None
        return grad_inputs


def _partial_hooks(module):
    """The backward hooks of the old kind for a module."""
    hooks = [] if everywhere.backward_is_full else list(everywhere.backward.values())
    return hooks if module._is_full_backward_hook else [*hooks, *module._backward_hooks.values()]


def _checked(result, old, who, what):
    if result is None:
        return old
    result = (result,) if isinstance(result, Tensor) else result
    if len(result) != len(old):
        raise RuntimeError(
            f"{who} returned an invalid number of {what}, got {len(result)}, "
            f"but expected {len(old)}"
        )
    for new, replaced in zip(result, old, strict=True):
        if new is not None:
            check_replacement("hook", new, replaced)
    return result
