"""What all optimizers share: groups of parameters, their state, saving and loading.

An optimizer brings its default numbers and one method, `update(param, grad, state, group)`, which
changes one parameter's array as the method's paper says. Everything else is here.
"""

from __future__ import annotations

import functools
import warnings
from collections import OrderedDict, defaultdict
from copy import deepcopy
from itertools import chain

import numpy as np

from rushlight.autograd import enable_grad
from rushlight.autograd.tape import added_hook, modes
from rushlight.explain import explained
from rushlight.naming import new_object
from rushlight.ops.fast import number_array
from rushlight.tensor import Tensor, wrap

__all__ = ["Optimizer", "register_optimizer_step_post_hook", "register_optimizer_step_pre_hook"]


class _RequiredParameter:
    """The default of a number that has no default."""

    def __repr__(self):
        return "<required parameter>"


required = _RequiredParameter()

_global_pre_hooks: dict = OrderedDict()
_global_post_hooks: dict = OrderedDict()


def register_optimizer_step_pre_hook(hook):
    """Call `hook(optimizer, args, kwargs)` before every step of every optimizer."""
    return added_hook(_global_pre_hooks, hook)


def register_optimizer_step_post_hook(hook):
    """Call `hook(optimizer, args, kwargs)` after every step of every optimizer."""
    return added_hook(_global_post_hooks, hook)


def _with_hooks(step):
    """A method `step` that runs the hooks before and after it, if there are any."""

    @functools.wraps(step)
    def hooked(*args, **kwargs):
        self = args[0]
        before = _global_pre_hooks or self._optimizer_step_pre_hooks
        after = _global_post_hooks or self._optimizer_step_post_hooks
        if not (before or after) or type(self).step is not hooked:
            return step(*args, **kwargs)
        if before:
            args, kwargs = _run_pre_hooks(self, step, args, kwargs)
        result = step(*args, **kwargs)
        for hook in [*self._optimizer_step_post_hooks.values(), *_global_post_hooks.values()]:
            hook(self, args, kwargs)
        return result

    hooked.hooked = True
    return hooked


def _run_pre_hooks(optimizer, step, args, kwargs):
    """Run the hooks before a step; each may replace the arguments of the step."""
    for hook in [*_global_pre_hooks.values(), *optimizer._optimizer_step_pre_hooks.values()]:
        result = hook(optimizer, args, kwargs)
        if result is None:
            continue
        if not isinstance(result, tuple) or len(result) != 2:
            raise RuntimeError(
                f"{step} must return None or a tuple of (new_args, new_kwargs), but got {result}."
            )
        args, kwargs = result
    return args, kwargs


