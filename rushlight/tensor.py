"""class Tensor: an array, its gradient, and its place on the tape.

What a tensor is and where it stands on the tape is said here; the methods that only forward to
`rushlight.ops`, one line each, are in `rushlight.methods`, by family. Operations make Tensors in
turn. That cycle is cut here, once: `ops` is a name that `rushlight/__init__.py` fills in when both
are loaded (`bind_operations`).
"""

from __future__ import annotations

from types import FunctionType

import numpy as np

from rushlight import dtypes, methods
from rushlight.autograd.tape import (
    INFERENCE,
    AccumulateGrad,
    Output,
    gradient_edge,
    inference_blocks,
    modes,
    new_counter,
)
from rushlight.dtypes import NUMBER_TYPES
from rushlight.explain import explained
from rushlight.explain.provenance import note_cut
from rushlight.formats import strided
from rushlight.methods import (
    Casts,
    Functions,
    Indexing,
    InPlace,
    Memory,
    Operators,
    Products,
    Rare,
    Shapes,
)

__all__ = ["NUMBER_TYPES", "Size", "Tensor", "as_array", "make_view", "type_name", "wrap"]

ops = autograd = None


def bind_operations(operations, differentiation):
    """Give the methods their operations."""
    global ops, autograd
    ops, autograd = operations, differentiation
    for family in methods.FAMILIES:
        family.ops = operations
    for family in Tensor.__mro__:
        for name, method in vars(family).items():
            if method.__class__ is FunctionType:
                # as errors about arguments call it; in PyTorch these are written in Python
                method.__qualname__ = f"Tensor.{name}" if name in _IN_PYTHON else name


_IN_PYTHON = frozenset({"backward", "register_hook", "register_post_accumulate_grad_hook"})


class Size(tuple):
    """The shape of a tensor: a tuple that prints as PyTorch's and counts its elements.

    >>> import rushlight as torch
    >>> torch.zeros(2, 3).shape, torch.zeros(2, 3).shape.numel()
    (torch.Size([2, 3]), 6)
    """

    __slots__ = ()
    __module__ = "torch"

    def __new__(cls, *sizes):
        made = tuple.__new__(cls, *sizes)
        for position, each in enumerate(made):
            if each.__class__ is not int:
                return cls(_as_sizes(made, position))
        return made

    def __repr__(self):
        return f"torch.Size([{', '.join(map(str, self))}])"

    def numel(self):
        """The number of elements of a tensor of this shape."""
        count = 1
        for size in self:
            count *= size
        return count

    def __getitem__(self, index):
        found = tuple.__getitem__(self, index)
        return Size(found) if isinstance(index, slice) else found

    def __add__(self, other):
        return Size(tuple.__add__(self, other))

    def __radd__(self, other):
        return Size(other + tuple(self))

    def __mul__(self, count):
        return Size(tuple.__mul__(self, count))

    __rmul__ = __mul__

    def __reduce__(self):
        return _size, (tuple(self),)


def _as_sizes(sizes, wrong):
    """Sizes as integers; the one at position `wrong` isn't one yet."""
    if not hasattr(sizes[wrong], "__index__"):
        raise TypeError(
            f"torch.Size() takes an iterable of 'int' (item {wrong} is '{type_name(sizes[wrong])}')"
        )
    return [*sizes[:wrong], sizes[wrong].__index__(), *sizes[wrong + 1 :]]


new_size = tuple.__new__  # for sizes that are integers already


