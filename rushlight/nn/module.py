"""Module: what every layer and model is.

A module owns parameters, buffers and other modules. They are registered by assigning them as
attributes, and found again in the order of their assignment: that order is the order of
`parameters()`, of `state_dict()` and of the printed form.
"""

from __future__ import annotations

from typing import Any, TypeVar

from rushlight.explain import explained
from rushlight.explain.provenance import here
from rushlight.naming import new_object, typename
from rushlight.nn.conversion import Conversions
from rushlight.nn.hooks import (
    Hooks,
    at_registration,
    call_with_hooks,
    everywhere,
    make_hook_tables,
    register_module_backward_hook,
    register_module_buffer_registration_hook,
    register_module_forward_hook,
    register_module_forward_pre_hook,
    register_module_full_backward_hook,
    register_module_full_backward_pre_hook,
    register_module_module_registration_hook,
    register_module_parameter_registration_hook,
)
from rushlight.nn.members import BUFFER, MODULE, PARAMETER, members, members_property
from rushlight.nn.parameter import Buffer, Parameter
from rushlight.nn.state import StateDict, _IncompatibleKeys, make_state_hook_tables
from rushlight.tensor import Tensor

__all__ = [
    "Module",
    "_IncompatibleKeys",
    "register_module_backward_hook",
    "register_module_buffer_registration_hook",
    "register_module_forward_hook",
    "register_module_forward_pre_hook",
    "register_module_full_backward_hook",
    "register_module_full_backward_pre_hook",
    "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
]