class Optimizer:
    """Base class of all optimizers.

    Args:
        params: Tensors, `(name, Tensor)` pairs, or dicts, each a group with numbers of its own.
        defaults: the numbers of groups that don't bring their own.
    """

    def __init__(self, params, defaults):
        self.defaults = defaults
        self.state = defaultdict(dict)
        self.param_groups: list = []
        self._prepare_hooks()
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, "
                f"but got {params.type()}"
            )
        groups = list(params)
        if not groups:
            raise explained(ValueError("optimizer got an empty parameter list"))
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(dict(group) if isinstance(group, dict) else group)

    profile_hook_step = staticmethod(_with_hooks)

    def _prepare_hooks(self):
        # here, not when the class is made: wrappers of optimizers may never come by this way
        if not getattr(type(self).step, "hooked", False):
            type(self).step = _with_hooks(type(self).step)
        self._optimizer_step_pre_hooks: dict = OrderedDict()
        self._optimizer_step_post_hooks: dict = OrderedDict()
        self._optimizer_state_dict_pre_hooks: dict = OrderedDict()
        self._optimizer_state_dict_post_hooks: dict = OrderedDict()
        self._optimizer_load_state_dict_pre_hooks: dict = OrderedDict()
        self._optimizer_load_state_dict_post_hooks: dict = OrderedDict()

    # What a subclass brings

    def update(self, param, grad, state, group):
        """Change the array `param` by the array `grad`; `state` is this parameter's own."""

    # Stepping

    @_with_hooks
    def step(self, closure=None):
        """Change every parameter that has a gradient.

        Args:
            closure: evaluates the model anew and returns the loss.

        Returns:
            What the closure returned, or None.

        Raises:
            NotImplementedError: the class brings neither `update` nor a `step` of its own.
        """
        if type(self).update is Optimizer.update:
            raise NotImplementedError
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        before = modes.grad_enabled
        modes.grad_enabled = bool(self.defaults.get("differentiable"))
        try:
            with np.errstate(all="ignore"):
                self._update_all()
        finally:
            modes.grad_enabled = before
        return loss

    def _update_all(self):
        for group in self.param_groups:
            if group.get("differentiable"):
                self._update_differentiably(group)
                continue
            numbers, maximize = self.numbers_of(group), group.get("maximize")
            for p in group["params"]:
                gradient = p._grad
                if gradient is None:
                    continue
                array, grad = p._array, gradient._array
                if grad.__class__ is not np.ndarray:
                    grad = self._dense(gradient)
                grad = -grad if maximize else grad
                if array.dtype.kind == "c":
                    self._update_complex(array, grad, self.state[p], numbers)
                else:
                    self.update(array, grad, self.state[p], numbers)
                p._counter[0] += 1

    #: whether a gradient may be sparse
    takes_sparse = False

    def _dense(self, gradient):
        """The array of a gradient that may be sparse."""
        if not gradient.is_sparse:
            return gradient._array
        if self.takes_sparse:
            return gradient.to_dense()._array
        name = type(self).__name__
        if name.startswith("Adam") and name != "Adamax":
            name, hint = "Adam", ", please consider SparseAdam instead"
        else:
            hint = ""
        raise RuntimeError(f"{name} does not support sparse gradients{hint}")

    def _update_differentiably(self, group):
        from rushlight.optim.differentiable import differentiable_update

        if group.get("foreach"):
            raise AssertionError("_foreach ops don't support autograd")
        for p in group["params"]:
            if p._grad is not None:
                differentiable_update(self, p, self.state[p], group)

    def _update_complex(self, param, grad, state, numbers):
        """Change a complex parameter as if its real and imaginary parts were parameters."""
        parts = {name: _as_real(value, param.shape) for name, value in state.items()}
        self.update(as_real(param), as_real(grad), parts, numbers)
        shape = (*param.shape, 2)
        for name, value in parts.items():
            if isinstance(value, Tensor) and value._array.shape == shape:
                value = wrap(value._array.view(param.dtype).reshape(param.shape))
            state[name] = value

    def numbers_of(self, group):
        """A group whose numbers are Python numbers (a learning rate may be a Tensor)."""
        if group.get("lr").__class__ is float:
            return group
        return {k: v.item() if isinstance(v, Tensor) else v for k, v in group.items()}

    def zero_grad(self, set_to_none=True):
        """Forget the gradients: `.grad` becomes None, or zeros with `set_to_none=False`."""
        for group in self.param_groups:
            for p in group["params"]:
                if p._grad is None:
                    continue
                if set_to_none:
                    p._grad = None
                else:
                    p._grad = p._grad.detach() if p._grad._node is not None else p._grad
                    p._grad._requires_grad = False
                    p._grad.zero_()

    # Groups

    def add_param_group(self, param_group):
        """Add a group: a dict with `params` and the numbers in which it differs."""
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        params = param_group["params"]
        if isinstance(params, Tensor):
            params = [params]
        elif isinstance(params, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, but the "
                "ordering of tensors in sets will change between runs. Please use a list instead."
            )
        params = self._take_names(param_group, list(params))
        param_group["params"] = params
        for p in params:
            self._check_param(p)
        for name, default in self.defaults.items():
            if default is required and name not in param_group:
                raise ValueError(
                    f"parameter group didn't specify a value of required optimization parameter "
                    f"{name}"
                )
            param_group.setdefault(name, default)
        if len(params) != len(set(params)):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters; in future, this "
                "will cause an error; see github.com/pytorch/pytorch/issues/40967 for more "
                "information",
                stacklevel=3,
            )
        known = {p for group in self.param_groups for p in group["params"]}
        if not known.isdisjoint(params):
            raise ValueError("some parameters appear in more than one parameter group")
        self.param_groups.append(param_group)

    def _take_names(self, param_group, params):
        """The parameters of a group; if they came with names, these are put into the group."""
        named = [isinstance(p, tuple) for p in params]
        if any(named):
            if not all(named):
                raise ValueError(
                    "all optimizer params should be with/without names. Some param names are "
                    "missing"
                )
            param_group["param_names"] = [name for name, _ in params]
            params = [p for _, p in params]
        if self.param_groups and any(named) != ("param_names" in self.param_groups[0]):
            raise ValueError(
                "all optimizer param groups should be with/without names. cannot add param group "
                f"{'with' if any(named) else 'without'} names to the optimizer"
            )
        return params

    def _check_param(self, param):
        if not isinstance(param, Tensor):
            raise TypeError(
                f"optimizer can only optimize Tensors, but one of the params is {type_title(param)}"
            )
        if not self.defaults.get("differentiable") and not (param.is_leaf or param.retains_grad):
            raise explained(ValueError("can't optimize a non-leaf Tensor"))

    # Saving and loading

    def state_dict(self):
        """The state and the groups' numbers, parameters named by their positions.

        The form is PyTorch's: what one library saves the other loads.
        """
        for hook in self._optimizer_state_dict_pre_hooks.values():
            hook(self)
        positions: dict = {}
        for p in chain.from_iterable(group["params"] for group in self.param_groups):
            positions.setdefault(p, len(positions))
        groups = [
            {
                **{k: v for k, v in group.items() if k != "params"},
                "params": [positions[p] for p in group["params"]],
            }
            for group in self.param_groups
        ]
        state = {positions.get(p, p): values for p, values in self.state.items() if values}
        result = {"state": state, "param_groups": groups}
        for hook in self._optimizer_state_dict_post_hooks.values():
            replaced = hook(self, result)
            result = result if replaced is None else replaced
        return result

    def load_state_dict(self, state_dict):
        """Take over what `state_dict()` gave, for the same groups of parameters.

        Raises:
            ValueError: the groups don't match; then nothing is changed.
        """
        state_dict = dict(state_dict)
        for hook in self._optimizer_load_state_dict_pre_hooks.values():
            replaced = hook(self, state_dict)
            state_dict = state_dict if replaced is None else replaced
        saved_groups = deepcopy(state_dict["param_groups"])
        if len(self.param_groups) != len(saved_groups):
            raise ValueError("loaded state dict has a different number of parameter groups")
        pairs = list(zip(self.param_groups, saved_groups, strict=True))
        if any(len(own["params"]) != len(saved["params"]) for own, saved in pairs):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of "
                "optimizer's group"
            )
        by_position = {
            position: p
            for own, saved in pairs
            for position, p in zip(saved["params"], own["params"], strict=True)
        }
        state = defaultdict(dict)
        for key, values in state_dict["state"].items():
            param = by_position.get(key)
            state[key if param is None else param] = _fit_state(param, values)
        groups = [{**saved, "params": own["params"]} for own, saved in pairs]
        for (own, _), group in zip(pairs, groups, strict=True):
            if "param_names" in own:
                group.setdefault("param_names", own["param_names"])
        self.__setstate__({"state": state, "param_groups": groups})
        for hook in self._optimizer_load_state_dict_post_hooks.values():
            hook(self)

    def __getstate__(self):
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state):
        self.__dict__.update(state)
        if "_optimizer_step_pre_hooks" not in self.__dict__:
            self._prepare_hooks()
        for group in self.param_groups:
            for name, default in self.defaults.items():
                group.setdefault(name, default)
        if type(self).update is not Optimizer.update:
            for values in self.state.values():
                _count_in_tensor(values)

    def __reduce_ex__(self, protocol):
        """Rushlight's own classes are pickled by the place where they really are."""
        make, arguments, *rest = super().__reduce_ex__(protocol)
        if type(self).__module__.startswith("torch.optim."):
            make, arguments = new_object, (type(self).__module__, type(self).__qualname__)
        return make, arguments, *rest

    def __repr__(self):
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            lines += ["", f"Parameter Group {i}"] if i else [f"Parameter Group {i}"]
            for key in sorted(group):
                if key != "params":
                    lines.append(f"    {key}: {group[key]}")
        return "\n".join([*lines, ")"])

    # Hooks

    def register_step_pre_hook(self, hook):
        """Call `hook(optimizer, args, kwargs)` before each step."""
        return added_hook(self._optimizer_step_pre_hooks, hook)

    def register_step_post_hook(self, hook):
        """Call `hook(optimizer, args, kwargs)` after each step."""
        return added_hook(self._optimizer_step_post_hooks, hook)

    def register_state_dict_pre_hook(self, hook, prepend=False):
        """Call `hook(optimizer)` before `state_dict`."""
        return _register(self._optimizer_state_dict_pre_hooks, hook, prepend)

    def register_state_dict_post_hook(self, hook, prepend=False):
        """Call `hook(optimizer, state_dict)` after `state_dict`; it may return another."""
        return _register(self._optimizer_state_dict_post_hooks, hook, prepend)

    def register_load_state_dict_pre_hook(self, hook, prepend=False):
        """Call `hook(optimizer, state_dict)` before loading; it may return another."""
        return _register(self._optimizer_load_state_dict_pre_hooks, hook, prepend)

    def register_load_state_dict_post_hook(self, hook, prepend=False):
        """Call `hook(optimizer)` after loading."""
        return _register(self._optimizer_load_state_dict_post_hooks, hook, prepend)