class device:
    """Where a tensor lives: `device("cpu")`.

    >>> import rushlight as torch
    >>> torch.device("cpu"), torch.zeros(1).device.type
    (device(type='cpu'), 'cpu')
    """

    __slots__ = ("index", "type")
    __module__ = "torch"

    _KNOWN = tuple(
        "cpu cuda ipu xpu mkldnn opengl opencl ideep hip ve fpga maia xla lazy vulkan mps meta hpu "
        "mtia privateuseone".split()
    )

    def __init__(self, type, index=None):
        if isinstance(type, device):
            type, index = type.type, type.index
        elif isinstance(type, int):
            type, index = "cuda", type
        elif not isinstance(type, str):
            raise TypeError(
                f"device(): argument 'type' (position 1) must be str, not {type_name(type)}"
            )
        elif not type:
            raise RuntimeError("Device string must not be empty")
        elif ":" in type:
            if index is not None:
                raise RuntimeError(
                    "type (string) must not include an index because index was passed explicitly: "
                    f"{type}"
                )
            name, _, number = type.partition(":")
            if not number.isdigit() or (number[0] == "0" and number != "0"):
                raise RuntimeError(f"Invalid device string: '{type}'")
            type, index = name, int(number)
        if index is not None and index < 0:
            raise RuntimeError("Device index must not be negative")
        if not type.replace("_", "").isalpha():
            raise RuntimeError(f"Invalid device string: '{type}'")
        if type not in self._KNOWN:
            raise RuntimeError(
                f"Expected one of {', '.join(self._KNOWN)} device type at start of device string: "
                f"{type}"
            )
        self.type = type
        self.index = index

    def __repr__(self):
        index = "" if self.index is None else f", index={self.index}"
        return f"device(type='{self.type}'{index})"

    def __str__(self):
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other):
        return isinstance(other, device) and self.type == other.type and self.index == other.index

    def __hash__(self):
        return hash((self.type, self.index))

    def __reduce__(self):
        return _device, (self.type, self.index)

    def __enter__(self):
        ops.enter_device(self)
        return self

    def __exit__(self, *exception):
        ops.leave_device()


def _size(sizes):  # a pickle can name this, but not a class that says it lives in `torch`
    return Size(sizes)


def _device(type, index):
    return device(type, index)


CPU, META = device("cpu"), device("meta")