class Module(Conversions, Hooks, StateDict):
    """Base class of all layers and models.

    A subclass calls `super().__init__()`, assigns parameters and submodules to `self`, and defines
    `forward`; calling the module calls `forward` and any hooks.

    Members are ordinary attributes; see `rushlight.nn.members`.

    >>> import rushlight as torch
    >>> class Scale(torch.nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.factor = torch.nn.Parameter(torch.tensor(3.0))
    ...
    ...     def forward(self, input):
    ...         return self.factor * input
    >>> Scale()(torch.tensor([1.0, 2.0]))
    tensor([3., 6.], grad_fn=<MulBackward0>)
    """

    __module__ = "torch.nn.modules.module"

    T_destination = TypeVar("T_destination", bound=dict[str, Any])
    dump_patches = False
    call_super_init = False
    training: bool

    def __init__(self, *args, **kwargs):
        if not self.call_super_init:
            _refuse_arguments(self, args, kwargs)
        _make_tables(self)
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    def __init_subclass__(cls, **kwargs):
        """Rushlight's layers say that they live where PyTorch's do: programs print and match it."""
        super().__init_subclass__(**kwargs)
        cls.__module__ = cls.__module__.replace("rushlight.nn.", "torch.nn.modules.", 1)

    def __call__(self, *args, **kwargs):
        line = here[0]
        try:
            if self._hooked or everywhere.active:
                output = call_with_hooks(self, args, kwargs)
            else:
                output = self.forward(*args, **kwargs)
        except Exception as error:
            explained(error)
            raise
        here[0] = line  # `forward` may have run other lines of the user's program
        return output

    def forward(self, *input):
        """Compute the module's output. Every subclass defines it."""
        raise NotImplementedError(
            f'Module [{type(self).__name__}] is missing the required "forward" function'
        )

    # Attributes

    def __setattr__(self, name, value):
        if isinstance(value, Tensor) and isinstance(value, Parameter):
            _require_init(self, "parameters")
            _release(self, name, PARAMETER)
            self.register_parameter(name, value)
        elif isinstance(value, Module):
            _require_init(self, "module")
            _release(self, name, MODULE)
            _register(self, name, MODULE, value)
        elif isinstance(value, Tensor) and isinstance(value, Buffer):
            _require_init(self, "buffer")
            _release(self, name, BUFFER)
            self.register_buffer(name, value, value.persistent)
        elif name in self.__dict__.get("_kinds", ()):
            _replace(self, name, self._kinds[name], value)
        else:
            object.__setattr__(self, name, value)

    def __getattr__(self, name):
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __delattr__(self, name):
        if name not in self.__dict__ and not hasattr(type(self), name):
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
        if name in self.__dict__.get("_kinds", ()):
            _release(self, name, None)
        else:
            super().__delattr__(name)

    def __dir__(self):
        names = {*dir(type(self)), *self.__dict__}
        return sorted(name for name in names if not name[0].isdigit())

    _parameters = members_property(PARAMETER)
    _buffers = members_property(BUFFER)
    _modules = members_property(MODULE)

    # Registration

    def register_parameter(self, name, param):
        """Register a Parameter, or None for one that is absent, under `name`."""
        _require_init(self, "parameter")
        _check_name(self, PARAMETER, name)
        if param is None:
            _register(self, name, PARAMETER, None)
            return
        if not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{typename(param)}' object to parameter '{name}' "
                "(torch.nn.Parameter or None required)"
            )
        if param.grad_fn is not None:
            raise ValueError(
                f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be "
                f"created explicitly. To express '{name}' as a function of another Tensor, compute "
                "the value in the forward() method."
            )
        _register(self, name, PARAMETER, param)

    def register_buffer(self, name, tensor, persistent=True):
        """Register a tensor that belongs to the module but is not trained.

        It follows `to()`, and is part of `state_dict()` if `persistent`.

        >>> import rushlight as torch
        >>> module = torch.nn.Module()
        >>> module.register_buffer("mean", torch.zeros(2))
        >>> list(module.state_dict())
        ['mean']
        """
        _require_init(self, "buffer")
        _check_name(self, BUFFER, name)
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{typename(tensor)}' object to buffer '{name}' "
                "(torch Tensor or None required)"
            )
        _register(self, name, BUFFER, tensor)
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def add_module(self, name, module):
        """Register a submodule, or None, under `name`."""
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"{typename(module)} is not a Module subclass")
        if "_kinds" not in self.__dict__:
            self.__getattr__("_modules")
        _check_name(self, MODULE, name)
        _register(self, name, MODULE, module)

    def register_module(self, name, module):
        """The same as `add_module`."""
        self.add_module(name, module)

    # Members by path

    def get_submodule(self, target):
        """The submodule at the path `target`, such as `"encoder.0"`; `""` is the module itself."""
        module = self
        for name in target.split(".") if target else ():
            if not hasattr(module, name):
                raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
            module = getattr(module, name)
            if not isinstance(module, Module):
                raise AttributeError(f"`{name}` is not an nn.Module")
        return module

    def set_submodule(self, target, module, strict=False):
        """Replace the submodule at the path `target`; with `strict` it must be there already."""
        if target == "":
            raise ValueError("Cannot set the submodule without a target name!")
        *path, name = target.split(".")
        if not isinstance(module, Module):
            raise ValueError(f"`module` is not an nn.Module, found {type(module)}")
        parent = self.get_submodule(".".join(path))
        if strict and not hasattr(parent, name):
            raise AttributeError(f"{parent._get_name()} has no attribute `{name}`")
        if hasattr(parent, name) and not isinstance(getattr(parent, name), Module):
            raise AttributeError(f"`{name}` is not an nn.Module")
        setattr(parent, name, module)

    def get_parameter(self, target):
        """The parameter at the path `target`, such as `"encoder.0.weight"`."""
        _, name, value = _find(self, target)
        if not isinstance(value, Parameter):
            raise AttributeError(f"`{name}` is not an nn.Parameter")
        return value

    def get_buffer(self, target):
        """The buffer at the path `target`, such as `"norm.running_mean"`."""
        owner, name, value = _find(self, target)
        if owner._kinds.get(name) != BUFFER:
            raise AttributeError(f"`{name}` is not a buffer")
        return value

    # Traversal

    def _named_members(self, get_members_fn, prefix="", recurse=True, remove_duplicate=True):
        """(path, member) of all the (name, member) that the function gives of each module."""
        seen = set()
        modules = [(prefix, self)]
        if recurse:
            modules = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
        for path, module in modules:
            for name, member in get_members_fn(module):
                if member is None or member in seen:
                    continue
                if remove_duplicate:
                    seen.add(member)
                yield f"{path}.{name}" if path else name, member

    def named_parameters(self, prefix="", recurse=True, remove_duplicate=True):
        """Yield (path, parameter), each parameter once, in the order of registration.

        >>> import rushlight as torch
        >>> [name for name, _ in torch.nn.Linear(2, 3).named_parameters()]
        ['weight', 'bias']
        """
        yield from self._named_members(
            lambda module: members(module, PARAMETER), prefix, recurse, remove_duplicate
        )

    def parameters(self, recurse=True):
        """Yield the parameters, each once, in the order of registration."""
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter

    def named_buffers(self, prefix="", recurse=True, remove_duplicate=True):
        """Yield (path, buffer), each buffer once."""
        yield from self._named_members(
            lambda module: members(module, BUFFER), prefix, recurse, remove_duplicate
        )

    def buffers(self, recurse=True):
        """Yield the buffers, each once."""
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    def named_children(self):
        """Yield (name, submodule) of the direct submodules, each once."""
        seen = set()
        for name, module in members(self, MODULE):
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self):
        """Yield the direct submodules, each once."""
        for _, module in self.named_children():
            yield module

    def named_modules(self, memo=None, prefix="", remove_duplicate=True):
        """Yield (path, module): the module itself, then all below it, depth first, each once.

        >>> import rushlight as torch
        >>> [path for path, _ in torch.nn.Sequential(torch.nn.ReLU()).named_modules()]
        ['', '0']
        """
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in members(self, MODULE):
            if module is not None:
                path = f"{prefix}.{name}" if prefix else name
                yield from module.named_modules(memo, path, remove_duplicate)

    def modules(self):
        """Yield the module itself and all below it, depth first, each once."""
        for _, module in self.named_modules():
            yield module

    def apply(self, fn):
        """Call `fn` on every submodule, children first, then on the module; return the module."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    # Modes

    def train(self, mode=True):
        """Switch to training mode (dropout drops, batch norm uses the batch); return the module."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self):
        """Switch to evaluation mode, the same as `train(False)`."""
        return self.train(False)

    def requires_grad_(self, requires_grad=True):
        """Say whether the parameters are to be trained; return the module."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none=True):
        """Forget the gradients of all parameters, or fill them with zeros."""
        for parameter in self.parameters():
            if parameter.grad is None:
                continue
            if set_to_none:
                parameter.grad = None
            else:
                parameter.grad = parameter.grad.detach()
                parameter.grad.zero_()

    def compile(self, *args, **kwargs):
        """Compile `forward`, in place; arguments as those of `torch.compile`.

        >>> import rushlight as torch
        >>> layer = torch.nn.Linear(2, 3)
        >>> layer.compile()
        >>> layer(torch.ones(1, 2)).shape
        torch.Size([1, 3])
        """
        from rushlight.compiler import compile

        forward = compile(type(self).forward.__get__(self), *args, **kwargs)
        self.__dict__.update(forward=forward, _compiled=True)

    # Printing and copying

    def _get_name(self):
        return type(self).__name__

    def extra_repr(self):
        """What the printed form says between the parentheses; layers override it."""
        return ""

    def __repr__(self):
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        children = [f"({name}): {_indented(module)}" for name, module in members(self, MODULE)]
        if len(lines) <= 1 and not children:
            return f"{self._get_name()}({extra})"
        inside = "\n  ".join(lines + children)
        return f"{self._get_name()}(\n  {inside}\n)"

    def __getstate__(self):
        """All attributes but what `compile` made."""
        state = dict(self.__dict__)
        if state.get("forward") is not None and "_compiled" in state:
            del state["forward"]
        return state

    def __reduce_ex__(self, protocol):
        """Rushlight's own classes are pickled by the place where they really are."""
        make, arguments, *rest = super().__reduce_ex__(protocol)
        if type(self).__module__.startswith("torch.nn."):
            make, arguments = new_object, (type(self).__module__, type(self).__qualname__)
        return make, arguments, *rest

    def __setstate__(self, state):
        """Take over a pickled state; one of an older layout lacks some tables."""
        _make_tables(self)
        state = dict(state)
        for kind in (PARAMETER, BUFFER, MODULE):
            for name, member in state.pop(f"_{kind}s", {}).items():  # PyTorch's own layout
                _register(self, name, kind, member)
        self.__dict__.update(state)
        tables = (self._forward_hooks, self._forward_pre_hooks, self._backward_hooks)
        self._hooked = any(tables) or bool(self._backward_pre_hooks)