def _register(hooks, hook, prepend):
    handle = added_hook(hooks, hook)
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


def type_title(value):
    """How PyTorch's messages name the type of what should have been a Tensor."""
    return type(value).__name__


def as_real(array):
    """The real and imaginary parts of a complex array, as a last dimension."""
    parts = array.real.dtype
    return np.ascontiguousarray(array).view(parts).reshape((*array.shape, 2))


def _as_real(value, shape):
    """A piece of a complex parameter's state, as `as_real` shows it."""
    if isinstance(value, Tensor) and value._array.dtype.kind == "c":
        return wrap(as_real(value._array))
    return value


def _count_in_tensor(values):
    """Let a state that counts its steps by a number count them by a Tensor."""
    if isinstance(values, dict) and isinstance(values.get("step"), (int, float)):
        values["step"] = wrap(np.asarray(values["step"], np.float32))


def _fit_state(param, values):
    """A parameter's saved state, copied, in its dtype (the step count stays as it is)."""
    if not isinstance(values, dict) or param is None:
        return values
    return {name: _fit_value(param, name, value) for name, value in values.items()}


def _fit_value(param, name, value):
    if not isinstance(value, Tensor):
        return deepcopy(value)
    array = value._array
    is_float = param._array.dtype.kind in "fc"
    return wrap(
        array.copy() if name == "step" or not is_float else array.astype(param._array.dtype)
    )


