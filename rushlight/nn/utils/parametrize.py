"""Parametrizations: a parameter of a module computed from others, each time it is read.

A parametrized module gets a class of its own, where the parameter is a property, and a submodule
`parametrizations` with one `ParametrizationList` for each such parameter. The list owns what the
parameter is computed from: `original`, or `original0`, `original1`, ...
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from copy import deepcopy

from rushlight.autograd import no_grad
from rushlight.nn.container import ModuleDict, ModuleList
from rushlight.nn.parameter import Parameter
from rushlight.tensor import Tensor

__all__ = [
    "ParametrizationList",
    "cached",
    "is_parametrized",
    "register_parametrization",
    "remove_parametrizations",
    "transfer_parametrizations_and_params",
    "type_before_parametrizations",
]


class _Cache:
    """What was computed while `cached()` is on: (id of the module, name) -> tensor."""

    def __init__(self):
        self.depth = 0
        self.values = {}


_cache = _Cache()


@contextmanager
def cached():
    """Compute each parametrized tensor once, for as long as the context lasts.

    >>> import rushlight as torch
    >>> import rushlight.nn.utils.parametrize as parametrize
    >>> layer = torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(2, 3))
    >>> with parametrize.cached():
    ...     layer.weight is layer.weight
    True
    """
    _cache.depth += 1
    try:
        yield
    finally:
        _cache.depth -= 1
        if not _cache.depth:
            _cache.values = {}


# The parametrizations of one tensor ---------------------------------------------------------------


class ParametrizationList(ModuleList):
    """The modules that, one after the other, compute a tensor; and what they compute it from.

    Args:
        modules: the first gets the originals as arguments, each other what the one before gave.
        original: the tensor as it was.
        unsafe: do not check that shapes and dtypes stay.
    """

    def __init__(self, modules, original, unsafe=False):
        if not modules:
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        shape, dtype = original.shape, original.dtype
        with no_grad():
            new = self._inverted(original)
        self.is_tensor = isinstance(new, Tensor)
        self.ntensors = 1 if self.is_tensor else len(new)
        if self.is_tensor:
            self._adopt(original, new)
        else:
            for i, part in enumerate(_checked_parts(new)):
                if isinstance(original, Parameter):
                    part = Parameter(part, original.requires_grad)
                _register(self, f"original{i}", part)
        if not unsafe:
            self._check_result(self(), original, shape, dtype)

    def _inverted(self, value):
        """What the modules would compute `value` from, as far as they say."""
        for module in reversed(self):
            if hasattr(module, "right_inverse"):
                with suppress(NotImplementedError):
                    value = module.right_inverse(value)
        if not isinstance(value, Tensor) and not _is_sequence(value):
            raise ValueError(
                "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). "
                f"Got {type(value).__name__}"
            )
        return value

    def _adopt(self, original, new):
        """Keep `original` itself, with new values: optimizers know it."""
        if original.dtype != new.dtype:
            raise ValueError(
                "When `right_inverse` outputs one tensor, it may not change the dtype.\n"
                f"original.dtype: {original.dtype}\nright_inverse(original).dtype: {new.dtype}"
            )
        with no_grad():
            original.data = new.detach() if new is not original else original.data
        _register(self, "original", original)

    def _check_result(self, result, original, shape, dtype):
        if not isinstance(result, Tensor):
            raise ValueError(
                f"A parametrization must return a tensor. Got {type(result).__name__}."
            )
        found = {"dtype": (dtype, result.dtype), "shape": (shape, result.shape)}
        for name, (before, after) in found.items():
            if before != after:
                raise ValueError(
                    f"Registering a parametrization may not change the {name} of the tensor, "
                    f"unless `unsafe` flag is enabled.\nunparametrized {name}: {before}\n"
                    f"parametrized {name}: {after}"
                )

    def originals(self):
        """The tensors that the parametrized one is computed from."""
        if self.is_tensor:
            return [self.original]
        return [getattr(self, f"original{i}") for i in range(self.ntensors)]

    def right_inverse(self, value):
        """Give the originals the values from which `value` is computed."""
        with no_grad():
            for module in reversed(self):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(
                        f"parametrization {type(module).__name__} does not implement right_inverse."
                    )
                value = module.right_inverse(value)
            if self.is_tensor:
                if not isinstance(value, Tensor):
                    raise ValueError(
                        f"`right_inverse` should return a tensor. Got {type(value).__name__}"
                    )
                self._assign("original", value, "`right_inverse`", "`original`")
                return
            if not _is_sequence(value):
                raise ValueError(
                    "'right_inverse' must return a sequence of tensors. Got "
                    f"{type(value).__name__}."
                )
            if len(value) != self.ntensors:
                raise ValueError(
                    "'right_inverse' must return a sequence of tensors of length "
                    f"{self.ntensors}. Got a sequence of length {len(value)}."
                )
            for i, part in enumerate(value):
                if not isinstance(part, Tensor):
                    raise ValueError(
                        f"`right_inverse` must return a sequence of tensors. Got element {i} of "
                        f"type {type(part).__name__}"
                    )
                self._assign(f"original{i}", part, f"Tensor {i} returned by `right_inverse`", "")

    def _assign(self, name, value, what, into):
        original = getattr(self, name)
        if original.dtype != value.dtype:
            title = "The tensor returned by `right_inverse`" if into else what
            raise ValueError(
                f"{title} has dtype {value.dtype} while `{name}` has dtype {original.dtype}"
            )
        original.data = value.detach()

    def forward(self):
        first, *others = self
        value = first(*self.originals())
        for module in others:
            value = module(value)
        return value


def _is_sequence(value):
    return (
        hasattr(value, "__getitem__") and hasattr(value, "__len__") and not isinstance(value, str)
    )


def _checked_parts(parts):
    for i, part in enumerate(parts):
        if not isinstance(part, Tensor):
            raise ValueError(
                "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). "
                f"Got element {i} of the sequence with type {type(part).__name__}."
            )
    return parts


def _register(module, name, tensor):
    if isinstance(tensor, Parameter):
        module.register_parameter(name, tensor)
    else:
        module.register_buffer(name, tensor)


# Modules whose class has the properties -----------------------------------------------------------

_NO_PICKLE = (
    "Serialization of parametrized modules is only supported through state_dict(). See:\n"
    "https://pytorch.org/tutorials/beginner/saving_loading_models.html"
    "#saving-loading-a-general-checkpoint-for-inference-and-or-resuming-training"
)


def _refuse_pickling(self, protocol=None):
    raise RuntimeError(_NO_PICKLE)


def _copy_with_class(self, memo):
    made = self.__class__.__new__(self.__class__)
    memo[id(self)] = made
    made.__dict__ = deepcopy(self.__dict__, memo)
    return made


def _give_own_class(module):
    """Make the module's class one of which it is the only instance."""
    cls = type(module)
    body = {"__reduce_ex__": _refuse_pickling, "__getstate__": _refuse_pickling}
    if not hasattr(cls, "__deepcopy__"):
        body["__deepcopy__"] = _copy_with_class
    made = type(f"Parametrized{cls.__name__}", (cls,), body)
    made.__module__ = "torch.nn.utils.parametrize"
    module.__class__ = made


