"""`Batched`: what a Tensor holds inside `vmap`; its batch dimension is hidden from the function."""

from __future__ import annotations

import numpy as np

from rushlight.autograd.layers import Layer, Layered
from rushlight.autograd.views import check_in_place
from rushlight.func.rules import elementwise, rule_of
from rushlight.ops import fast
from rushlight.ops.shape.parts import geometry_of
from rushlight.ops.shapes import broadcast_shapes
from rushlight.tensor import Tensor, wrap

__all__ = ["BatchLayer", "Batched"]


#: in-place operations, by how PyTorch refuses them: as broadcasting to another shape,
BY_SHAPE = frozenset(
    "add atan2 bitwise_and bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor copysign "
    "gcd lcm".split()
)
#: by their name,
BY_NAME = frozenset("fill index_add index_fill index_put scatter_add scatter_reduce".split())
#: under one name for all; and others by a general way, which says the level
AS_ARITHMETIC = frozenset(
    "clamp_max clamp_min copy div logical_and logical_or logical_xor masked_fill mul sub "
    "true_divide".split()
)


class BatchLayer(Layer):
    """A running `vmap`: how many samples there are, and what random operations do."""

    def __init__(self, size, randomness="error"):
        super().__init__()
        self.size = size
        self.randomness = randomness

    def batch(self, x, dim=0):
        """A Tensor of this layer: dimension `dim` of `x` counts the samples."""
        made = Batched(x if dim == 0 else x.movedim(dim, 0), self)
        made.given = x, dim
        return wrap(made)

    def owns(self, x):
        """Whether a Tensor has a batch dimension of this layer."""
        return isinstance(x._array, Batched) and x._array.layer is self

    def check_write(self, target, others, name):
        """Refuse to write what differs between samples into a Tensor that they share."""
        others = [x for x in others if isinstance(x, Tensor)]
        if self.owns(target) or not any(map(self.owns, others)):
            return
        if name == "batch_norm":
            raise RuntimeError(
                "Batch norm got a batched tensor as input while the running_mean or running_var, "
                "which will be updated in place, were not batched."
            )
        if name in BY_SHAPE:
            shape = broadcast_shapes(target.shape, *(x.shape for x in others))
            raise RuntimeError(
                f"output with shape {list(target.shape)} doesn't match the broadcast shape "
                f"{[self.size, *shape]}"
            )
        raise RuntimeError(self.unmapped(name))

    def unmapped(self, name):
        """How PyTorch refuses the in-place operation `name` on what all samples share."""
        called, where = "inplace arithmetic", "in a vmap"
        if name in BY_NAME:
            called = f"{name}_"
        elif name not in AS_ARITHMETIC:
            called, where = f"aten::{name}_", f"at level {self.depth}"
        return (
            f"vmap: {called}(self, *extra_args) is not possible because there exists a Tensor "
            "`other` in extra_args that has more elements than `self`. This happened due to "
            f"`other` being vmapped over but `self` not being vmapped over {where}. Please try to "
            f"use out-of-place operators instead of {called}. If said operator is being called "
            "inside the PyTorch framework, please file a bug report instead."
        )

    def below(self, x):
        """The Tensor below, with the batch dimension in front; repeated if there is none."""
        array = x._array
        if array.__class__ is Batched and array.layer is self:
            return array.value
        return x.expand(self.size, *x.shape)


def aligned(args, layer):
    """The values below of an elementwise operation's arguments, if they meet as they are.

    That is so for one dtype and samples of one number of dimensions, whatever the numbers besides.
    None for others.
    """
    values, rank, dtype = [], None, None
    for x in args:
        if not isinstance(x, Tensor):
            if x.__class__ is not float and x.__class__ is not int:
                return None
            values.append(x)
            continue
        array = x._array
        if array.__class__ is Batched and array.layer is layer:
            x = array.value
        own = len(array.shape)
        if rank is None:
            rank, dtype = own, array.dtype
        elif own != rank or array.dtype is not dtype:
            return None
        values.append(x)
    return values if dtype is fast.float32 or dtype is fast.float64 else None


class Batched(Layered):
    """A Tensor below whose dimension 0 counts the samples.

    Attributes:
        given: what `vmap` was given, and which of its dimensions counts the samples.
    """

    __slots__ = ("given",)

    def __init__(self, value, layer):
        array = value._array
        self.given = value, 0
        self.value = value
        self.layer = layer
        self.level = layer.level
        self.shape = array.shape[1:]
        self.dtype = array.dtype

    @property
    def strides(self):
        return self.value._array.strides[1:]

    def geometry(self):
        """How the elements of a sample lie in memory of its own."""
        return geometry_of(np.broadcast_to(self.dtype.type(0), self.shape).copy())

    @property
    def flags(self):
        return (self.value._array if not self.layer.size else self.value[0]._array).flags

    def apply(self, op, args, options):
        """Call an operation of which this is an argument, for all samples at once."""
        layer = self.layer
        rule = op.batching_rule or rule_of(op)
        if rule is elementwise and op.outputs is None:
            values = aligned(args, layer)
            if values is not None:
                return wrap(Batched(op.call(*values, **options), layer))
        values, batched = [], []
        for x in op.promote(args):
            array = None if x is None else x._array
            own = array.__class__ is Batched and array.layer is layer
            values.append(array.value if own else x)
            batched.append(own)
        result = rule(op, layer.size, values, batched, options)
        if op.outputs is None:
            return wrap(Batched(result, layer))
        return tuple(wrap(Batched(each, layer)) for each in result)

    def write(self, target, result):
        """Put the elements of `result` into those of `target`, one of which holds this."""
        from rushlight.ops.inplace import overwrite

        layer = self.layer
        if not layer.owns(target):
            raise RuntimeError(layer.unmapped("copy"))
        value = target._array.value
        check_in_place(value)
        overwrite(value, layer.below(result))

    def around(self, array):
        return super().around(np.repeat(array[np.newaxis], self.layer.size, 0))

    def duplicate(self):
        return Batched(self.value.clone(), self.layer)

    def dynamic(self, name):
        raise RuntimeError(
            "vmap: We do not support batching operators that can output dynamic shape. Attempted "
            f"to vmap over aten::{name}. Please file an issue at "
            "https://github.com/pytorch/pytorch/issues if you need this feature."
        )

    def item(self):
        raise RuntimeError(
            "vmap: It looks like you're calling .item() on a Tensor. We don't support vmap over "
            "calling .item() on a Tensor, please try to rewrite what you're doing with other "
            "operations. If error is occurring somewhere inside PyTorch internals, please file a "
            "bug report."
        )

    def __bool__(self):
        raise RuntimeError(
            "vmap: It looks like you're attempting to use a Tensor in some data-dependent control "
            "flow. We don't support that yet, please file an issue at "
            "https://github.com/pytorch/pytorch/issues ."
        )

    def __repr__(self):
        given, dim = self.given
        value = repr(given).replace("\n", "\n    ")
        return f"BatchedTensor(lvl={self.layer.depth}, bdim={dim}, value=\n    {value}\n)"