# What the methods are made of ---------------------------------------------------------------------


def check_number(name, value, ok):
    """Refuse a number out of range, in PyTorch's words.

    Raises:
        ValueError: `ok` is false.
    """
    if not ok:
        raise ValueError(f"Invalid {name}: {value}")


def check_lr(lr):
    """Refuse a learning rate that is negative, or a Tensor of several."""
    if isinstance(lr, Tensor) and lr.numel() != 1:
        raise ValueError("Tensor lr must be 1-element")
    check_number("learning rate", lr, 0.0 <= lr)  # noqa: SIM300  (what a string is told)


def check_betas(betas):
    """Refuse decay rates out of [0, 1)."""
    for i in range(2):
        check_number(f"beta parameter at index {i}", betas[i], 0 <= betas[i] < 1)


def check_implementation(foreach, fused, differentiable=False):
    """Refuse asking for two implementations at once (all are accepted, and change nothing)."""
    if fused and differentiable:
        raise RuntimeError("`fused` does not support `differentiable`")
    if fused and foreach:
        raise RuntimeError("`fused` and `foreach` cannot be `True` together.")


def number(x):
    """The number in a 0-d array, as a Python number; of one that is traced, what stands for it.

    An update that takes its numbers so, and calls the functions below where it would otherwise
    branch, can be compiled: the number is found anew in each run.
    """
    return x.number() if hasattr(x, "handles_operations") else float(x)


def beside(array, number):
    """A number as what NumPy computes with fastest beside an array."""
    return number_array(number, array.dtype) if array.__class__ is np.ndarray else number


def select(condition, yes, no):
    """`yes()` if a condition on numbers holds, else `no()`."""
    if hasattr(condition, "handles_operations"):
        return np.where(condition, yes(), no())
    return yes() if condition else no()


def larger(a, b):
    """The larger of two numbers."""
    return select(a > b, lambda: a, lambda: b)


def zeros_like(param):
    """State of a parameter's shape, to begin with."""
    return wrap(np.zeros_like(param))


def first_count():
    """The number of steps before the first one, as PyTorch keeps it."""
    return wrap(np.zeros((), np.float32))