def _make_property(module, name):
    """Let the module's class compute `name` from its parametrizations."""

    def read(self):
        if not _cache.depth:
            return self.parametrizations[name]()
        key = id(self), name
        if key not in _cache.values:
            _cache.values[key] = self.parametrizations[name]()
        return _cache.values[key]

    def write(self, value):
        self.parametrizations[name].right_inverse(value)

    setattr(type(module), name, property(read, write))


def register_parametrization(module, tensor_name, parametrization, *, unsafe=False):
    """Let a parameter or buffer of a module be computed by `parametrization`; return the module.

    Args:
        parametrization: a module whose `forward` gets the original and gives the tensor. It may
            have `right_inverse(tensor)`, which gives the original, or several tensors that are
            then the arguments of `forward`; with it the tensor may be assigned to.
        unsafe: do not check that shape and dtype stay the same.

    >>> import rushlight as torch
    >>> class Symmetric(torch.nn.Module):
    ...     def forward(self, x):
    ...         return x.triu() + x.triu(1).T
    >>> layer = torch.nn.Linear(3, 3)
    >>> layer = torch.nn.utils.parametrize.register_parametrization(layer, "weight", Symmetric())
    >>> torch.equal(layer.weight, layer.weight.T)
    True
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        if not unsafe:
            _check_addition(module, tensor_name, parametrization)
        known = module.parametrizations[tensor_name]
        known.append(parametrization)
        known.unsafe |= unsafe
    elif tensor_name in module._buffers or tensor_name in module._parameters:
        original = getattr(module, tensor_name)
        made = ParametrizationList([parametrization], original, unsafe=unsafe)
        delattr(module, tensor_name)
        if not is_parametrized(module):
            _give_own_class(module)
            module.parametrizations = ModuleDict()
        _make_property(module, tensor_name)
        module.parametrizations[tensor_name] = made
    else:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a parametrized element "
            f"with name '{tensor_name}'"
        )
    return module


def _check_addition(module, name, parametrization):
    """Refuse one more parametrization that changes the shape or dtype."""
    value = getattr(module, name)
    result = parametrization(value)
    if not isinstance(result, Tensor):
        raise ValueError(f"A parametrization must return a tensor. Got {type(result).__name__}.")
    for what in ("dtype", "shape"):
        before, after = getattr(value, what), getattr(result, what)
        if before != after:
            raise ValueError(
                f"Registering a parametrization may not change the {what} of the tensor, unless "
                f"the `unsafe` flag is enabled.\nmodule.{name}.{what}: {before}\n"
                f"parametrization(module.{name}).{what}: {after}"
            )
    if not hasattr(parametrization, "right_inverse"):
        return
    try:
        inverted = parametrization.right_inverse(result)
    except NotImplementedError:
        return
    if not isinstance(inverted, Tensor):
        raise ValueError(
            f"parametrization.right_inverse must return a tensor. Got: {type(inverted).__name__}"
        )
    for what in ("shape", "dtype"):
        before, after = getattr(value, what), getattr(inverted, what)
        if before != after:
            raise ValueError(
                f"The tensor returned by parametrization.right_inverse must have the same {what} "
                f"as module.{name}, unless the `unsafe` flag is enabled.\nmodule.{name}.{what}: "
                f"{before}\nreturned {what}: {after}"
            )


def is_parametrized(module, tensor_name=None):
    """Whether the module has parametrizations, or one of `tensor_name`."""
    known = module.__dict__.get("parametrizations")
    if not isinstance(known, ModuleDict):
        return False
    return len(known) > 0 if tensor_name is None else tensor_name in known


def remove_parametrizations(module, tensor_name, leave_parametrized=True):
    """Make a parametrized tensor an ordinary one again; return the module.

    Args:
        leave_parametrized: keep the value that was computed, not the original.
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    known = module.parametrizations[tensor_name]
    if known.is_tensor:
        original = known.original
        if leave_parametrized:
            with no_grad():
                original.data = getattr(module, tensor_name).detach()
    elif leave_parametrized:
        value = getattr(module, tensor_name)
        original = Parameter(value.detach()) if value.requires_grad else value
    else:
        raise ValueError(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is "
            "parametrized in terms of a sequence of tensors."
        )
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    _register(module, tensor_name, original)
    if not is_parametrized(module):
        delattr(module, "parametrizations")
        module.__class__ = type_before_parametrizations(module, own=True)
    return module


def type_before_parametrizations(module, *, own=False):
    """The class of the module, were it not parametrized."""
    return type(module).__bases__[0] if own or is_parametrized(module) else type(module)


def transfer_parametrizations_and_params(from_module, to_module, tensor_name=None):
    """Give `to_module` the parametrizations and their originals; return it.

    Args:
        tensor_name: of this tensor only; by default, of all.
    """
    if not is_parametrized(from_module):
        return to_module
    names = list(from_module.parametrizations) if tensor_name is None else [tensor_name]
    for name in names:
        known = from_module.parametrizations[name]
        if not hasattr(to_module, name):
            setattr(to_module, name, Parameter(getattr(from_module, name).detach().clone()))
        for parametrization in known:
            register_parametrization(to_module, name, parametrization, unsafe=known.unsafe)
        for i, original in enumerate(known.originals()):
            label = "original" if known.is_tensor else f"original{i}"
            setattr(to_module.parametrizations[name], label, original)
    return to_module


ParametrizationList.__module__ = "torch.nn.utils.parametrize"