class Tensor(Operators, Casts, Functions, Shapes, Memory, InPlace, Products, Rare, Indexing):
    """An n-dimensional array that can be differentiated.

    Make one with `rushlight.tensor`, `zeros`, `randn`, `from_numpy`, ...

    >>> import rushlight as torch
    >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    tensor([2., 4.])
    """

    __slots__ = (
        "__dict__",
        "__weakref__",
        "_array",  # np.ndarray, or what stands for one
        "_base",  # the Tensor whose memory this is a view of
        "_counter",  # [version], shared by all tensors on this memory
        "_creation",  # views: why it may not be modified ("several", "no_grad", ...)
        "_grad",
        "_hooks",
        "_node",  # the edge by which gradients leave: Node, Output or None
        "_replay",  # views only: (viewed Tensor, view operation, its options)
        "_requires_grad",
        "_view_version",  # of a view: the version for which _node is right; else: it has views
    )
    __module__ = "torch"
    __array_priority__ = 1000

    def __new__(cls, *args, **kwargs):
        return ops.legacy_tensor(cls, *args, **kwargs)

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        from rushlight.torch_function import answers, have_all_ask

        if answers(cls):
            have_all_ask()

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        """Call `func`, and make the tensors among its results instances of this class.

        Subclasses override it to hear of every call that they are an argument of.
        """
        from rushlight.torch_function import default_answer

        return default_answer(cls, func, types, args, kwargs)

    # What it is -----------------------------------------------------------------------------------

    @property
    def shape(self):
        """The sizes of the dimensions."""
        return new_size(Size, self._array.shape)

    def size(self, dim=None):
        """The shape, or the size of one dimension."""
        return new_size(Size, self._array.shape) if dim is None else ops.size_of(self, dim)

    @property
    def ndim(self):
        """The number of dimensions."""
        return self._array.ndim

    def dim(self):
        """The number of dimensions."""
        return self._array.ndim

    ndimension = dim

    def numel(self):
        """The number of elements."""
        return int(self._array.size)

    nelement = numel

    @property
    def dtype(self):
        """The type of the elements."""
        return dtypes.of(self._array)

    @property
    def device(self):
        """Where the tensor lives."""
        array = self._array
        return CPU if array.__class__ is np.ndarray else getattr(array, "on_device", CPU)

    @property
    def is_meta(self):
        """Whether the tensor has no elements."""
        return self.device is META

    @property
    def is_cpu(self):
        """Whether the elements are in the memory of the CPU."""
        return self.device is CPU

    layout = strided

    def is_floating_point(self):
        """Whether the elements are real floating-point numbers."""
        return self.dtype.is_floating_point

    def is_complex(self):
        """Whether the elements are complex numbers."""
        return self.dtype.is_complex

    def is_signed(self):
        """Whether the elements have a sign."""
        return self.dtype.is_signed

    def sparse_dim(self):
        """How many dimensions are stored as indices: none."""
        return 0

    def dense_dim(self):
        """How many dimensions are stored whole: all."""
        return self._array.ndim

    def element_size(self):
        """Bytes per element."""
        return self._array.itemsize

    @property
    def itemsize(self):
        """Bytes per element."""
        return self._array.itemsize

    @property
    def nbytes(self):
        """Bytes of all elements."""
        return self._array.nbytes

    is_cuda = is_sparse = is_quantized = is_mps = is_nested = is_mkldnn = False
    is_xpu = is_ipu = is_xla = is_vulkan = is_sparse_csr = False
    name = None

    # Its place on the tape ------------------------------------------------------------------------

    @property
    def requires_grad(self):
        """Whether operations on this tensor are recorded; only floats can be differentiated."""
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value):
        autograd.set_requires_grad(self, value)

    @requires_grad.deleter
    def requires_grad(self):
        raise RuntimeError("requires_grad must be a bool")

    def requires_grad_(self, requires_grad=True):
        """Set `requires_grad` and return the tensor."""
        if modes.layers:
            from rushlight.autograd.layers import refuse_requires_grad

            refuse_requires_grad()
        if not isinstance(requires_grad, bool):
            raise TypeError(
                "requires_grad_(): argument 'requires_grad' (position 1) must be bool, not "
                f"{type_name(requires_grad)}"
            )
        if not (requires_grad and self._requires_grad):
            autograd.set_requires_grad(self, requires_grad, "floating point dtype")
        return self

    @property
    def grad(self):
        """The accumulated gradient: None before the first backward pass."""
        if self._grad is None and self._node is not None:
            autograd.warn_grad_of_non_leaf(self)
        return self._grad

    @grad.setter
    def grad(self, value):
        autograd.set_grad(self, value)

    @grad.deleter
    def grad(self):
        self._grad = None

    @property
    def grad_fn(self):
        """The Node of the operation that made this tensor; None for a leaf."""
        edge = gradient_edge(self)
        if edge is None or edge is self or isinstance(edge, AccumulateGrad):
            return None
        return edge.node if isinstance(edge, Output) else edge

    @property
    def output_nr(self):
        """Which output of `grad_fn` this tensor is."""
        return self._node.index if isinstance(self._node, Output) else 0

    @property
    def is_leaf(self):
        """Whether gradients end here: no recorded operation made this tensor."""
        return not self._requires_grad or self.grad_fn is None

    @property
    def retains_grad(self):
        """Whether a non-leaf keeps its gradient."""
        return autograd.retains_grad(self)

    def retain_grad(self):
        """Keep the gradient of this non-leaf in `.grad`."""
        autograd.retain_grad(self)

    def backward(self, gradient=None, retain_graph=None, create_graph=False, inputs=None):
        """Add the derivatives of this tensor by the leaves to their `.grad`.

        Args:
            gradient: the gradient of this tensor; may be left out if it has one element.
            retain_graph: keep what was saved for another pass (default: as `create_graph`).
            create_graph: record the pass, so that the gradients can be differentiated.
            inputs: accumulate into these tensors only.
        """
        autograd.backward(self, gradient, retain_graph, create_graph, inputs=inputs)

    def register_hook(self, hook):
        """Call `hook(grad)` when this tensor's gradient is known; it may return another.

        Returns a handle whose `remove()` takes the hook out.
        """
        return autograd.register_hook(self, hook)

    def register_post_accumulate_grad_hook(self, hook):
        """Call `hook(tensor)` each time after the `.grad` of this leaf was added to."""
        return autograd.register_post_accumulate_grad_hook(self, hook)

    @property
    def _backward_hooks(self):
        return autograd.backward_hooks(self)

    @property
    def data(self):
        """A tensor on the same memory without history, and with a version counter of its own."""
        if self._requires_grad:
            note_cut("data")
        made = wrap(self._array)
        if self._counter is INFERENCE:
            made._counter = INFERENCE
        note_expanded(made, self)
        return made

    @data.setter
    def data(self, value):
        autograd.set_data(self, value)

    @data.deleter
    def data(self):
        raise RuntimeError("Deleting tensor data is not allowed. Delete tensor instead!")

    @property
    def _version(self):
        if self._counter is INFERENCE:
            raise RuntimeError("Inference tensors do not track version counter.")
        return self._counter[0]

    @property
    def grad_dtype(self):
        """The dtype in which the gradient of this leaf is accumulated; None for any."""
        return autograd.grad_dtype(self)

    @grad_dtype.setter
    def grad_dtype(self, value):
        autograd.set_grad_dtype(self, value)

    def _is_view(self):
        return self._base is not None and self._counter is not INFERENCE

    def is_inference(self):
        """Whether the tensor was made in inference mode."""
        return self._counter is INFERENCE

    # Out to Python and NumPy ----------------------------------------------------------------------

    def item(self):
        """The value of a tensor with one element, as a Python number."""
        if self._array.size != 1:
            if hasattr(self._array, "handles_operations"):
                return self._array.item()
            raise explained(
                RuntimeError(
                    f"a Tensor with {self._array.size} elements cannot be converted to Scalar"
                )
            )
        if self._requires_grad:
            note_cut("item")
        return self._array.item()

    def tolist(self):
        """The elements as nested Python lists; of a 0-d tensor, a number."""
        if self._requires_grad:
            note_cut("item")
        return self._array.tolist()

    def numpy(self, *, force=False):
        """The elements as a NumPy array that shares this tensor's memory.

        Raises:
            RuntimeError: the tensor requires grad (and `force` is False and grad mode on).
        """
        if self._requires_grad and not force and modes.grad_enabled:
            error = RuntimeError(
                "Can't call numpy() on Tensor that requires grad. "
                "Use tensor.detach().numpy() instead."
            )
            raise explained(error)
        for what, name in (("conjugate", "conj"), ("negative", "neg")):
            if getattr(self, f"is_{name}")() and not force:
                raise RuntimeError(
                    f"Can't call numpy() on Tensor that has {what} bit set. "
                    f"Use tensor.resolve_{name}().numpy() instead."
                )
        if self._array.__class__ is not np.ndarray and self.is_meta:
            raise TypeError(
                "can't convert meta device type tensor to numpy. Use Tensor.cpu() to copy the "
                "tensor to host memory first."
            )
        return np.asarray(self._array)

    def __array__(self, dtype=None, copy=None):
        array = self.numpy()
        if dtype is None and not copy:
            return array
        return np.array(array, dtype=dtype, copy=copy)

    def __array_wrap__(self, array, context=None, return_scalar=False):
        array = np.asarray(array)
        return wrap(array.view(np.uint8) if array.dtype == np.bool_ else array)  # as PyTorch

    def __array_namespace__(self, *, api_version=None):
        """The functions on tensors under the names of the Python array API standard."""
        from rushlight import array_api

        if api_version not in (None, "2021.12", "2022.12", "2023.12", "2024.12"):
            raise ValueError(f"Unrecognized array API version: {api_version!r}")
        return array_api

    def __dlpack__(self, *, stream=None, max_version=None, dl_device=None, copy=None):
        """A capsule with this tensor's memory, for other array libraries."""
        from rushlight.utils.dlpack import exported

        return exported(self, stream, max_version, dl_device, copy)

    def __dlpack_device__(self):
        """The kind and number of the device: the CPU."""
        from rushlight.utils.dlpack import DLDeviceType

        return DLDeviceType.kDLCPU, 0

    def __bool__(self):
        if self._array.size != 1:
            if self._array.size == 0:
                raise RuntimeError("Boolean value of Tensor with no values is ambiguous")
            raise explained(
                RuntimeError("Boolean value of Tensor with more than one value is ambiguous")
            )
        if self._array.__class__ is not np.ndarray and self.is_meta:
            return self._array.item()
        return bool(self._array)

    def __float__(self):
        if self._requires_grad:
            warn_of_lost_history()
        return float(self._real_number("double"))

    def __int__(self):
        return int(self._real_number("int64_t"))

    def __complex__(self):
        if self._requires_grad:
            warn_of_lost_history()
        return complex(self._number())

    def _number(self):
        if self._array.size != 1 and self._array.__class__ is np.ndarray:
            raise ValueError("only one element tensors can be converted to Python scalars")
        return self.item()

    def _real_number(self, kind):
        number = self._number()
        if number.__class__ is complex:
            if number.imag:
                raise RuntimeError(f"value cannot be converted to type {kind} without overflow")
            return number.real
        return number

    def __index__(self):
        if self._array.size != 1 or self._array.dtype.kind not in "iub":
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self._array.item())

    def __len__(self):
        if self._array.ndim == 0:
            raise explained(TypeError("len() of a 0-d tensor"))
        return self._array.shape[0]

    def __iter__(self):
        if self._array.ndim == 0:
            raise explained(TypeError("iteration over a 0-d tensor"))
        return iter(self.unbind(0))

    __hash__ = object.__hash__

    def __repr__(self, *, tensor_contents=None):
        from rushlight.printing import tensor_repr

        return tensor_repr(self, tensor_contents)

    def __str__(self):
        return self.__repr__()

    def __format__(self, spec):
        from rushlight.printing import format_tensor

        return format_tensor(self, spec)

    def __dir__(self):
        return [*super().__dir__(), *self.__dict__]

    def __reduce_ex__(self, protocol):
        from rushlight.serialization import reduce_tensor
        from rushlight.utils.hooks import warn_if_has_hooks

        warn_if_has_hooks(self)
        return reduce_tensor(self)

    def __deepcopy__(self, memo):
        return ops.deep_copy(self, memo)


