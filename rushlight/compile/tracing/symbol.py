"""A Symbol: an array while it is traced.

It carries the real array (`value`), so whatever asks for a shape, a dtype or strides is answered at
once, and it answers NumPy's protocols (NEP 13 and 18): an operation is carried out on the real
arrays and recorded in the Program that its `recorder` makes. What a kernel is made of is thus
recorded by running the kernel. Asking for elements (`item()`, a branch, `np.asarray`) can't be
recorded: that is for the recorder to judge (`reveal`).

Memory. Views of one array share a `Memory`, which knows the Value that stands for the whole at the
moment; a Symbol knows the views that lead from the whole to itself (`path`). Writing to it makes a
new Value of the whole. So the Program is pure although kernels write in place.
"""

from __future__ import annotations

import operator

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

__all__ = ["Memory", "Symbol", "real", "symbols_in"]


class Memory:
    """What stands for a piece of memory at the moment.

    Attributes:
        operand: the Value (or Constant) that it holds; None while nobody has asked.
        version: how often it was written to.
        source: what it was before it was traced: a Tensor, a constant array, a number; or None.
        constant: whether what it holds is known when the Program is made.
    """

    __slots__ = ("array", "constant", "operand", "source", "version")

    def __init__(self, array, operand=None, source=None, constant=False):
        self.array = array
        self.operand = operand
        self.source = source
        self.constant = constant
        self.version = 0