# What the methods are made of; functions, so that they don't take names from subclasses -----------


def _make_tables(module):
    own = module.__dict__
    own["training"] = True
    own["_kinds"] = {}
    own["_non_persistent_buffers_set"] = set()
    make_hook_tables(module)
    make_state_hook_tables(module)


def _refuse_arguments(module, args, kwargs):
    name = type(module).__name__
    if kwargs:
        raise TypeError(
            f"{name}.__init__() got an unexpected keyword argument '{next(iter(kwargs))}'"
        )
    if args:
        raise TypeError(
            f"{name}.__init__() takes 1 positional argument but {len(args) + 1} were given"
        )


def _require_init(module, what):
    if "_kinds" not in module.__dict__:
        raise AttributeError(f"cannot assign {what} before Module.__init__() call")


def _register(module, name, kind, member):
    own = module.__dict__
    own[name] = at_registration(kind, module, name, member)
    own["_kinds"][name] = kind


def _release(module, name, kind):
    """Make `name` free, unless it is a member of this kind already."""
    own = module.__dict__
    if own["_kinds"].get(name) != kind or kind is None:
        own["_kinds"].pop(name, None)
        own.pop(name, None)
    own["_non_persistent_buffers_set"].discard(name)


_EXPECTED = {
    PARAMETER: ("parameter", "torch.nn.Parameter or None"),
    MODULE: ("child module", "torch.nn.Module or None"),
    BUFFER: ("buffer", "torch.nn.Buffer, torch.Tensor or None"),
}


