"""Parameter and Buffer: the tensors that a module registers when they are assigned to it."""

from __future__ import annotations

import numpy as np

from rushlight import dtypes
from rushlight.autograd.tape import modes
from rushlight.explain import explained
from rushlight.tensor import Tensor, wrap
from rushlight.torch_function import not_asked

__all__ = [
    "Buffer",
    "Parameter",
    "UninitializedBuffer",
    "UninitializedParameter",
    "is_lazy",
]

_UNREADABLE = (
    "Can't access the shape of an uninitialized parameter or buffer. This error usually happens in "
    "`load_state_dict` when trying to load an uninitialized parameter into an initialized one. "
    "Call `forward` to initialize the parameters before accessing their attributes."
)

_UNUSABLE = (
    "Attempted to use an uninitialized parameter in an operation. This error happens when you are "
    "using a `LazyModule` or explicitly manipulating `torch.nn.parameter.UninitializedParameter` "
    "objects. When using LazyModules Call `forward` with a dummy batch to initialize the "
    "parameters before calling torch functions"
)


def _tensor_of_class(cls, tensor):
    """A leaf of class `cls` on the memory of `tensor`."""
    made = object.__new__(cls)
    made._array = tensor._array
    made._counter = tensor._counter
    made._base = made._node = made._grad = made._hooks = None
    made._requires_grad = False
    return made


class _ParameterType(type):
    """Makes `isinstance(tensor, Parameter)` true of instances of subclasses that were marked."""

    def __instancecheck__(cls, instance):
        if cls is Parameter and isinstance(instance, Tensor):
            return type.__instancecheck__(cls, instance) or getattr(instance, "_is_param", False)
        return type.__instancecheck__(cls, instance)


class Parameter(Tensor, metaclass=_ParameterType):
    """A tensor that is trained: assigned to a module, it is one of the module's `parameters()`.

    Args:
        data: the tensor whose memory the parameter takes over. If it is an instance of another
            subclass of Tensor, what is made is one too, marked as a parameter.
        requires_grad: whether it is trained.

    >>> import rushlight as torch
    >>> torch.nn.Parameter(torch.tensor([1.0, 2.0]))
    Parameter containing:
    tensor([1., 2.], requires_grad=True)
    """

    __slots__ = ()
    __module__ = "torch.nn.parameter"

    __torch_function__ = staticmethod(not_asked)

    def __new__(cls, data=None, requires_grad=True):
        if isinstance(data, Tensor) and type(data) not in (Tensor, Parameter):
            return _marked(data, requires_grad)
        data = _empty() if data is None else data.detach()
        if requires_grad and data._array.dtype.kind in "biu":
            raise explained(
                RuntimeError(
                    "Only Tensors of floating point and complex dtype can require gradients"
                )
            )
        if modes.layers:  # what is made there belongs to the transform, and isn't refused
            made = _tensor_of_class(cls, modes.layers[-1].own(data))
            made._requires_grad = bool(requires_grad)
            return made
        made = _tensor_of_class(cls, data)
        return made.requires_grad_(requires_grad)

    def __deepcopy__(self, memo):
        if id(self) not in memo:
            data = wrap(self._array.copy())
            memo[id(self)] = type(self)(data, self.requires_grad)
        return memo[id(self)]

    def __repr__(self):
        return "Parameter containing:\n" + super().__repr__()

    def __reduce_ex__(self, protocol):
        from rushlight.serialization.pickling import attributes_of

        args, state = (self.data, self.requires_grad, {}), attributes_of(self)
        if state:
            return _rebuild_parameter_with_state, (*args, state)
        return _rebuild_parameter, args


def _marked(data, requires_grad):
    """An instance of another subclass of Tensor that counts as a parameter."""
    made = data.detach().requires_grad_(requires_grad)
    if type(made) is not type(data):
        raise RuntimeError(
            f"Creating a Parameter from an instance of type {type(data).__name__} requires that "
            f"detach() returns an instance of the same type, but return type "
            f"{type(made).__name__} was found instead. To use the type as a Parameter, please "
            "correct the detach() semantics defined by its __torch_dispatch__() implementation."
        )
    made._is_param = True
    return made


