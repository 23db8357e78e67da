"""class Tensor: an array, its gradient, and its place on the tape.

The methods are one line each and forward to `rushlight.ops`, which makes Tensors in turn. That
cycle is cut here, once: `ops` is a name that `rushlight/__init__.py` fills in when both are loaded
(`bind_operations`).
"""

from __future__ import annotations

import numpy as np

from rushlight import dtypes
from rushlight.autograd.tape import (
    INFERENCE,
    AccumulateGrad,
    Output,
    gradient_edge,
    inference_blocks,
    modes,
    new_counter,
)
from rushlight.formats import strided

__all__ = ["NUMBER_TYPES", "Size", "Tensor", "as_array", "make_view", "type_name", "wrap"]

ops = autograd = None


def bind_operations(operations, differentiation):
    """Give the methods their operations."""
    global ops, autograd
    ops, autograd = operations, differentiation


#: what may stand for a 0-d tensor among operands
NUMBER_TYPES = (int, float, complex, bool, np.number, np.bool_)


class Size(tuple):
    """The shape of a tensor: a tuple that prints as PyTorch's and counts its elements.

    >>> import rushlight as torch
    >>> torch.zeros(2, 3).shape, torch.zeros(2, 3).shape.numel()
    (torch.Size([2, 3]), 6)
    """

    __slots__ = ()
    __module__ = "torch"

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
        elif ":" in type:
            name, _, number = type.partition(":")
            if not number.isdigit() or index is not None:
                raise RuntimeError(f"Invalid device string: '{type}'")
            type, index = name, int(number)
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
        return self

    def __exit__(self, *exception):
        pass


def _size(sizes):  # a pickle can name this, but not a class that says it lives in `torch`
    return Size(sizes)


def _device(type, index):
    return device(type, index)


CPU = device("cpu")