def wrap(array):
    """A Tensor around this array: no copy, no history."""
    made = new_tensor(Tensor)
    made._array = array
    made._node = made._grad = made._hooks = made._base = None
    made._requires_grad = False
    made._counter = new_counter() if inference_blocks[0] else [0]
    return made


new_tensor = object.__new__


def as_array(value):
    """A kernel's result as an array: NumPy turns 0-d results into scalars."""
    return np.asarray(value) if isinstance(value, _SCALARS) else value


_SCALARS = (np.generic, int, float, complex)


def make_view(output, source, replay, creation=None):
    """Make `output` a view of `source`: same memory, same version counter."""
    output._replay = replay
    output._counter = source._counter
    if not replay[1].rules:
        return  # it shares memory, but is no view to the tape
    output._base = base = source if source._base is None else source._base
    base._view_version = -1  # it has views
    output._view_version = 0 if source._counter is INFERENCE else source._counter[0]
    if creation is None and source._base is not None:
        creation = source._creation  # what forbids a change of the source forbids one of its view
    output._creation = creation if modes.grad_enabled else unrecorded_creation()
    output._requires_grad = base._requires_grad and output._array.dtype.kind in "fcV"


def note_expanded(made, source):
    """Remember of a tensor that was cut off a view that its elements may share their places."""
    array = source._array
    if source._base is not None and array.__class__ is np.ndarray and 0 in array.strides:
        made._creation = "expanded"


def unrecorded_creation():
    """Why a view that is made now may not be changed in place later."""
    return "inference" if modes.inference else "no_grad"


def warn_of_lost_history():
    """A number made of a tensor that requires grad is worth one warning, as in PyTorch."""
    from rushlight.ops.warn import warn_once

    if modes.grad_enabled:
        warn_once(
            "Converting a tensor with requires_grad=True to a scalar may lead to unexpected "
            "behavior.\nConsider using tensor.detach() first."
        )


def type_name(value):
    """How PyTorch's messages name the type of an argument."""
    if isinstance(value, Tensor):
        return "Tensor"
    kind = type(value)
    if kind.__name__ == "dtype" and kind.__module__ == "rushlight.dtypes":
        return "torch.dtype"
    if kind.__module__ in ("numpy", "torch", "torch._C", "torch.storage"):
        return f"{kind.__module__}.{kind.__name__}"
    return kind.__name__