def _empty(dtype=None):
    dtype = dtypes.get_default_dtype() if dtype is None else dtype
    return wrap(np.empty(0, dtype.array_dtype))


def _rebuild_parameter(data, requires_grad, backward_hooks):
    return Parameter(data, requires_grad)


def _rebuild_parameter_with_state(data, requires_grad, backward_hooks, state):
    made = Parameter(data, requires_grad)
    made.__dict__.update(state)
    return made


class _BufferType(type):
    """Makes `isinstance(tensor, Buffer)` ask for the mark that `Buffer` leaves on a tensor."""

    def __instancecheck__(cls, instance):
        return isinstance(instance, Tensor) and getattr(instance, "_is_buffer", False)


class Buffer(Tensor, metaclass=_BufferType):
    """A tensor that is not trained: assigned to a module, it is one of the module's `buffers()`.

    It is part of the module's `state_dict()` if `persistent`. What is made is an ordinary Tensor
    with a mark.

    >>> import rushlight as torch
    >>> torch.nn.Buffer(torch.zeros(2))
    tensor([0., 0.])
    """

    __slots__ = ()
    __module__ = "torch.nn.parameter"
    __torch_function__ = staticmethod(not_asked)

    def __new__(cls, data=None, *, persistent=True):
        made = (_empty() if data is None else data).detach()
        made.persistent = persistent
        made._is_buffer = True
        return made


class _Uninitialized:
    """What a tensor is before its shape is known: it can be materialized and converted only."""

    __slots__ = ()

    @classmethod
    def _without_memory(cls, requires_grad, dtype):
        made = object.__new__(cls)
        made._counter = [0]
        made._base = made._node = made._grad = made._hooks = None
        made._requires_grad = requires_grad
        made.model = _empty(dtype)
        return made

    def materialize(self, shape, device=None, dtype=None):
        """Become an ordinary parameter or buffer of this shape, with any values."""
        model = self.__dict__.pop("model")
        self.__class__ = self._materialized_class
        self._array = np.empty(shape, model._array.dtype if dtype is None else dtype.array_dtype)

    def convert(self, fn):
        """Have the dtype that `fn` gives to tensors, once materialized."""
        self.model = fn(self.model)

    @property
    def _array(self):
        raise ValueError(_UNUSABLE)

    def requires_grad_(self, requires_grad=True):
        """Not possible yet."""
        raise ValueError(_UNUSABLE)

    @property
    def shape(self):
        """Unknown."""
        raise RuntimeError(_UNREADABLE)

    @property
    def dtype(self):
        """The type that the elements will have."""
        return self.model.dtype

    @property
    def device(self):
        """Where the elements will be."""
        return self.model.device

    def __repr__(self, *, tensor_contents=None):
        return f"<{type(self).__name__}>"

    def __reduce_ex__(self, protocol):
        return type(self), (self._requires_grad, None, self.dtype)

    def __deepcopy__(self, memo):
        if id(self) not in memo:
            memo[id(self)] = type(self)(self._requires_grad, None, self.dtype)
        return memo[id(self)]


class UninitializedParameter(_Uninitialized, Parameter):
    """A parameter whose shape is not known yet; the first call of its lazy module finds it out."""

    __slots__ = ()
    _materialized_class = Parameter

    def __new__(cls, requires_grad=True, device=None, dtype=None):
        return cls._without_memory(requires_grad, dtype)

    @property
    def data(self):
        """An empty tensor: what is written into it is lost when the shape becomes known."""
        return self.model

    @data.setter
    def data(self, value):
        self.model = value.detach()


class UninitializedBuffer(_Uninitialized, Tensor):
    """A buffer whose shape is not known yet; the first call of its lazy module finds it out."""

    __slots__ = ()
    __module__ = "torch.nn.parameter"
    __torch_function__ = staticmethod(not_asked)
    _materialized_class = Tensor

    def __new__(cls, requires_grad=False, device=None, dtype=None, persistent=True):
        made = cls._without_memory(requires_grad, dtype)
        made.persistent = persistent
        made._is_buffer = True
        return made


def is_lazy(tensor):
    """Whether the shape of a parameter or buffer is still to be found out."""
    return isinstance(tensor, _Uninitialized)