def _replace(module, name, kind, value):
    """Assign an ordinary value to the name of a member: None, or a tensor for a buffer."""
    if not (value is None or (kind == BUFFER and isinstance(value, Tensor))):
        role, expected = _EXPECTED[kind]
        given = typename(value)
        raise TypeError(f"cannot assign '{given}' as {role} '{name}' ({expected} expected)")
    _register(module, name, kind, value)


def _check_name(module, kind, name):
    if not isinstance(name, str):
        raise TypeError(f"{kind} name should be a string. Got {typename(name)}")
    if module.__dict__["_kinds"].get(name) != kind and hasattr(module, name):
        raise KeyError(f"attribute '{name}' already exists")
    if "." in name:
        got = f", got: {name}" if kind == MODULE else ""
        raise KeyError(f'{kind} name can\'t contain "."{got}')
    if name == "":
        raise KeyError(f'{kind} name can\'t be empty string ""')


def _find(module, target):
    """(the owner, the name, the value) of the member at the path `target`."""
    path, _, name = target.rpartition(".")
    owner = module.get_submodule(path)
    if not hasattr(owner, name):
        raise AttributeError(f"{owner._get_name()} has no attribute `{name}`")
    return owner, name, getattr(owner, name)


def _indented(module):
    return repr(module).replace("\n", "\n  ")