class Symbol(NDArrayOperatorsMixin):
    """Stands for an array that is traced; see the head of this module.

    Attributes:
        value: the real array.
        memory, path: where it lies, and the views that lead there.
        weak: whether it is a Python number to NumPy's promotion (a learning rate).
    """

    __slots__ = ("memory", "operand", "path", "recorder", "seen", "value", "weak")
    handles_operations = True
    level = 0
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, recorder, value, memory, path=(), operand=None, weak=False):
        self.recorder = recorder
        self.value = value
        self.memory = memory
        self.path = path
        self.operand = operand
        self.seen = memory.version if operand is not None else -1
        self.weak = weak

    # What an array is asked -----------------------------------------------------------------------

    @property
    def shape(self):
        return self.value.shape

    @property
    def dtype(self):
        return self.value.dtype

    @property
    def ndim(self):
        return self.value.ndim

    @property
    def size(self):
        return self.value.size

    @property
    def itemsize(self):
        return self.value.itemsize

    @property
    def nbytes(self):
        return self.value.nbytes

    @property
    def strides(self):
        return self.value.strides

    @property
    def flags(self):
        return self.value.flags

    @property
    def base(self):
        return self.value.base

    def __len__(self):
        return len(self.value)

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    # What can't be recorded -----------------------------------------------------------------------

    def __array__(self, dtype=None, copy=None):
        return np.array(self.recorder.reveal(self, "its array"), dtype=dtype, copy=copy)

    def item(self, *place):
        return self.recorder.item(self, place)

    def tolist(self):
        return self.recorder.reveal(self, "tolist()").tolist()

    def tobytes(self, *args):
        return self.recorder.reveal(self, "tobytes()").tobytes(*args)

    def __bool__(self):
        if self.weak:
            return self.recorder.truth(self)
        return self.recorder.branch(self)

    def __float__(self):
        return float(self.recorder.reveal(self, "float()"))

    def __int__(self):
        return int(self.recorder.reveal(self, "int()"))

    def __complex__(self):
        return complex(self.recorder.reveal(self, "complex()"))

    def __index__(self):
        return operator.index(self.recorder.reveal(self, "its use as an index"))

    def __contains__(self, x):
        return x in self.recorder.reveal(self, "`in`")

    def __repr__(self):
        return f"Symbol({self.value!r})"

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        method = getattr(np.ndarray, name)  # raises what an array would
        if name in _PURE_METHODS:
            return lambda *args, **kwargs: self.recorder.call(name, method, (self, *args), kwargs)
        return getattr(self.recorder.reveal(self, name), name)

    # NumPy's protocols ----------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        recorder = self.recorder
        if not recorder.is_recording():
            return getattr(ufunc, method)(*real(inputs), **real(kwargs))
        if method == "__call__" and ufunc.nout == 1 and not kwargs.keys() - {"out", "casting"}:
            out = kwargs.get("out", (None,))[0]
            if ufunc.signature is None:
                return recorder.elementwise(ufunc, inputs, out)
            if ufunc is np.matmul:
                return recorder.matmul(inputs, out)
        if method == "reduce" and not kwargs.keys() - {"axis", "dtype", "keepdims", "out"}:
            return recorder.reduce(ufunc, inputs[0], **{**kwargs, "out": kwargs.get("out")})
        if method == "at":
            recorder.mutate(f"{ufunc.__name__}.at", ufunc.at, inputs, kwargs)
            return None
        name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
        function = ufunc if method == "__call__" else getattr(ufunc, method)
        return recorder.call_out(name, function, inputs, kwargs)

    def __array_function__(self, function, types, args, kwargs):
        if not self.recorder.is_recording():
            return function(*real(args), **real(kwargs))
        from rushlight.compile.tracing.numpy_functions import record

        return record(self.recorder, function, args, kwargs)

    # Indexing -------------------------------------------------------------------------------------

    def __getitem__(self, index):
        if not self.recorder.is_recording():
            return self.value[real(index)]
        entries = basic_index(index)
        if entries is not None:
            return self.recorder.view(self, "slice", {"index": entries})
        return self.recorder.pick(self, index)

    def __setitem__(self, index, value):
        recorder = self.recorder
        if not recorder.is_recording():
            self.value[real(index)] = real(value)
            return
        entries = basic_index(index)
        if entries is None:
            recorder.mutate("put", operator.setitem, (self, index, value), {})
        elif entries == (Ellipsis,):
            recorder.write(self, value)
        else:
            recorder.write(recorder.view(self, "slice", {"index": entries}), value)

    def fill(self, value):
        self[...] = value

    # Operators that NumPy's own arrays treat specially --------------------------------------------

    def __pow__(self, exponent):
        ufunc = _POWERS.get(exponent) if type(exponent) in (int, float) else None
        if ufunc is not None and self.dtype.kind in "fc":
            return ufunc(self)
        return np.power(self, exponent)

    # Methods --------------------------------------------------------------------------------------

    def reshape(self, *shape, order="C", copy=None):
        shape = (
            shape[0] if len(shape) == 1 and not isinstance(shape[0], (int, np.integer)) else shape
        )
        shape = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
        if order != "C":
            method = np.ndarray.reshape
            return self.recorder.call("reshape", method, (self, shape), {"order": order})
        return self.recorder.view(self, "reshape", {"shape": self.value.reshape(shape).shape})

    def transpose(self, *axes):
        axes = axes[0] if len(axes) == 1 and not isinstance(axes[0], (int, np.integer)) else axes
        axes = range(self.ndim)[::-1] if not axes else [a % self.ndim for a in axes]
        return self.recorder.view(self, "transpose", {"axes": tuple(map(int, axes))})

    @property
    def T(self):
        return self.transpose()

    @property
    def mT(self):
        return self.swapaxes(-1, -2)

    def swapaxes(self, first, second):
        axes = list(range(self.ndim))
        axes[first], axes[second] = axes[second], axes[first]
        return self.transpose(axes)

    def squeeze(self, axis=None):
        return self.reshape(self.value.squeeze(axis).shape)

    def ravel(self, order="C"):
        return self.reshape(-1, order=order)

    def flatten(self, order="C"):
        return self.ravel(order).copy()

    def astype(self, dtype, order="K", casting="unsafe", subok=True, copy=True):
        if np.dtype(dtype) == self.dtype and not copy:
            return self
        return self.recorder.cast(self, np.dtype(dtype))

    def copy(self, order="C"):
        return self.recorder.copy(self, order)

    def sum(self, axis=None, dtype=None, out=None, keepdims=False):
        return np.add.reduce(self, axis=axis, dtype=dtype, out=out, keepdims=keepdims)

    def prod(self, axis=None, dtype=None, out=None, keepdims=False):
        return np.multiply.reduce(self, axis=axis, dtype=dtype, out=out, keepdims=keepdims)

    def max(self, axis=None, out=None, keepdims=False):
        return np.maximum.reduce(self, axis=axis, out=out, keepdims=keepdims)

    def min(self, axis=None, out=None, keepdims=False):
        return np.minimum.reduce(self, axis=axis, out=out, keepdims=keepdims)

    def any(self, axis=None, out=None, keepdims=False):
        return np.logical_or.reduce(self, axis=axis, out=out, keepdims=keepdims)

    def all(self, axis=None, out=None, keepdims=False):
        return np.logical_and.reduce(self, axis=axis, out=out, keepdims=keepdims)

    def mean(self, axis=None, dtype=None, out=None, keepdims=False):
        if dtype is None and self.dtype.kind in "iub":
            dtype = np.float64
        if self.dtype.itemsize < 4 or out is not None:  # NumPy sums float16 in float32
            method = np.ndarray.mean
            kwargs = {"axis": axis, "dtype": dtype, "out": out, "keepdims": keepdims}
            return self.recorder.call_out("mean", method, (self,), kwargs)
        total = self.sum(axis, dtype, keepdims=keepdims)
        return total / (self.size // max(total.size, 1) if total.size else 1)

    def argmax(self, axis=None, out=None, *, keepdims=False):
        return self.recorder.arg_reduce("argmax", self, axis, keepdims)

    def argmin(self, axis=None, out=None, *, keepdims=False):
        return self.recorder.arg_reduce("argmin", self, axis, keepdims)

    def clip(self, min=None, max=None, out=None):
        low = self if min is None else np.maximum(self, min)
        high = low if max is None else np.minimum(low, max)
        if out is None:
            return high
        self.recorder.write(out, high)
        return out

    # What Tensors and layers ask of what they hold in place of an array ---------------------------

    def apply(self, op, args, options):
        return self.recorder.operation(op, op.promote(args), options)

    def write(self, target, result):
        self.recorder.write(target._array, result._array)

    def called_with(self, function, arrays):
        """Call a function of arrays, this among them, as one instruction."""
        return self.recorder.call(function.__name__.strip("_"), function, arrays, {})

    def around(self, array):
        return self.recorder.constant(array)

    def detached(self):
        return self

    def elements(self):
        """The real array, for checks that raise or do nothing: they aren't repeated."""
        return self.value

    def outline(self):
        """An array that picks as many elements as this, if its shape says how many."""
        if self.dtype.kind == "b":
            return self.recorder.reveal(self, "a mask", dynamic=True)
        return np.zeros(self.shape, self.dtype)

    def duplicate(self):
        return self.copy()

    def dynamic(self, name):
        return self.recorder.reveal(self, name, dynamic=True)

    def number(self):
        """This as a Python number, which takes the dtype of what it meets."""
        return self.recorder.number(self)

    def nonzero(self):
        return self.recorder.reveal(self, "nonzero()", dynamic=True).nonzero()


_POWERS = {2: np.square, 0.5: np.sqrt, -1: np.reciprocal, 1: np.positive}

#: methods of arrays that change nothing, and whose results' shapes don't depend on values
_PURE_METHODS = frozenset(
    "argsort argpartition conj conjugate cumprod cumsum diagonal dot partition round "
    "searchsorted std take trace var".split()
)


def basic_index(index):
    """A basic index as a tuple of integers, slices, None and Ellipsis; None if it isn't one."""
    entries = index if isinstance(index, tuple) else (index,)
    found = []
    for x in entries:
        if x is None or x is Ellipsis:
            found.append(x)
        elif isinstance(x, slice):
            found.append(
                slice(
                    *(None if e is None else operator.index(e) for e in (x.start, x.stop, x.step))
                )
            )
        elif isinstance(x, (int, np.integer)) and not isinstance(x, (bool, np.bool_)):
            found.append(int(x))
        else:
            return None
    return tuple(found)


def real(x):
    """The same with arrays in place of Symbols, within tuples, lists, dicts and slices."""
    if isinstance(x, Symbol):
        return float(x.value) if x.weak else x.value
    if isinstance(x, (tuple, list)):
        return list(map(real, x)) if isinstance(x, list) else tuple(map(real, x))
    if type(x) is dict:
        return {name: real(each) for name, each in x.items()}
    if type(x) is slice:
        return slice(real(x.start), real(x.stop), real(x.step))
    return x


def symbols_in(x):
    """All Symbols within tuples, lists and dicts, in order."""
    if isinstance(x, Symbol):
        yield x
    elif isinstance(x, (tuple, list)):
        for each in x:
            yield from symbols_in(each)
    elif type(x) is dict:
        yield from symbols_in(list(x.values()))
