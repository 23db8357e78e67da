"""What a user can read from a Node: `grad_fn._saved_x`, and `_input_metadata`.

A Node saves what its rules name. PyTorch's Nodes have more, and other names for some of it; what
follows from what is here is given under PyTorch's names.
"""

from __future__ import annotations

import gc
import math

import numpy as np

from rushlight import dtypes
from rushlight.autograd.saved import SavedTensor, raise_freed, unpack
from rushlight.autograd.tape import AccumulateGrad
from rushlight.ops.op import Reduction
from rushlight.tensor import Tensor, device, wrap

__all__ = ["input_metadata", "saved_attribute"]


_NAMES = {"self": "input", "result": "out"}
#: what is always so here
_CONSTANTS = {
    ("AddBackward0", "alpha"): 1,
    ("SubBackward0", "alpha"): 1,
    ("AddmmBackward0", "alpha"): 1,
    ("AddmmBackward0", "beta"): 1,
    ("AddcmulBackward0", "value"): 1,
    ("GatherBackward0", "sparse_grad"): False,
    ("ConvolutionBackward0", "transposed"): False,
}
_REDUCTIONS = ("none", "mean", "sum")


def saved_attribute(node, attribute):
    """`node._saved_x`: what was saved of argument `x`; `self` is the first, `result` the output.

    `node._raw_saved_x` is the `SavedTensor` itself, or a tuple of them for the arrays of an index.

    Raises:
        AttributeError: nothing like that was saved.
        RuntimeError: it was freed.
    """
    raw = attribute.startswith("_raw")
    asked = attribute.removeprefix("_raw").removeprefix("_saved_")
    if getattr(type(node), "op", None) is None:
        raise _missing(node, attribute)
    names = node.saved_names
    name = asked if asked in names else _NAMES.get(asked, asked)
    if raw and name in names:
        return SavedTensor(node, names.index(name))
    if node.saved is None:
        raise_freed()
    values = unpack(node)
    found = _shown(node, name, values[name]) if name in names else _derived(node, asked, values)
    if found is _NOTHING:
        raise _missing(node, attribute)
    return tuple(SavedTensor(node, names.index("index")) for _ in found) if raw else found


_NOTHING = object()


def _missing(node, attribute):
    return AttributeError(f"'{type(node).__name__}' object has no attribute '{attribute}'")


def _shown(node, name, value):
    """A saved option as PyTorch shows it: dimensions without a sign, reductions as numbers."""
    if name == "index" and isinstance(value, tuple):
        return _part_of_index(name, value)
    if name == "reduction":
        return _REDUCTIONS.index(value)
    if name == "dim" and isinstance(node.op, Reduction) and isinstance(value, int):
        value = (value,) if node.name() != "ProdBackward1" else value
    if name in ("dim", "ignore_index"):
        return _without_sign(value)
    return value


def _without_sign(value):
    if isinstance(value, tuple):
        return tuple(map(_without_sign, value))
    return value + 2**64 if isinstance(value, int) and value < 0 else value


def _derived(node, name, values):
    """What PyTorch saves besides: sizes, strides, the parts of an index."""
    constant = _CONSTANTS.get((node.name(), name))
    if constant is not None:
        return constant
    argument, _, what = name.partition("_sym_")
    argument = _NAMES.get(argument, argument)
    shape = _shape_of(argument, values)
    if shape is not None and what in ("sizes", "numel"):
        return shape if what == "sizes" else math.prod(shape)
    if what == "strides" and isinstance(values.get(argument), Tensor):
        return values[argument].stride()
    if node.name().startswith("Split"):
        return _of_split(name, node.outputs, values["dim"])
    index = values.get("index")
    if not isinstance(index, tuple):
        return _NOTHING
    if name == "indices":
        return tuple(wrap(x) if isinstance(x, np.ndarray) else None for x in index)
    return _part_of_index(name, index)


def _of_split(name, outputs, dim):
    """The sizes of the pieces, or of what was split."""
    sizes = tuple(shape[dim] for shape, _ in outputs)
    if name == "self_sym_sizes":
        whole = list(outputs[0][0])
        whole[dim] = sum(sizes)
        return tuple(whole)
    return {"split_size": sizes[0], "split_sizes": sizes}.get(name, _NOTHING)


def _shape_of(argument, values):
    """The shape of an argument, if it was saved, or can be read from what was."""
    if isinstance(values.get(argument), Tensor):
        return tuple(values[argument]._array.shape)
    return values.get(f"{argument}_shape")


def _part_of_index(name, index):
    """`dim` and `index` of a position, or `dim`, `start`, `end` and `step` of a slice."""
    last = len(index) - 1
    part = index[last]
    if name == "dim":
        return last
    if name == "index" and isinstance(part, int):
        return part
    if isinstance(part, slice):
        parts = {
            "start": part.start or 0,
            "end": 2**63 - 1 if part.stop is None else part.stop,
            "step": part.step or 1,
        }
        return parts.get(name, _NOTHING)
    return _NOTHING


class _InputMetadata:
    """Shape, dtype and device of the gradient that a Node takes: `grad_fn._input_metadata[0]`."""

    __slots__ = ("device", "dtype", "shape")
    __module__ = "torch._C._autograd"
    is_nested_tensor = is_cpp_nested_tensor = False

    def __init__(self, shape, dtype):
        self.shape = list(shape)
        self.dtype = dtype
        self.device = device("cpu")

    def __repr__(self):
        return f"<torch._C._autograd._InputMetadata object at {id(self):#x}>"


def input_metadata(node):
    """What is known of the gradients that a Node takes, one entry for each of its outputs."""
    if isinstance(node, AccumulateGrad):
        return (_InputMetadata(node.variable.shape, node.variable.dtype),)
    described = getattr(node, "outputs", None)
    if described:
        return tuple(
            _InputMetadata(shape, dtypes.of(np.empty(0, kind))) for shape, kind in described
        )
    # a Node doesn't know its output, but who asks it usually holds that
    made = (x for x in gc.get_referrers(node) if isinstance(x, Tensor) and x._node is node)
    return tuple(_InputMetadata(x.shape, x.dtype) for x in made)[:1]