class Tensor:
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
        "_creation",  # views only: why it may not be modified ("several", "no_grad", ...)
        "_grad",
        "_hooks",
        "_node",  # the edge by which gradients leave: Node, Output or None
        "_replay",  # views only: (viewed Tensor, view operation, its options)
        "_requires_grad",
        "_view_version",  # of a view: the version for which _node is right; else set if it has views
    )
    __module__ = "torch"
    __array_priority__ = 1000

    def __new__(cls, *args, **kwargs):
        return ops.legacy_tensor(cls, *args, **kwargs)

    # What it is -----------------------------------------------------------------------------------

    @property
    def shape(self):
        """The sizes of the dimensions."""
        return Size(self._array.shape)

    def size(self, dim=None):
        """The shape, or the size of one dimension."""
        return Size(self._array.shape) if dim is None else ops.size_of(self, dim)

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
        return CPU

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

    is_cuda = is_sparse = is_quantized = is_meta = is_mps = is_nested = is_mkldnn = False
    is_xpu = is_ipu = is_xla = is_vulkan = is_sparse_csr = False
    is_cpu = True
    names = property(lambda self: (None,) * self._array.ndim)
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
    def data(self):
        """A tensor on the same memory without history, and with a version counter of its own."""
        made = wrap(self._array)
        if self._counter is INFERENCE:
            made._counter = INFERENCE
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
        return self._base is not None

    def is_inference(self):
        """Whether the tensor was made in inference mode."""
        return self._counter is INFERENCE

    # Out to Python and NumPy ----------------------------------------------------------------------

    def item(self):
        """The value of a tensor with one element, as a Python number."""
        if self._array.size != 1:
            raise RuntimeError(
                f"a Tensor with {self._array.size} elements cannot be converted to Scalar"
            )
        return self._array.item()

    def tolist(self):
        """The elements as nested Python lists; of a 0-d tensor, a number."""
        return self._array.tolist()

    def numpy(self, *, force=False):
        """The elements as a NumPy array that shares this tensor's memory.

        Raises:
            RuntimeError: the tensor requires grad (and `force` is False and grad mode on).
        """
        if self._requires_grad and not force and modes.grad_enabled:
            raise RuntimeError(
                "Can't call numpy() on Tensor that requires grad. "
                "Use tensor.detach().numpy() instead."
            )
        return np.asarray(self._array)

    def __array__(self, dtype=None, copy=None):
        array = self.numpy()
        if dtype is None and not copy:
            return array
        return np.array(array, dtype=dtype, copy=copy)

    def __array_wrap__(self, array, context=None, return_scalar=False):
        return wrap(np.asarray(array))

    def __bool__(self):
        if self._array.size != 1:
            if self._array.size == 0:
                raise RuntimeError("Boolean value of Tensor with no values is ambiguous")
            raise RuntimeError("Boolean value of Tensor with more than one value is ambiguous")
        return bool(self._array)

    def __float__(self):
        return float(self.item())

    def __int__(self):
        return int(self.item())

    def __complex__(self):
        return complex(self.item())

    def __index__(self):
        if self._array.size != 1 or self._array.dtype.kind not in "iub":
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self._array.item())

    def __len__(self):
        if self._array.ndim == 0:
            raise TypeError("len() of a 0-d tensor")
        return self._array.shape[0]

    def __iter__(self):
        if self._array.ndim == 0:
            raise TypeError("iteration over a 0-d tensor")
        return iter(ops.unbind(self, 0))

    def __contains__(self, element):
        return ops.contains(self, element)

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

        return reduce_tensor(self)

    def __deepcopy__(self, memo):
        return ops.deep_copy(self, memo)

    # Arithmetic -----------------------------------------------------------------------------------

    def __add__(self, other):
        try:
            return ops._add(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __sub__(self, other):
        try:
            return ops._sub(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __mul__(self, other):
        try:
            return ops.mul(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __truediv__(self, other):
        try:
            return ops._true_divide(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __floordiv__(self, other):
        try:
            return ops.floor_divide(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __mod__(self, other):
        try:
            return ops.remainder(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __pow__(self, other):
        try:
            return ops.pow(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __matmul__(self, other):
        try:
            return ops.matmul(self, other)
        except TypeError:
            if isinstance(other, Tensor):
                raise
            return NotImplemented

    def __and__(self, other):
        try:
            return ops.bitwise_and(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __or__(self, other):
        try:
            return ops.bitwise_or(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __xor__(self, other):
        try:
            return ops.bitwise_xor(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __lshift__(self, other):
        try:
            return ops.bitwise_left_shift(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __rshift__(self, other):
        try:
            return ops.bitwise_right_shift(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __radd__(self, other):
        return self.__add__(other)

    def __rmul__(self, other):
        return self.__mul__(other)

    def __rand__(self, other):
        return self.__and__(other)

    def __ror__(self, other):
        return self.__or__(other)

    def __rxor__(self, other):
        return self.__xor__(other)

    def __rsub__(self, other):
        try:
            return ops.rsub(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __rtruediv__(self, other):
        try:
            return ops.rdiv(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __rfloordiv__(self, other):
        try:
            return ops.rfloor_divide(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __rmod__(self, other):
        try:
            return ops.rremainder(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __rpow__(self, other):
        try:
            return ops.rpow(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __rmatmul__(self, other):
        try:
            return ops.rmatmul(self, other)
        except TypeError:
            if isinstance(other, Tensor):
                raise
            return NotImplemented

    def __rlshift__(self, other):
        try:
            return ops.rlshift(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __rrshift__(self, other):
        try:
            return ops.rrshift(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __eq__(self, other):
        try:
            return ops.eq(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __ne__(self, other):
        try:
            return ops.ne(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __lt__(self, other):
        try:
            return ops.lt(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __le__(self, other):
        try:
            return ops.le(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __gt__(self, other):
        try:
            return ops.gt(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __ge__(self, other):
        try:
            return ops.ge(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __neg__(self):
        return ops.neg(self)

    def __pos__(self):
        return ops.positive(self)

    def __abs__(self):
        return ops.abs(self)

    def __invert__(self):
        if self._array.dtype.kind in "fcV":
            raise TypeError(
                "~ (operator.invert) is only implemented on integer and Boolean-type tensors"
            )
        return ops.bitwise_not(self)

    def __iadd__(self, other):
        return ops.in_place(ops._add, self, other)

    def __isub__(self, other):
        return ops.in_place(ops._sub, self, other)

    def __imul__(self, other):
        return ops.in_place(ops.mul, self, other)

    def __itruediv__(self, other):
        return ops.in_place(ops._true_divide, self, other)

    def __ifloordiv__(self, other):
        return ops.in_place(ops.floor_divide, self, other)

    def __imod__(self, other):
        return ops.in_place(ops.remainder, self, other)

    def __iand__(self, other):
        return ops.in_place(ops.bitwise_and, self, other)

    def __ior__(self, other):
        return ops.in_place(ops.bitwise_or, self, other)

    def __ixor__(self, other):
        return ops.in_place(ops.bitwise_xor, self, other)

    def __ipow__(self, other):
        return ops.in_place(ops.pow, self, other)

    def __ilshift__(self, other):
        return ops.in_place(ops.bitwise_left_shift, self, other)

    def __irshift__(self, other):
        return ops.in_place(ops.bitwise_right_shift, self, other)

    # Casts ----------------------------------------------------------------------------------------

    def to(self, *args, **kwargs):
        """This tensor in another dtype; itself where nothing changes."""
        return ops.to(self, *args, **kwargs)

    def type(self, dtype=None, non_blocking=False):
        """The old name of the tensor's type, or the tensor cast to `dtype`."""
        return ops.type_(self, dtype, non_blocking)

    def type_as(self, other):
        """This tensor in the dtype of `other`."""
        return ops.cast(self, other.dtype)

    def float(self, memory_format=None):
        """This tensor in float32."""
        return ops.cast(self, dtypes.float32)

    def double(self, memory_format=None):
        """This tensor in float64."""
        return ops.cast(self, dtypes.float64)

    def half(self, memory_format=None):
        """This tensor in float16."""
        return ops.cast(self, dtypes.float16)

    def bfloat16(self, memory_format=None):
        """This tensor in bfloat16."""
        return ops.cast(self, dtypes.bfloat16)

    def long(self, memory_format=None):
        """This tensor in int64."""
        return ops.cast(self, dtypes.int64)

    def int(self, memory_format=None):
        """This tensor in int32."""
        return ops.cast(self, dtypes.int32)

    def short(self, memory_format=None):
        """This tensor in int16."""
        return ops.cast(self, dtypes.int16)

    def char(self, memory_format=None):
        """This tensor in int8."""
        return ops.cast(self, dtypes.int8)

    def byte(self, memory_format=None):
        """This tensor in uint8."""
        return ops.cast(self, dtypes.uint8)

    def bool(self, memory_format=None):
        """This tensor in bool: whether each element differs from zero."""
        return ops.cast(self, dtypes.bool_)

    def cfloat(self, memory_format=None):
        """This tensor in complex64."""
        return ops.cast(self, dtypes.complex64)

    def cdouble(self, memory_format=None):
        """This tensor in complex128."""
        return ops.cast(self, dtypes.complex128)

    def cpu(self, memory_format=None):
        """This tensor on the CPU, where it is."""
        return self

    def cuda(self, device=None, non_blocking=False, memory_format=None):
        """Refused: there is only the CPU."""
        return ops.to(self, "cuda")

    # Functions and reductions ---------------------------------------------------------------------

    @property
    def real(self):
        """The real parts, as a view; of a real tensor, itself."""
        return ops.real(self)

    @real.setter
    def real(self, value):
        ops.copy_(ops.real(self), value)

    @property
    def imag(self):
        """The imaginary parts, as a view."""
        return ops.imag(self)

    @imag.setter
    def imag(self, value):
        ops.copy_(ops.imag(self), value)

    def is_conj(self):
        """Whether a conjugation was put off: never, here."""
        return False

    def is_neg(self):
        """Whether a negation was put off: never, here."""
        return False

    def resolve_conj(self):
        """The tensor itself: conjugation is never put off here."""
        return self

    def resolve_neg(self):
        """The tensor itself: negation is never put off here."""
        return self

    def abs(self):
        """|x|, element by element."""
        return ops.abs(self)

    def absolute(self):
        """|x|, element by element."""
        return ops.abs(self)

    def acos(self):
        """The angle whose cosine is x."""
        return ops.acos(self)

    def acosh(self):
        """Inverse of cosh."""
        return ops.acosh(self)

    def add(self, other, *, alpha=1):
        """self + alpha * other."""
        return ops.add(self, other, alpha=alpha)

    def addcdiv(self, tensor1, tensor2, *, value=1):
        """self + value * tensor1 / tensor2."""
        return ops.addcdiv(self, tensor1, tensor2, value=value)

    def addcmul(self, tensor1, tensor2, *, value=1):
        """self + value * tensor1 * tensor2."""
        return ops.addcmul(self, tensor1, tensor2, value=value)

    def all(self, dim=None, keepdim=False, **names):
        """Whether all elements are true."""
        return ops.all(self, dim, keepdim, **names)

    def allclose(self, other, rtol=1e-05, atol=1e-08, equal_nan=False):
        """Whether all elements are close, as a bool."""
        return ops.allclose(self, other, rtol, atol, equal_nan)

    def amax(self, dim=(), keepdim=False, **names):
        """The greatest element, or along the dimensions `dim`."""
        return ops.amax(self, dim, keepdim, **names)

    def amin(self, dim=(), keepdim=False, **names):
        """The smallest element, or along the dimensions `dim`."""
        return ops.amin(self, dim, keepdim, **names)

    def aminmax(self, *, dim=None, keepdim=False):
        """The smallest and the greatest element."""
        return ops.aminmax(self, dim=dim, keepdim=keepdim)

    def angle(self):
        """The angle of each (complex) element."""
        return ops.angle(self)

    def any(self, dim=None, keepdim=False, **names):
        """Whether some element is true."""
        return ops.any(self, dim, keepdim, **names)

    def arccos(self):
        """The angle whose cosine is x."""
        return ops.acos(self)

    def arccosh(self):
        """Inverse of cosh."""
        return ops.acosh(self)

    def arcsin(self):
        """The angle whose sine is x."""
        return ops.asin(self)

    def arcsinh(self):
        """Inverse of sinh."""
        return ops.asinh(self)

    def arctan(self):
        """The angle whose tangent is x."""
        return ops.atan(self)

    def arctan2(self, other):
        """The angle of the point (other, self)."""
        return ops.atan2(self, other)

    def arctanh(self):
        """Inverse of tanh."""
        return ops.atanh(self)

    def argmax(self, dim=None, keepdim=False, **names):
        """The index of the greatest element."""
        return ops.argmax(self, dim, keepdim, **names)

    def argmin(self, dim=None, keepdim=False, **names):
        """The index of the smallest element."""
        return ops.argmin(self, dim, keepdim, **names)

    def asin(self):
        """The angle whose sine is x."""
        return ops.asin(self)

    def asinh(self):
        """Inverse of sinh."""
        return ops.asinh(self)

    def atan(self):
        """The angle whose tangent is x."""
        return ops.atan(self)

    def atan2(self, other):
        """The angle of the point (other, self)."""
        return ops.atan2(self, other)

    def atanh(self):
        """Inverse of tanh."""
        return ops.atanh(self)

    def bincount(self, weights=None, minlength=0):
        """How often each non-negative integer occurs."""
        return ops.bincount(self, weights, minlength)

    def bitwise_and(self, other):
        """Both bits."""
        return ops.bitwise_and(self, other)

    def bitwise_left_shift(self, other):
        """The bits moved to higher places."""
        return ops.bitwise_left_shift(self, other)

    def bitwise_not(self):
        """The bits inverted; of bools, the opposite."""
        return ops.bitwise_not(self)

    def bitwise_or(self, other):
        """Either bit."""
        return ops.bitwise_or(self, other)

    def bitwise_right_shift(self, other):
        """The bits moved to lower places."""
        return ops.bitwise_right_shift(self, other)

    def bitwise_xor(self, other):
        """The bits that differ."""
        return ops.bitwise_xor(self, other)

    def ceil(self):
        """The smallest whole number that is not smaller."""
        return ops.ceil(self)

    def clamp(self, min=None, max=None):
        """The elements cut off below `min` and above `max`."""
        return ops.clamp(self, min, max)

    def clamp_max(self, max):
        """The elements cut off above `max`."""
        return ops.clamp_max(self, max)

    def clamp_min(self, min):
        """The elements cut off below `min`."""
        return ops.clamp_min(self, min)

    def clip(self, min=None, max=None):
        """The elements cut off below `min` and above `max`."""
        return ops.clamp(self, min, max)

    def conj(self):
        """The complex conjugates."""
        return ops.conj(self)

    def conj_physical(self):
        """The complex conjugates, computed now."""
        return ops.conj_physical(self)

    def copysign(self, other):
        """The size of this, the sign of other."""
        return ops.copysign(self, other)

    def cos(self):
        """Cosine."""
        return ops.cos(self)

    def cosh(self):
        """Hyperbolic cosine."""
        return ops.cosh(self)

    def count_nonzero(self, dim=None):
        """How many elements are not zero."""
        return ops.count_nonzero(self, dim)

    def cummax(self, dim=None, *, axis=None):
        """Running maxima along `dim`, with their indices."""
        return ops.cummax(self, dim, axis=axis)

    def cummin(self, dim=None, *, axis=None):
        """Running minima along `dim`, with their indices."""
        return ops.cummin(self, dim, axis=axis)

    def cumprod(self, dim=None, *, dtype=None, axis=None):
        """Running products along `dim`."""
        return ops.cumprod(self, dim, dtype=dtype, axis=axis)

    def cumsum(self, dim=None, *, dtype=None, axis=None):
        """Running sums along `dim`."""
        return ops.cumsum(self, dim, dtype=dtype, axis=axis)

    def deg2rad(self):
        """Degrees as radians."""
        return ops.deg2rad(self)

    def diff(self, n=1, dim=-1, prepend=None, append=None):
        """Differences of neighbours along `dim`."""
        return ops.diff(self, n, dim, prepend, append)

    def digamma(self):
        """The derivative of lgamma."""
        return ops.digamma(self)

    def div(self, other, *, rounding_mode=None):
        """The quotient, rounded if asked."""
        return ops.div(self, other, rounding_mode=rounding_mode)

    def divide(self, other, *, rounding_mode=None):
        """The quotient, rounded if asked."""
        return ops.div(self, other, rounding_mode=rounding_mode)

    def eq(self, other):
        """Whether equal, element by element."""
        return ops.eq(self, other)

    def equal(self, other):
        """Whether shape and elements are equal, as a bool."""
        return ops.equal(self, other)

    def erf(self):
        """The error function."""
        return ops.erf(self)

    def erfc(self):
        """1 - erf(x)."""
        return ops.erfc(self)

    def erfinv(self):
        """The inverse of erf."""
        return ops.erfinv(self)

    def exp(self):
        """e to the power of each element."""
        return ops.exp(self)

    def exp2(self):
        """2 to the power of each element."""
        return ops.exp2(self)

    def expm1(self):
        """exp(x) - 1."""
        return ops.expm1(self)

    def fix(self):
        """x without its fraction."""
        return ops.trunc(self)

    def float_power(self, exponent):
        """Power in double precision."""
        return ops.float_power(self, exponent)

    def floor(self):
        """The greatest whole number that is not greater."""
        return ops.floor(self)

    def floor_divide(self, other):
        """The quotient, rounded down."""
        return ops.floor_divide(self, other)

    def fmax(self, other):
        """The greater; NaN counts as missing."""
        return ops.fmax(self, other)

    def fmin(self, other):
        """The smaller; NaN counts as missing."""
        return ops.fmin(self, other)

    def fmod(self, other):
        """The remainder, with the sign of this tensor."""
        return ops.fmod(self, other)

    def frac(self):
        """The fraction of x."""
        return ops.frac(self)

    def frexp(self):
        """Mantissa and exponent: self = mantissa * 2**exponent."""
        return ops.frexp(self)

    def gcd(self, other):
        """The greatest common divisor."""
        return ops.gcd(self, other)

    def ge(self, other):
        """Whether greater or equal."""
        return ops.ge(self, other)

    def greater(self, other):
        """Whether greater."""
        return ops.gt(self, other)

    def greater_equal(self, other):
        """Whether greater or equal."""
        return ops.ge(self, other)

    def gt(self, other):
        """Whether greater."""
        return ops.gt(self, other)

    def heaviside(self, values):
        """0, `values` or 1, as the element is negative, zero or positive."""
        return ops.heaviside(self, values)

    def histc(self, bins=100, min=0, max=0):
        """How many elements lie in each of `bins` equal intervals."""
        return ops.histc(self, bins, min, max)

    def hypot(self, other):
        """sqrt(self**2 + other**2)."""
        return ops.hypot(self, other)

    def i0(self):
        """The modified Bessel function of order 0."""
        return ops.i0(self)

    def igamma(self, other):
        """The lower incomplete gamma function."""
        return ops.igamma(self, other)

    def igammac(self, other):
        """The upper incomplete gamma function."""
        return ops.igammac(self, other)

    def isclose(self, other, rtol=1e-05, atol=1e-08, equal_nan=False):
        """Whether the elements are equal but for a tolerance."""
        return ops.isclose(self, other, rtol, atol, equal_nan)

    def isfinite(self):
        """Whether each element is neither infinite nor NaN."""
        return ops.isfinite(self)

    def isinf(self):
        """Whether each element is infinite."""
        return ops.isinf(self)

    def isnan(self):
        """Whether each element is NaN."""
        return ops.isnan(self)

    def isneginf(self):
        """Whether each element is -inf."""
        return ops.isneginf(self)

    def isposinf(self):
        """Whether each element is +inf."""
        return ops.isposinf(self)

    def isreal(self):
        """Whether each imaginary part is zero."""
        return ops.isreal(self)

    def lcm(self, other):
        """The least common multiple."""
        return ops.lcm(self, other)

    def ldexp(self, other):
        """self * 2**other."""
        return ops.ldexp(self, other)

    def le(self, other):
        """Whether less or equal."""
        return ops.le(self, other)

    def lerp(self, end, weight):
        """self + weight * (end - self)."""
        return ops.lerp(self, end, weight)

    def less(self, other):
        """Whether less."""
        return ops.lt(self, other)

    def less_equal(self, other):
        """Whether less or equal."""
        return ops.le(self, other)

    def lgamma(self):
        """The logarithm of |gamma(x)|."""
        return ops.lgamma(self)

    def log(self):
        """Natural logarithm."""
        return ops.log(self)

    def log10(self):
        """Logarithm to base 10."""
        return ops.log10(self)

    def log1p(self):
        """log(1 + x)."""
        return ops.log1p(self)

    def log2(self):
        """Logarithm to base 2."""
        return ops.log2(self)

    def log_softmax(self, dim=None, dtype=None, *, axis=None):
        """log(softmax(x)) along `dim`."""
        return ops.log_softmax(self, dim, dtype, axis=axis)

    def logaddexp(self, other):
        """log(exp(self) + exp(other))."""
        return ops.logaddexp(self, other)

    def logaddexp2(self, other):
        """log2(2**self + 2**other)."""
        return ops.logaddexp2(self, other)

    def logcumsumexp(self, dim=None, *, axis=None):
        """log(cumsum(exp(x))) along `dim`."""
        return ops.logcumsumexp(self, dim, axis=axis)

    def logical_and(self, other):
        """Whether both are true."""
        return ops.logical_and(self, other)

    def logical_not(self):
        """Whether the element is zero."""
        return ops.logical_not(self)

    def logical_or(self, other):
        """Whether one is true."""
        return ops.logical_or(self, other)

    def logical_xor(self, other):
        """Whether exactly one is true."""
        return ops.logical_xor(self, other)

    def logit(self, eps=None):
        """log(x / (1 - x))."""
        return ops.logit(self, eps)

    def logsumexp(self, dim, keepdim=False):
        """log(sum(exp(x))) over the dimensions `dim`."""
        return ops.logsumexp(self, dim, keepdim)

    def lt(self, other):
        """Whether less."""
        return ops.lt(self, other)

    def max(self, dim=None, keepdim=False, *, other=None, **names):
        """The greatest: of all, along `dim` with its index, or of two tensors."""
        return ops.max(self, dim, keepdim, other=other, **names)

    def maximum(self, other):
        """The greater, element by element."""
        return ops.maximum(self, other)

    def mean(self, dim=None, keepdim=False, *, dtype=None, **names):
        """The mean of the elements, or over the dimensions `dim`."""
        return ops.mean(self, dim, keepdim, dtype=dtype, **names)

    def median(self, dim=None, keepdim=False, **names):
        """The median, or along `dim` with its index."""
        return ops.median(self, dim, keepdim, **names)

    def min(self, dim=None, keepdim=False, *, other=None, **names):
        """The smallest: of all, along `dim` with its index, or of two tensors."""
        return ops.min(self, dim, keepdim, other=other, **names)

    def minimum(self, other):
        """The smaller, element by element."""
        return ops.minimum(self, other)

    def mode(self, dim=-1, keepdim=False):
        """The most frequent value along `dim`, with its index."""
        return ops.mode(self, dim, keepdim)

    def mul(self, other):
        """The product."""
        return ops.mul(self, other)

    def multiply(self, other):
        """The product."""
        return ops.mul(self, other)

    def mvlgamma(self, p):
        """The multivariate lgamma."""
        return ops.mvlgamma(self, p)

    def nan_to_num(self, nan=None, posinf=None, neginf=None):
        """Numbers in place of NaN, inf and -inf."""
        return ops.nan_to_num(self, nan=nan, posinf=posinf, neginf=neginf)

    def nanmean(self, dim=None, keepdim=False, *, dtype=None):
        """The mean of the elements that are numbers."""
        return ops.nanmean(self, dim, keepdim, dtype=dtype)

    def nanmedian(self, dim=None, keepdim=False):
        """The median of the elements that are numbers."""
        return ops.nanmedian(self, dim, keepdim)

    def nanquantile(self, q, dim=None, keepdim=False, *, interpolation="linear"):
        """The q-th quantiles of the elements that are numbers."""
        return ops.nanquantile(self, q, dim, keepdim, interpolation=interpolation)

    def nansum(self, dim=None, keepdim=False, *, dtype=None):
        """The sum of the elements that are numbers."""
        return ops.nansum(self, dim, keepdim, dtype=dtype)

    def ne(self, other):
        """Whether the elements differ."""
        return ops.ne(self, other)

    def neg(self):
        """-x."""
        return ops.neg(self)

    def negative(self):
        """-x."""
        return ops.neg(self)

    def nextafter(self, other):
        """The next number towards other."""
        return ops.nextafter(self, other)

    def norm(self, p="fro", dim=None, keepdim=False, dtype=None):
        """The norm: (sum of |x|**p) ** (1 / p)."""
        return ops.norm(self, p, dim, keepdim, dtype=dtype)

    def not_equal(self, other):
        """Whether the elements differ."""
        return ops.ne(self, other)

    def polygamma(self, n):
        """The n-th derivative of digamma."""
        return ops.polygamma(n, self)

    def positive(self):
        """The tensor itself."""
        return ops.positive(self)

    def pow(self, exponent):
        """The power."""
        return ops.pow(self, exponent)

    def prod(self, dim=None, keepdim=False, *, dtype=None, **names):
        """The product of the elements, or along `dim`."""
        return ops.prod(self, dim, keepdim, dtype=dtype, **names)

    def quantile(self, q, dim=None, keepdim=False, *, interpolation="linear"):
        """The q-th quantiles, or along `dim`."""
        return ops.quantile(self, q, dim, keepdim, interpolation=interpolation)

    def rad2deg(self):
        """Radians as degrees."""
        return ops.rad2deg(self)

    def reciprocal(self):
        """1 / x."""
        return ops.reciprocal(self)

    def relu(self):
        """max(x, 0)."""
        return ops.relu(self)

    def remainder(self, other):
        """The remainder, with the sign of other."""
        return ops.remainder(self, other)

    def round(self, *, decimals=None):
        """The nearest number with so many decimals; halves go to the even one."""
        return ops.round(self, decimals=decimals)

    def rsqrt(self):
        """1 / sqrt(x)."""
        return ops.rsqrt(self)

    def sgn(self):
        """The sign; of complex numbers z / |z|."""
        return ops.sgn(self)

    def sigmoid(self):
        """1 / (1 + exp(-x))."""
        return ops.sigmoid(self)

    def sign(self):
        """-1, 0 or 1."""
        return ops.sign(self)

    def signbit(self):
        """Whether each element has its sign bit set."""
        return ops.signbit(self)

    def sin(self):
        """Sine."""
        return ops.sin(self)

    def sinc(self):
        """sin(pi * x) / (pi * x)."""
        return ops.sinc(self)

    def sinh(self):
        """Hyperbolic sine."""
        return ops.sinh(self)

    def softmax(self, dim=None, dtype=None, *, axis=None):
        """exp(x) / sum(exp(x)) along `dim`."""
        return ops.softmax(self, dim, dtype, axis=axis)

    def sqrt(self):
        """Square root."""
        return ops.sqrt(self)

    def square(self):
        """x * x."""
        return ops.square(self)

    def std(self, dim=None, unbiased=None, keepdim=False, *, correction=None, **names):
        """The standard deviation."""
        return ops.std(self, dim, unbiased, keepdim, correction=correction, **names)

    def sub(self, other, *, alpha=1):
        """self - alpha * other."""
        return ops.sub(self, other, alpha=alpha)

    def subtract(self, other, *, alpha=1):
        """self - alpha * other."""
        return ops.sub(self, other, alpha=alpha)

    def sum(self, dim=None, keepdim=False, *, dtype=None, **names):
        """The sum of the elements, or over the dimensions `dim`."""
        return ops.sum(self, dim, keepdim, dtype=dtype, **names)

    def tan(self):
        """Tangent."""
        return ops.tan(self)

    def tanh(self):
        """Hyperbolic tangent."""
        return ops.tanh(self)

    def true_divide(self, other):
        """The quotient."""
        return ops.div(self, other)

    def trunc(self):
        """x without its fraction."""
        return ops.trunc(self)

    def var(self, dim=None, unbiased=None, keepdim=False, *, correction=None, **names):
        """The variance."""
        return ops.var(self, dim, unbiased, keepdim, correction=correction, **names)

    def where(self, condition, other):
        """self where the condition holds, else other."""
        return ops.where(condition, self, other)

    def xlogy(self, other):
        """self * log(other)."""
        return ops.xlogy(self, other)

    # Shape ----------------------------------------------------------------------------------------

    def reshape(self, *sizes, shape=None):
        """The elements in another shape: a view where the memory allows it, else a copy."""
        return ops.reshape(self, *sizes) if shape is None else ops.reshape(self, shape)

    def view(self, *shape, size=None, dtype=None):
        """The same memory in another shape (or in another dtype)."""
        if size is None and dtype is None:
            return ops.view_(self, *shape)
        return ops.view_(self, dtype) if size is None else ops.view_(self, size)

    def expand(self, *sizes, size=None):
        """Dimensions of size 1 repeated without copying."""
        return ops.expand(self, *sizes) if size is None else ops.expand(self, size)

    def sum_to_size(self, *sizes, size=None):
        """The sum over what expanding from `size` to this shape adds."""
        return ops.sum_to_size(self, *sizes) if size is None else ops.sum_to_size(self, size)

    def view_as(self, other):
        """The same memory in the shape of `other`."""
        return ops.view_as(self, other)

    def reshape_as(self, other):
        """The elements in the shape of `other`."""
        return ops.reshape_as(self, other)

    def flatten(self, start_dim=0, end_dim=-1):
        """The dimensions from `start_dim` to `end_dim` made one."""
        return ops.flatten(self, start_dim, end_dim)

    def ravel(self):
        """The elements in a row."""
        return ops.ravel(self)

    def unflatten(self, dim, sizes):
        """One dimension cut into several."""
        return ops.unflatten(self, dim, sizes)

    def squeeze(self, dim=None):
        """Without the dimensions of size 1."""
        return ops.squeeze(self, dim)

    def unsqueeze(self, dim):
        """A new dimension of size 1 at `dim`."""
        return ops.unsqueeze(self, dim)

    def transpose(self, dim0, dim1):
        """Two dimensions swapped."""
        return ops.transpose(self, dim0, dim1)

    def swapaxes(self, axis0, axis1):
        """Two dimensions swapped."""
        return ops.transpose(self, axis0, axis1)

    def swapdims(self, dim0, dim1):
        """Two dimensions swapped."""
        return ops.transpose(self, dim0, dim1)

    def permute(self, *order, dims=None):
        """The dimensions in another order."""
        return ops.permute(self, *order) if dims is None else ops.permute(self, dims)

    def movedim(self, source, destination):
        """The dimensions `source` moved to the places `destination`."""
        return ops.movedim(self, source, destination)

    def moveaxis(self, source, destination):
        """The dimensions `source` moved to the places `destination`."""
        return ops.movedim(self, source, destination)

    def t(self):
        """The transpose of a matrix."""
        return ops.t(self)

    @property
    def T(self):
        """The dimensions in reverse order."""
        return ops.reversed_dims(self)

    @property
    def mT(self):
        """The last two dimensions swapped."""
        return ops.matrix_transpose(self)

    @property
    def H(self):
        """The conjugate transpose of a matrix."""
        return ops.matrix_adjoint(self)

    @property
    def mH(self):
        """The conjugate transposes of matrices."""
        return ops.batch_adjoint(self)

    def adjoint(self):
        """The conjugate transposes of matrices."""
        return ops.adjoint(self)

    def expand_as(self, other):
        """Expanded to the shape of `other`."""
        return ops.expand_as(self, other)

    def broadcast_to(self, size):
        """Expanded to `size`."""
        return ops.expand(self, size)

    def narrow(self, dim, start, length):
        """`length` elements of a dimension from `start` on."""
        return ops.narrow(self, dim, start, length)

    def select(self, dim, index):
        """The part at one position of a dimension."""
        return ops.select(self, dim, index)

    def diagonal(self, offset=0, dim1=0, dim2=1):
        """The diagonal of the matrices in two dimensions."""
        return ops.diagonal(self, offset, dim1, dim2)

    def unfold(self, dimension, size, step):
        """All windows of `size` elements, `step` apart."""
        return ops.unfold(self, dimension, size, step)

    def as_strided(self, size, stride, storage_offset=None):
        """The storage with these sizes and strides."""
        return ops.as_strided(self, size, stride, storage_offset)

    def split(self, split_size, dim=0):
        """Pieces of a size, or of the sizes given."""
        return ops.split(self, split_size, dim)

    def split_with_sizes(self, split_sizes, dim=0):
        """Pieces of the sizes given."""
        return ops.split_with_sizes(self, split_sizes, dim)

    def unsafe_split(self, split_size, dim=0):
        """Copies of the pieces of a size."""
        return ops.unsafe_split(self, split_size, dim)

    def chunk(self, chunks, dim=0):
        """Up to `chunks` pieces of equal size."""
        return ops.chunk(self, chunks, dim)

    def unsafe_chunk(self, chunks, dim=0):
        """Copies of up to `chunks` pieces of equal size."""
        return ops.unsafe_chunk(self, chunks, dim)

    def tensor_split(self, indices_or_sections, dim=0):
        """Pieces of nearly equal size, or between indices."""
        return ops.tensor_split(self, indices_or_sections, dim)

    def hsplit(self, indices_or_sections):
        """Cut along the second dimension."""
        return ops.hsplit(self, indices_or_sections)

    def vsplit(self, indices_or_sections):
        """Cut along the first dimension."""
        return ops.vsplit(self, indices_or_sections)

    def dsplit(self, indices_or_sections):
        """Cut along the third dimension."""
        return ops.dsplit(self, indices_or_sections)

    def unbind(self, dim=0):
        """The parts at all positions of a dimension."""
        return ops.unbind(self, dim)

    def repeat(self, *counts, repeats=None):
        """The whole tensor repeated along its dimensions."""
        return ops.repeat(self, *counts) if repeats is None else ops.repeat(self, repeats)

    def tile(self, *counts, dims=None):
        """`repeat`, where missing repeats in front are 1."""
        return ops.tile(self, *counts) if dims is None else ops.tile(self, dims)

    def repeat_interleave(self, repeats=None, dim=None, *, output_size=None):
        """Each element repeated."""
        return ops.repeat_interleave(self, repeats, dim, output_size=output_size)

    def flip(self, *axes, dims=None):
        """The elements in reverse order along `dims`."""
        return ops.flip(self, *axes) if dims is None else ops.flip(self, dims)

    def fliplr(self):
        """Flipped along the second dimension."""
        return ops.fliplr(self)

    def flipud(self):
        """Flipped along the first dimension."""
        return ops.flipud(self)

    def roll(self, shifts, dims=None):
        """The elements moved round along `dims`."""
        return ops.roll(self, shifts, dims)

    def rot90(self, k=1, dims=(0, 1)):
        """`k` quarter turns in the plane of two dimensions."""
        return ops.rot90(self, k, dims)

    def tril(self, diagonal=0):
        """The lower triangle of matrices."""
        return ops.tril(self, diagonal)

    def tril_(self, diagonal=0):
        """`tril` in place."""
        return ops.in_place(ops.tril, self, diagonal)

    def triu(self, diagonal=0):
        """The upper triangle of matrices."""
        return ops.triu(self, diagonal)

    def triu_(self, diagonal=0):
        """`triu` in place."""
        return ops.in_place(ops.triu, self, diagonal)

    def diag(self, diagonal=0):
        """The diagonal of a matrix, or the matrix of a diagonal."""
        return ops.diag(self, diagonal)

    def diag_embed(self, offset=0, dim1=-2, dim2=-1):
        """Matrices with the last dimension on their diagonal."""
        return ops.diag_embed(self, offset, dim1, dim2)

    def diagflat(self, offset=0):
        """A matrix with all elements on its diagonal."""
        return ops.diagflat(self, offset)

    def squeeze_(self, dim=None):
        """`squeeze` in place."""
        return ops.squeeze_(self, dim)

    def unsqueeze_(self, dim):
        """`unsqueeze` in place."""
        return ops.unsqueeze_(self, dim)

    def transpose_(self, dim0, dim1):
        """`transpose` in place."""
        return ops.transpose_(self, dim0, dim1)

    def swapaxes_(self, axis0, axis1):
        """`swapaxes` in place."""
        return ops.transpose_(self, axis0, axis1)

    def swapdims_(self, dim0, dim1):
        """`swapdims` in place."""
        return ops.transpose_(self, dim0, dim1)

    def t_(self):
        """`t` in place."""
        return ops.t_(self)

    def as_strided_(self, size, stride, storage_offset=None):
        """`as_strided` in place."""
        return ops.as_strided_(self, size, stride, storage_offset)

    # Memory ---------------------------------------------------------------------------------------

    def is_same_size(self, other):
        """Whether another tensor has the same shape."""
        return ops.is_same_size(self, other)

    def is_set_to(self, tensor):
        """Whether another tensor shows the same memory in the same way."""
        return (
            self._array.shape == tensor._array.shape
            and self._array.strides == tensor._array.strides
            and self.data_ptr() == tensor.data_ptr()
        )

    def is_nonzero(self):
        """Whether the only element is not zero."""
        return ops.is_nonzero(self)

    def is_shared(self):
        """Whether other processes share the memory: never."""
        return False

    def share_memory_(self):
        """This tensor; other processes get copies."""
        return self

    def is_pinned(self, device=None):
        """Whether the memory is locked for a GPU: never."""
        return False

    def pin_memory(self, device=None):
        """This tensor: there is no GPU that memory could be locked for."""
        return self

    def get_device(self):
        """The number of the tensor's device: -1 for the CPU."""
        return -1

    def to_dense(self, dtype=None, *, masked_grad=True):
        """This tensor, which has all its elements."""
        return self if dtype is None else ops.cast(self, dtype)

    def dim_order(self):
        """The dimensions in the order in which they lie in memory."""
        strides = self._array.strides
        return tuple(sorted(range(self._array.ndim), key=lambda d: -strides[d]))

    def narrow_copy(self, dim, start, length):
        """`narrow`, copied."""
        return ops.narrow_copy(self, dim, start, length)

    def unsafe_split_with_sizes(self, split_sizes, dim=0):
        """Copies of the pieces of the sizes given."""
        return ops.unsafe_split_with_sizes(self, split_sizes, dim)

    def fill_diagonal_(self, fill_value, wrap=False):
        """Set the main diagonal to a number, in place."""
        return ops.fill_diagonal_(self, fill_value, wrap)

    def apply_(self, callable):
        """Replace each element by what a function makes of it, in place."""
        return ops.apply_(self, callable)

    def map_(self, tensor, callable):
        """Replace each element by what a function makes of it and of another tensor's, in place."""
        return ops.map_(self, tensor, callable)

    def resize_(self, *sizes, memory_format=None):
        """Another size, in place."""
        return ops.resize_(self, *sizes)

    def resize_as_(self, the_template, *, memory_format=None):
        """The size of another tensor, in place."""
        return ops.resize_as_(self, the_template)

    def set_(self, source=None, storage_offset=0, size=None, stride=None):
        """The memory of another tensor, in place."""
        return ops.set_(self, source, storage_offset, size, stride)

    def clone(self, *, memory_format=None):
        """A copy, through which gradients flow."""
        return ops.clone(self, memory_format=memory_format)

    def detach(self):
        """The same memory without history."""
        return ops.detach(self)

    def detach_(self):
        """Forget the history, in place."""
        return ops.detach_(self)

    def contiguous(self, memory_format=None):
        """Itself if the elements lie in order in memory, else a copy."""
        return ops.contiguous(self, memory_format)

    def is_contiguous(self, memory_format=None):
        """Whether the elements lie in order in memory."""
        return self._array.flags.c_contiguous

    def stride(self, dim=None):
        """How many elements apart neighbours along each dimension (or along `dim`) lie."""
        return ops.stride(self, dim)

    def storage_offset(self):
        """How many elements lie in the storage before the first one."""
        return ops.storage_offset(self)

    def data_ptr(self):
        """The address of the first element."""
        return self._array.__array_interface__["data"][0] if self._array.size else 0

    def untyped_storage(self):
        """The memory that the elements lie in."""
        return ops.untyped_storage(self)

    def storage(self):
        """The memory that the elements lie in, in elements."""
        return ops.storage(self)

    def new(self, *args, **kwargs):
        """A tensor of this dtype: uninitialised of the sizes given, or of data."""
        return ops.new(self, *args, **kwargs)

    def new_tensor(self, data, **options):
        """A copy of `data` in this dtype."""
        return ops.new_tensor(self, data, **options)

    def new_zeros(self, *size, **options):
        """Zeros in this dtype."""
        return ops.new_zeros(self, *size, **options)

    def new_ones(self, *size, **options):
        """Ones in this dtype."""
        return ops.new_ones(self, *size, **options)

    def new_empty(self, *size, **options):
        """An uninitialised tensor in this dtype."""
        return ops.new_empty(self, *size, **options)

    def new_empty_strided(self, size, stride, **options):
        """An uninitialised tensor with these strides in this dtype."""
        return ops.new_empty_strided(self, size, stride, **options)

    def new_full(self, size, fill_value, **options):
        """A tensor of one value in this dtype."""
        return ops.new_full(self, size, fill_value, **options)

    # In place -------------------------------------------------------------------------------------

    def abs_(self):
        """`abs` in place."""
        return ops.in_place(ops.abs, self)

    def absolute_(self):
        """`absolute` in place."""
        return ops.in_place(ops.abs, self)

    def acos_(self):
        """`acos` in place."""
        return ops.in_place(ops.acos, self)

    def acosh_(self):
        """`acosh` in place."""
        return ops.in_place(ops.acosh, self)

    def add_(self, other, *, alpha=1):
        """`add` in place."""
        return ops.in_place(ops.add, self, other, alpha=alpha)

    def addcdiv_(self, tensor1, tensor2, *, value=1):
        """`addcdiv` in place."""
        return ops.in_place(ops.addcdiv, self, tensor1, tensor2, value=value)

    def addcmul_(self, tensor1, tensor2, *, value=1):
        """`addcmul` in place."""
        return ops.in_place(ops.addcmul, self, tensor1, tensor2, value=value)

    def arccos_(self):
        """`arccos` in place."""
        return ops.in_place(ops.acos, self)

    def arccosh_(self):
        """`arccosh` in place."""
        return ops.in_place(ops.acosh, self)

    def arcsin_(self):
        """`arcsin` in place."""
        return ops.in_place(ops.asin, self)

    def arcsinh_(self):
        """`arcsinh` in place."""
        return ops.in_place(ops.asinh, self)

    def arctan2_(self, other):
        """`arctan2` in place."""
        return ops.in_place(ops.atan2, self, other)

    def arctan_(self):
        """`arctan` in place."""
        return ops.in_place(ops.atan, self)

    def arctanh_(self):
        """`arctanh` in place."""
        return ops.in_place(ops.atanh, self)

    def asin_(self):
        """`asin` in place."""
        return ops.in_place(ops.asin, self)

    def asinh_(self):
        """`asinh` in place."""
        return ops.in_place(ops.asinh, self)

    def atan2_(self, other):
        """`atan2` in place."""
        return ops.in_place(ops.atan2, self, other)

    def atan_(self):
        """`atan` in place."""
        return ops.in_place(ops.atan, self)

    def atanh_(self):
        """`atanh` in place."""
        return ops.in_place(ops.atanh, self)

    def bitwise_and_(self, other):
        """`bitwise_and` in place."""
        return ops.in_place(ops.bitwise_and, self, other)

    def bitwise_left_shift_(self, other):
        """`bitwise_left_shift` in place."""
        return ops.in_place(ops.bitwise_left_shift, self, other)

    def bitwise_not_(self):
        """`bitwise_not` in place."""
        return ops.in_place(ops.bitwise_not, self)

    def bitwise_or_(self, other):
        """`bitwise_or` in place."""
        return ops.in_place(ops.bitwise_or, self, other)

    def bitwise_right_shift_(self, other):
        """`bitwise_right_shift` in place."""
        return ops.in_place(ops.bitwise_right_shift, self, other)

    def bitwise_xor_(self, other):
        """`bitwise_xor` in place."""
        return ops.in_place(ops.bitwise_xor, self, other)

    def ceil_(self):
        """`ceil` in place."""
        return ops.in_place(ops.ceil, self)

    def clamp_(self, min=None, max=None):
        """`clamp` in place."""
        return ops.in_place(ops.clamp, self, min, max)

    def clamp_max_(self, max):
        """`clamp_max` in place."""
        return ops.in_place(ops.clamp_max, self, max)

    def clamp_min_(self, min):
        """`clamp_min` in place."""
        return ops.in_place(ops.clamp_min, self, min)

    def clip_(self, min=None, max=None):
        """`clip` in place."""
        return ops.in_place(ops.clamp, self, min, max)

    def conj_physical_(self):
        """`conj_physical` in place."""
        return ops.in_place(ops.conj_physical, self)

    def copysign_(self, other):
        """`copysign` in place."""
        return ops.in_place(ops.copysign, self, other)

    def cos_(self):
        """`cos` in place."""
        return ops.in_place(ops.cos, self)

    def cosh_(self):
        """`cosh` in place."""
        return ops.in_place(ops.cosh, self)

    def cumprod_(self, dim=None, *, dtype=None, axis=None):
        """`cumprod` in place."""
        return ops.in_place(ops.cumprod, self, dim, dtype=dtype, axis=axis)

    def cumsum_(self, dim=None, *, dtype=None, axis=None):
        """`cumsum` in place."""
        return ops.in_place(ops.cumsum, self, dim, dtype=dtype, axis=axis)

    def deg2rad_(self):
        """`deg2rad` in place."""
        return ops.in_place(ops.deg2rad, self)

    def digamma_(self):
        """`digamma` in place."""
        return ops.in_place(ops.digamma, self)

    def div_(self, other, *, rounding_mode=None):
        """`div` in place."""
        return ops.in_place(ops.div, self, other, rounding_mode=rounding_mode)

    def divide_(self, other, *, rounding_mode=None):
        """`divide` in place."""
        return ops.in_place(ops.div, self, other, rounding_mode=rounding_mode)

    def eq_(self, other):
        """`eq` in place."""
        return ops.in_place(ops.eq, self, other)

    def erf_(self):
        """`erf` in place."""
        return ops.in_place(ops.erf, self)

    def erfc_(self):
        """`erfc` in place."""
        return ops.in_place(ops.erfc, self)

    def erfinv_(self):
        """`erfinv` in place."""
        return ops.in_place(ops.erfinv, self)

    def exp2_(self):
        """`exp2` in place."""
        return ops.in_place(ops.exp2, self)

    def exp_(self):
        """`exp` in place."""
        return ops.in_place(ops.exp, self)

    def expm1_(self):
        """`expm1` in place."""
        return ops.in_place(ops.expm1, self)

    def fix_(self):
        """`fix` in place."""
        return ops.in_place(ops.trunc, self)

    def float_power_(self, exponent):
        """`float_power` in place."""
        return ops.in_place(ops.float_power, self, exponent)

    def floor_(self):
        """`floor` in place."""
        return ops.in_place(ops.floor, self)

    def floor_divide_(self, other):
        """`floor_divide` in place."""
        return ops.in_place(ops.floor_divide, self, other)

    def fmod_(self, other):
        """`fmod` in place."""
        return ops.in_place(ops.fmod, self, other)

    def frac_(self):
        """`frac` in place."""
        return ops.in_place(ops.frac, self)

    def gcd_(self, other):
        """`gcd` in place."""
        return ops.in_place(ops.gcd, self, other)

    def ge_(self, other):
        """`ge` in place."""
        return ops.in_place(ops.ge, self, other)

    def greater_(self, other):
        """`greater` in place."""
        return ops.in_place(ops.gt, self, other)

    def greater_equal_(self, other):
        """`greater_equal` in place."""
        return ops.in_place(ops.ge, self, other)

    def gt_(self, other):
        """`gt` in place."""
        return ops.in_place(ops.gt, self, other)

    def heaviside_(self, values):
        """`heaviside` in place."""
        return ops.in_place(ops.heaviside, self, values)

    def hypot_(self, other):
        """`hypot` in place."""
        return ops.in_place(ops.hypot, self, other)

    def i0_(self):
        """`i0` in place."""
        return ops.in_place(ops.i0, self)

    def igamma_(self, other):
        """`igamma` in place."""
        return ops.in_place(ops.igamma, self, other)

    def igammac_(self, other):
        """`igammac` in place."""
        return ops.in_place(ops.igammac, self, other)

    def lcm_(self, other):
        """`lcm` in place."""
        return ops.in_place(ops.lcm, self, other)

    def ldexp_(self, other):
        """`ldexp` in place."""
        return ops.in_place(ops.ldexp, self, other)

    def le_(self, other):
        """`le` in place."""
        return ops.in_place(ops.le, self, other)

    def lerp_(self, end, weight):
        """`lerp` in place."""
        return ops.in_place(ops.lerp, self, end, weight)

    def less_(self, other):
        """`less` in place."""
        return ops.in_place(ops.lt, self, other)

    def less_equal_(self, other):
        """`less_equal` in place."""
        return ops.in_place(ops.le, self, other)

    def lgamma_(self):
        """`lgamma` in place."""
        return ops.in_place(ops.lgamma, self)

    def log10_(self):
        """`log10` in place."""
        return ops.in_place(ops.log10, self)

    def log1p_(self):
        """`log1p` in place."""
        return ops.in_place(ops.log1p, self)

    def log2_(self):
        """`log2` in place."""
        return ops.in_place(ops.log2, self)

    def log_(self):
        """`log` in place."""
        return ops.in_place(ops.log, self)

    def logical_and_(self, other):
        """`logical_and` in place."""
        return ops.in_place(ops.logical_and, self, other)

    def logical_not_(self):
        """`logical_not` in place."""
        return ops.in_place(ops.logical_not, self)

    def logical_or_(self, other):
        """`logical_or` in place."""
        return ops.in_place(ops.logical_or, self, other)

    def logical_xor_(self, other):
        """`logical_xor` in place."""
        return ops.in_place(ops.logical_xor, self, other)

    def logit_(self, eps=None):
        """`logit` in place."""
        return ops.in_place(ops.logit, self, eps)

    def lt_(self, other):
        """`lt` in place."""
        return ops.in_place(ops.lt, self, other)

    def mul_(self, other):
        """`mul` in place."""
        return ops.in_place(ops.mul, self, other)

    def multiply_(self, other):
        """`multiply` in place."""
        return ops.in_place(ops.mul, self, other)

    def mvlgamma_(self, p):
        """`mvlgamma` in place."""
        return ops.in_place(ops.mvlgamma, self, p)

    def nan_to_num_(self, nan=None, posinf=None, neginf=None):
        """`nan_to_num` in place."""
        return ops.in_place(ops.nan_to_num, self, nan=nan, posinf=posinf, neginf=neginf)

    def ne_(self, other):
        """`ne` in place."""
        return ops.in_place(ops.ne, self, other)

    def neg_(self):
        """`neg` in place."""
        return ops.in_place(ops.neg, self)

    def negative_(self):
        """`negative` in place."""
        return ops.in_place(ops.neg, self)

    def nextafter_(self, other):
        """`nextafter` in place."""
        return ops.in_place(ops.nextafter, self, other)

    def not_equal_(self, other):
        """`not_equal` in place."""
        return ops.in_place(ops.ne, self, other)

    def polygamma_(self, n):
        """`polygamma` in place."""
        return ops.in_place(ops.polygamma_of, self, n)

    def pow_(self, exponent):
        """`pow` in place."""
        return ops.in_place(ops.pow, self, exponent)

    def rad2deg_(self):
        """`rad2deg` in place."""
        return ops.in_place(ops.rad2deg, self)

    def reciprocal_(self):
        """`reciprocal` in place."""
        return ops.in_place(ops.reciprocal, self)

    def relu_(self):
        """`relu` in place."""
        return ops.in_place(ops.relu, self)

    def remainder_(self, other):
        """`remainder` in place."""
        return ops.in_place(ops.remainder, self, other)

    def round_(self, *, decimals=None):
        """`round` in place."""
        return ops.in_place(ops.round, self, decimals=decimals)

    def rsqrt_(self):
        """`rsqrt` in place."""
        return ops.in_place(ops.rsqrt, self)

    def sgn_(self):
        """`sgn` in place."""
        return ops.in_place(ops.sgn, self)

    def sigmoid_(self):
        """`sigmoid` in place."""
        return ops.in_place(ops.sigmoid, self)

    def sign_(self):
        """`sign` in place."""
        return ops.in_place(ops.sign, self)

    def sin_(self):
        """`sin` in place."""
        return ops.in_place(ops.sin, self)

    def sinc_(self):
        """`sinc` in place."""
        return ops.in_place(ops.sinc, self)

    def sinh_(self):
        """`sinh` in place."""
        return ops.in_place(ops.sinh, self)

    def sqrt_(self):
        """`sqrt` in place."""
        return ops.in_place(ops.sqrt, self)

    def square_(self):
        """`square` in place."""
        return ops.in_place(ops.square, self)

    def sub_(self, other, *, alpha=1):
        """`sub` in place."""
        return ops.in_place(ops.sub, self, other, alpha=alpha)

    def subtract_(self, other, *, alpha=1):
        """`subtract` in place."""
        return ops.in_place(ops.sub, self, other, alpha=alpha)

    def tan_(self):
        """`tan` in place."""
        return ops.in_place(ops.tan, self)

    def tanh_(self):
        """`tanh` in place."""
        return ops.in_place(ops.tanh, self)

    def true_divide_(self, other):
        """`true_divide` in place."""
        return ops.in_place(ops.div, self, other)

    def trunc_(self):
        """`trunc` in place."""
        return ops.in_place(ops.trunc, self)

    def xlogy_(self, other):
        """`xlogy` in place."""
        return ops.in_place(ops.xlogy, self, other)

    def zero_(self):
        """Set all elements to zero."""
        return ops.zero_(self)

    def fill_(self, value):
        """Set all elements to `value`."""
        return ops.fill_(self, value)

    def normal_(self, mean=0, std=1, *, generator=None):
        """Normal numbers in place of the elements."""
        return ops.normal_(self, mean, std, generator=generator)

    def uniform_(self, *args, generator=None, **bounds):
        """Uniform numbers in place of the elements."""
        return ops.uniform_(self, *args, generator=generator, **bounds)

    def bernoulli_(self, p=0.5, *, generator=None):
        """Ones with probability `p`, else zeros, in place of the elements."""
        return ops.bernoulli_(self, p, generator=generator)

    def bernoulli(self, p=None, *, generator=None):
        """Ones with the probabilities that the elements say, else zeros."""
        return ops.bernoulli(self, p, generator=generator)

    def multinomial(self, num_samples, replacement=False, *, generator=None):
        """Positions drawn with probabilities proportional to the elements."""
        return ops.multinomial(self, num_samples, replacement, generator=generator)

    def exponential_(self, lambd=1, *, generator=None):
        """Exponential numbers in place of the elements."""
        return ops.exponential_(self, lambd, generator=generator)

    def geometric_(self, p, *, generator=None):
        """Geometric numbers in place of the elements."""
        return ops.geometric_(self, p, generator=generator)

    def cauchy_(self, median=0, sigma=1, *, generator=None):
        """Cauchy numbers in place of the elements."""
        return ops.cauchy_(self, median, sigma, generator=generator)

    def log_normal_(self, mean=1, std=2, *, generator=None):
        """Numbers whose logarithm is normal in place of the elements."""
        return ops.log_normal_(self, mean, std, generator=generator)

    def random_(self, *args, generator=None, **bounds):
        """Integers in place of the elements."""
        return ops.random_(self, *args, generator=generator, **bounds)

    def copy_(self, src, non_blocking=False):
        """`src`, broadcast and cast, written into this tensor."""
        return ops.copy_(self, src, non_blocking)

    # Products -------------------------------------------------------------------------------------

    def matmul(self, other):
        """The matrix product."""
        return ops.matmul(self, other)

    def mm(self, mat2):
        """The product of two matrices."""
        return ops.mm(self, mat2)

    def mv(self, vec):
        """The product of a matrix and a vector."""
        return ops.mv(self, vec)

    def bmm(self, mat2):
        """The products of stacked matrices."""
        return ops.bmm(self, mat2)

    def dot(self, tensor):
        """The product of two vectors."""
        return ops.dot(self, tensor)

    def vdot(self, other):
        """The product of two vectors, the first conjugated."""
        return ops.vdot(self, other)

    def outer(self, vec2):
        """All products of the elements of two vectors."""
        return ops.outer(self, vec2)

    def ger(self, vec2):
        """All products of the elements of two vectors."""
        return ops.ger(self, vec2)

    def inner(self, other):
        """The product of the last dimensions."""
        return ops.inner(self, other)

    def kron(self, other):
        """The Kronecker product."""
        return ops.kron(self, other)

    def addmm(self, mat1, mat2, *, beta=1, alpha=1):
        """`beta * self + alpha * (mat1 @ mat2)`."""
        return ops.addmm(self, mat1, mat2, beta=beta, alpha=alpha)

    def addmm_(self, mat1, mat2, *, beta=1, alpha=1):
        """`addmm` in place."""
        return ops.in_place(ops.addmm, self, mat1, mat2, beta=beta, alpha=alpha)

    def addmv(self, mat, vec, *, beta=1, alpha=1):
        """`beta * self + alpha * (mat @ vec)`."""
        return ops.addmv(self, mat, vec, beta=beta, alpha=alpha)

    def addmv_(self, mat, vec, *, beta=1, alpha=1):
        """`addmv` in place."""
        return ops.in_place(ops.addmv, self, mat, vec, beta=beta, alpha=alpha)

    def addr(self, vec1, vec2, *, beta=1, alpha=1):
        """`beta * self + alpha * outer(vec1, vec2)`."""
        return ops.addr(self, vec1, vec2, beta=beta, alpha=alpha)

    def addr_(self, vec1, vec2, *, beta=1, alpha=1):
        """`addr` in place."""
        return ops.in_place(ops.addr, self, vec1, vec2, beta=beta, alpha=alpha)

    def addbmm(self, batch1, batch2, *, beta=1, alpha=1):
        """`beta * self + alpha * sum of batch1[i] @ batch2[i]`."""
        return ops.addbmm(self, batch1, batch2, beta=beta, alpha=alpha)

    def addbmm_(self, batch1, batch2, *, beta=1, alpha=1):
        """`addbmm` in place."""
        return ops.in_place(ops.addbmm, self, batch1, batch2, beta=beta, alpha=alpha)

    def baddbmm(self, batch1, batch2, *, beta=1, alpha=1):
        """`beta * self + alpha * (batch1 @ batch2)`."""
        return ops.baddbmm(self, batch1, batch2, beta=beta, alpha=alpha)

    def baddbmm_(self, batch1, batch2, *, beta=1, alpha=1):
        """`baddbmm` in place."""
        return ops.in_place(ops.baddbmm, self, batch1, batch2, beta=beta, alpha=alpha)

    # Indexing -------------------------------------------------------------------------------------

    def __getitem__(self, index):
        return ops.getitem(self, index)

    def __setitem__(self, index, value):
        ops.setitem(self, index, value)

    def gather(self, dim, index, *, sparse_grad=False):
        """The elements at `index` along a dimension."""
        return ops.gather(self, dim, index, sparse_grad=sparse_grad)

    def scatter(self, dim, index, src=None, **options):
        """`src` written at `index` along a dimension."""
        return ops.scatter(self, dim, index, src, **options)

    def scatter_(self, dim, index, src=None, **options):
        """`scatter` in place."""
        return ops.in_place(ops.scatter, self, dim, index, src, **options)

    def scatter_add(self, dim, index, src):
        """`src` added at `index` along a dimension."""
        return ops.scatter_add(self, dim, index, src)

    def scatter_add_(self, dim, index, src):
        """`scatter_add` in place."""
        return ops.in_place(ops.scatter_add, self, dim, index, src)

    def scatter_reduce(self, dim, index, src, reduce, *, include_self=True):
        """`src` reduced into this tensor at `index` along a dimension."""
        return ops.scatter_reduce(self, dim, index, src, reduce, include_self=include_self)

    def scatter_reduce_(self, dim, index, src, reduce, *, include_self=True):
        """`scatter_reduce` in place."""
        return ops.in_place(
            ops.scatter_reduce, self, dim, index, src, reduce, include_self=include_self
        )

    def index_select(self, dim, index):
        """The positions `index` of a dimension."""
        return ops.index_select(self, dim, index)

    def index_add(self, dim, index, source, *, alpha=1):
        """`source` added at the positions `index` of a dimension."""
        return ops.index_add(self, dim, index, source, alpha=alpha)

    def index_add_(self, dim, index, source, *, alpha=1):
        """`index_add` in place."""
        return ops.in_place(ops.index_add, self, dim, index, source, alpha=alpha)

    def index_copy(self, dim, index, source):
        """`source` written at the positions `index` of a dimension."""
        return ops.index_copy(self, dim, index, source)

    def index_copy_(self, dim, index, source):
        """`index_copy` in place."""
        return ops.in_place(ops.index_copy, self, dim, index, source)

    def index_fill(self, dim, index, value):
        """A number written at the positions `index` of a dimension."""
        return ops.index_fill(self, dim, index, value)

    def index_fill_(self, dim, index, value):
        """`index_fill` in place."""
        return ops.in_place(ops.index_fill, self, dim, index, value)

    def index_reduce(self, dim, index, source, reduce, *, include_self=True):
        """`source` reduced into the positions `index` of a dimension."""
        return ops.index_reduce(self, dim, index, source, reduce, include_self=include_self)

    def index_reduce_(self, dim, index, source, reduce, *, include_self=True):
        """`index_reduce` in place."""
        return ops.in_place(
            ops.index_reduce, self, dim, index, source, reduce, include_self=include_self
        )

    def masked_fill(self, mask, value):
        """`value` under the mask."""
        return ops.masked_fill(self, mask, value)

    def masked_fill_(self, mask, value):
        """`masked_fill` in place."""
        return ops.in_place(ops.masked_fill, self, mask, value)

    def masked_select(self, mask):
        """The elements under the mask, in a row."""
        return ops.masked_select(self, mask)

    def masked_scatter(self, mask, source):
        """The elements of `source` under the mask."""
        return ops.masked_scatter(self, mask, source)

    def masked_scatter_(self, mask, source):
        """`masked_scatter` in place."""
        return ops.in_place(ops.masked_scatter, self, mask, source)

    def take(self, index):
        """The elements at flat positions."""
        return ops.take(self, index)

    def take_along_dim(self, indices, dim=None):
        """The elements at `indices` along a dimension."""
        return ops.take_along_dim(self, indices, dim)

    def put(self, index, source, accumulate=False):
        """`source` written (or added) at flat positions."""
        return ops.put(self, index, source, accumulate)

    def put_(self, index, source, accumulate=False):
        """`put` in place."""
        return ops.in_place(ops.put, self, index, source, accumulate)

    def nonzero(self, *, as_tuple=False):
        """The positions of the elements that are not zero."""
        return ops.nonzero(self, as_tuple=as_tuple)

    def nonzero_static(self, *, size, fill_value=-1):
        """`nonzero` cut or filled up to `size` rows."""
        return ops.nonzero_static(self, size=size, fill_value=fill_value)

    def argwhere(self):
        """The positions of the elements that are not zero, one row each."""
        return ops.argwhere(self)

    def select_scatter(self, src, dim, index):
        """`src` in place of one position of a dimension."""
        return ops.select_scatter(self, src, dim, index)

    def slice_scatter(self, src, dim=0, start=None, end=None, step=1):
        """`src` in place of a slice of one dimension."""
        return ops.slice_scatter(self, src, dim, start, end, step)

    def diagonal_scatter(self, src, offset=0, dim1=0, dim2=1):
        """`src` in place of a diagonal."""
        return ops.diagonal_scatter(self, src, offset, dim1, dim2)

    def as_strided_scatter(self, src, size, stride, storage_offset=None):
        """`src` in place of what `as_strided` shows."""
        return ops.as_strided_scatter(self, src, size, stride, storage_offset)

    # Order ----------------------------------------------------------------------------------------

    def sort(self, dim=-1, descending=False, stable=None):
        """The elements in order along a dimension, and the positions they had."""
        return ops.sort(self, dim, descending, stable)

    def argsort(self, dim=-1, descending=False, *, stable=False):
        """The positions that sort the elements along a dimension."""
        return ops.argsort(self, dim, descending, stable=stable)

    def msort(self):
        """The elements in order along the first dimension."""
        return ops.msort(self)

    def topk(self, k, dim=-1, largest=True, sorted=True):
        """The `k` largest (or smallest) elements along a dimension, and their positions."""
        return ops.topk(self, k, dim, largest, sorted)

    def kthvalue(self, k, dim=-1, keepdim=False):
        """The `k`-th smallest element along a dimension, and its position."""
        return ops.kthvalue(self, k, dim, keepdim)

    def unique(self, sorted=True, return_inverse=False, return_counts=False, dim=None):
        """The different elements in order."""
        return ops.unique(self, sorted, return_inverse, return_counts, dim)

    def unique_consecutive(self, return_inverse=False, return_counts=False, dim=None):
        """The elements without those equal to the one before."""
        return ops.unique_consecutive(self, return_inverse, return_counts, dim)

    def isin(self, test_elements, *, assume_unique=False, invert=False):
        """Whether each element is among the test elements."""
        return ops.isin(self, test_elements, assume_unique=assume_unique, invert=invert)

    def index_put(self, indices, values, accumulate=False):
        """A copy with `values` put (or added) at `indices`."""
        return ops.index_put(self, indices, values, accumulate)

    def index_put_(self, indices, values, accumulate=False):
        """`index_put` in place."""
        return ops.index_put_(self, indices, values, accumulate)


def wrap(array):
    """A Tensor around this array: no copy, no history."""
    made = new_tensor(Tensor)
    made._array = array
    made._node = made._grad = made._hooks = made._base = None
    made._requires_grad = False
    made._counter = new_counter() if inference_blocks[0] else [0]
    return made


new_tensor = object.__new__
#: types for which an operator's TypeError is ours to explain
OPERANDS = (Tensor, *NUMBER_TYPES)


def as_array(value):
    """A kernel's result as an array: NumPy turns 0-d results into scalars."""
    return np.asarray(value) if isinstance(value, _SCALARS) else value


_SCALARS = (np.generic, int, float, complex)


def make_view(output, source, replay, creation=None):
    """Make `output` a view of `source`: same memory, same version counter."""
    output._replay = replay
    output._base = base = source if source._base is None else source._base
    base._view_version = -1  # it has views
    output._counter = source._counter
    output._view_version = 0 if source._counter is INFERENCE else source._counter[0]
    output._creation = creation if modes.grad_enabled else unrecorded_creation()
    output._requires_grad = source._requires_grad and output._array.dtype.kind in "fcV"


def unrecorded_creation():
    """Why a view that is made now may not be changed in place later."""
    return "inference" if modes.inference else "no_grad"


def type_name(value):
    """How PyTorch's messages name the type of an argument."""
    if isinstance(value, Tensor):
        return "Tensor"
    kind = type(value)
    if kind.__module__ in ("builtins", "torch"):
        return kind.__name__
    return f"{kind.__module__}.{kind.__name__}" if kind.__module__ == "numpy" else kind.__name__
