"""Layers: what lets function transforms run inside each other.

While a transform (`grad`, `jvp`, `vmap`) runs, it is a *layer*; the tensors that it follows hold in
place of an array a `Layered`: a Tensor one layer below, plus what the layer knows of it. An
operation on such tensors is taken by the innermost layer among its arguments (`Op.general`), which
calls the same operation on the Tensors below, whatever those are, and adds its own part:

- `Lifted` (here): a tape of its own, and tangents; for `grad`, `vjp` and `jvp`;
- `Batched` (`rushlight.func.batched`): a batch dimension that the function doesn't see.

So every layer is written as if it were alone, and any nesting works.
"""

from __future__ import annotations

import functools
import itertools

import numpy as np

from rushlight.autograd.tape import gradient_edge, modes
from rushlight.autograd.views import check_in_place
from rushlight.ops import fast
from rushlight.tensor import Tensor, make_view, wrap

__all__ = ["Layer", "Layered", "Lifted", "TapeLayer", "innermost"]


class Layer:
    """A transform that is running. Inner layers have higher levels."""

    _next_level = itertools.count(1).__next__

    def __init__(self):
        self.level = Layer._next_level()
        self.depth = len(modes.layers) + 1

    def __enter__(self):
        self._outer_layers = modes.layers
        modes.layers = (*modes.layers, self)
        return self

    def __exit__(self, *exception):
        modes.layers = self._outer_layers

    def own(self, x):
        """A new Tensor as one that was made in this layer."""
        return x

    def check_write(self, target, others, name):
        """Refuse the in-place operation `name` where `target` can't hold what becomes of it."""


class Refusal(TypeError):
    """A tensor inside a function transform has no array to compute with."""


class Layered:
    """What a Tensor holds in place of an array where a layer follows it.

    It answers what an array is asked (shape, dtype, ...) and refuses to be computed with: NumPy
    raises, and the operation goes the general way, where the layer is found.
    """

    __slots__ = ("dtype", "layer", "level", "shape", "value")
    handles_operations = True
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value, layer):
        array = value._array
        self.value = value
        self.layer = layer
        self.level = layer.level
        self.shape = array.shape
        self.dtype = array.dtype

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        raise Refusal

    @property
    def strides(self):
        return self.value._array.strides

    @property
    def flags(self):
        return self.value._array.flags

    def geometry(self):
        """How the elements lie in memory: as those below."""
        from rushlight.ops.shape.parts import geometry_of

        return geometry_of(self.value._array)

    @property
    def ndim(self):
        return len(self.shape)

    @property
    def size(self):
        count = 1
        for each in self.shape:
            count *= each
        return count

    @property
    def itemsize(self):
        return self.dtype.itemsize

    @property
    def nbytes(self):
        return self.size * self.dtype.itemsize

    def __eq__(self, other):
        raise Refusal

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("Cannot access data pointer of Tensor that doesn't have storage")

    def __array_function__(self, function, types, args, kwargs):
        if function is np.unique:
            return np.unique(self.dynamic("_unique2"), *args[1:], **kwargs)
        if function in (np.zeros_like, np.ones_like, np.empty_like):
            dtype = args[1] if len(args) > 1 else kwargs.get("dtype")
            return self.like(function, dtype)
        raise Refusal

    def like(self, function, dtype):
        """`np.zeros_like(self, dtype)` and its relatives: made below, and followed from here."""
        return type(self)(wrap(function(self.value._array, dtype)), self.layer)

    def nonzero(self):
        return self.dynamic("nonzero").nonzero()

    def dynamic(self, name):
        """The array for operations whose results are as large as the values say."""
        return self.value._array

    def max(self):
        return self.value._array.max()

    def min(self):
        return self.value._array.min()

    def __setitem__(self, index, array):
        from rushlight.ops.inplace import overwrite

        if index is not Ellipsis:
            raise Refusal
        overwrite(wrap(self), wrap(array))

    def around(self, array):
        """An array from outside, followed by all layers that follow this."""
        below = self.value._array
        if isinstance(below, Layered):
            array = below.around(array)
        return type(self)(wrap(array), self.layer)

    def tolist(self):
        raise RuntimeError("Cannot access data pointer of Tensor that doesn't have storage")

    def detached(self):
        """The same without history, in this layer and below."""
        return type(self)(self.value.detach(), self.layer)

    def __repr__(self):
        value = repr(self.value).replace("\n", "\n    ")
        return f"{self.label()}\n    {value}\n)"


def innermost(tensors):
    """The Layered of the highest level that these Tensors (or other things) hold, or None."""
    found = None
    for x in tensors:
        if isinstance(x, Tensor) and isinstance(x._array, Layered):
            array = x._array
            if found is None or array.layer.level > found.layer.level:
                found = array
    return found


def refuse_requires_grad():
    """Say that transforms differentiate by what they are told to."""
    raise RuntimeError(
        "You are attempting to call Tensor.requires_grad_() (or perhaps using "
        "torch.autograd.functional.* APIs) inside of a function being transformed by a functorch "
        "transform. This is unsupported, please attempt to use the functorch transforms (e.g. "
        "grad, vjp, jacrev, jacfwd, hessian) or call requires_grad_() outside of a function being "
        "transformed instead."
    )


class TapeLayer(Layer):
    """A tape of its own: what is recorded here doesn't mix with the tapes below.

    Below, operations are recorded where grad mode was on when the layer was entered, and wasn't
    switched off within.
    """

    #: whether a backward pass of this layer runs: it isn't recorded here, but may be below
    pulling = 0
    #: whether tensors of this layer may have tangents
    has_tangents = False

    def __enter__(self):
        self.recording_below = modes.grad_enabled
        modes.grad_enabled = True
        return super().__enter__()

    def __exit__(self, *exception):
        super().__exit__()
        modes.grad_enabled = self.recording_below

    def lift(self, x, requires_grad=False, tangent=None):
        """A Tensor of this layer around a Tensor from below."""
        made = wrap(Lifted(x, self, tangent))
        made._requires_grad = requires_grad
        return made

    def own(self, x):
        return x if self.owns(x) else self.lift(x)

    def recording_in_below(self):
        """Whether what is called now is recorded below."""
        return self.recording_below and (self.pulling or modes.grad_enabled)

    def lower(self, x):
        """The Tensor below one of this layer; others are as they are."""
        array = x._array
        return array.value if isinstance(array, Lifted) and array.layer is self else x

    def owns(self, x):
        """Whether a Tensor is followed by this layer."""
        return isinstance(x._array, Lifted) and x._array.layer is self

    def pull(self, outputs, inputs, cotangents):
        """The gradients of `inputs` (None where there is none), given those of `outputs`.

        Outputs and inputs are Tensors of this layer, cotangents and the result from below.
        """
        pairs = [
            (y, v)
            for y, v in zip(outputs, cotangents, strict=True)
            if self.owns(y) and y._requires_grad
        ]
        if not pairs:
            return [None] * len(inputs)
        from rushlight.autograd.pulling import LayerPass

        roots = [gradient_edge(y) for y, _ in pairs]
        flow = LayerPass(self, [gradient_edge(x) for x in inputs])
        return flow.gradients(roots, [v for _, v in pairs])


class TangentLayer(TapeLayer):
    """A layer for tangents alone: grad mode is what it was, here and below."""

    recording_below = True
    has_tangents = True

    def __enter__(self):
        self.forward_grad_before = modes.forward_grad_enabled
        modes.forward_grad_enabled = True
        return Layer.__enter__(self)

    def __exit__(self, *exception):
        Layer.__exit__(self)
        modes.forward_grad_enabled = self.forward_grad_before


class Lifted(Layered):
    """A Tensor from below, seen by a TapeLayer, and its tangent there (a Tensor, or None)."""

    __slots__ = ("tangent",)

    def __init__(self, value, layer, tangent=None):
        array = value._array
        self.value = value
        self.layer = layer
        self.level = layer.level
        self.shape = array.shape
        self.dtype = array.dtype
        self.tangent = tangent

    def apply(self, op, args, options):
        """Call an operation of which this is an argument, and record it in this layer."""
        layer = self.layer
        operands = []
        for x in args:
            if isinstance(x, Tensor):
                array = x._array
                if array.__class__ is not Lifted or array.layer is not layer:
                    x = layer.lift(x)
            operands.append(x)
        if (
            op.outputs is None
            and not layer.has_tangents
            and isinstance(args[0], Tensor)
            and not fast.is_intercepted()
        ):
            if op.layer_call is None:
                op.layer_call = fast.build_layer_call(op, functools.partial(call_below, op))
            return op.layer_call(*operands, **options)
        return self.apply_in_general(op, operands, options)

    def apply_in_general(self, op, args, options):
        """Call and record whatever the arguments are and whatever is watching."""
        layer = self.layer
        operands = [x if x is None or layer.owns(x) else layer.lift(x) for x in op.promote(args)]
        values = [None if x is None else x._array.value for x in operands]
        recording = modes.grad_enabled
        modes.grad_enabled = layer.recording_in_below()
        try:
            below = op.call(*values, **options)
            results = (below,) if op.outputs is None else tuple(below)
            tangents = self.tangents(op, operands, values, options, results)
        finally:
            modes.grad_enabled = recording
        outputs = tuple(layer.lift(y, tangent=t) for y, t in zip(results, tangents, strict=True))
        if op.is_view:
            replay = operands[0], op, tuple(options.values())
            for y in outputs:
                make_view(y, operands[0], replay, None if op.outputs is None else "several")
        if op.rules and recording:
            op.record(operands, options, outputs)
        return outputs[0] if op.outputs is None else outputs

    @staticmethod
    def tangents(op, operands, values, options, results):
        """The tangents of the results."""
        given = [None if x is None else x._array.tangent for x in operands]
        if not modes.forward_grad_enabled or all(t is None for t in given):
            return [None] * len(results)
        from rushlight.autograd.forward_ad import push

        return push(op, values, given, options, results)

    def write(self, target, result):
        """Put the elements of `result` into those of `target`, one of which holds this."""
        layer = self.layer
        if not layer.owns(target):
            raise RuntimeError(
                "During a grad (vjp, jvp, grad, etc) transform, the function provided attempted to "
                "call in-place operation (aten::copy_) that would mutate a captured Tensor. "
                "This is "
                "not supported; please rewrite the function being transformed to explicitly accept "
                "the mutated Tensor(s) as inputs."
            )
        from rushlight.ops.inplace import overwrite

        tangent = result._array.tangent if layer.owns(result) else None
        own = target._array.tangent
        recording = modes.grad_enabled
        modes.grad_enabled = layer.recording_in_below()
        try:
            check_in_place(target._array.value)
            overwrite(target._array.value, layer.lower(result))
            if own is not None:
                overwrite(own, own * 0 if tangent is None else tangent)
            elif tangent is not None:
                set_tangent_in_place(target, tangent)
        finally:
            modes.grad_enabled = recording

    def duplicate(self):
        tangent = None if self.tangent is None else self.tangent.clone()
        return Lifted(self.value.clone(), self.layer, tangent)

    def item(self):
        return self.value.item()

    def __bool__(self):
        return bool(self.value)

    def label(self):
        return f"GradTrackingTensor(lvl={self.layer.depth}, value="


def call_below(op, first, *others, **options):
    """The kernel of an operation in a layer: it calls the operation on what lies below."""
    layer = first.layer
    values = [first.value]
    innermost = first.value._array
    for x in others:
        if x.__class__ is Lifted:
            x = x.value
            if x._array.__class__ is not np.ndarray and (
                innermost.__class__ is np.ndarray or x._array.level > innermost.level
            ):
                innermost = x._array
        elif x.__class__ is np.ndarray:  # a number, as the straight way has it
            x = x.item()
        values.append(x)
    recording, below = modes.grad_enabled, layer.recording_in_below()
    if below != recording:
        modes.grad_enabled = below
    try:
        if innermost.__class__ is np.ndarray:
            return Lifted(op.call(*values, **options), layer)
        # where a layer is known to follow, the operation need not be tried on arrays
        return Lifted(innermost.apply(op, values, options), layer)
    finally:
        if below != recording:
            modes.grad_enabled = recording


def set_tangent_in_place(target, tangent):
    """Give a Tensor its first tangent; if it is a view, as a part of its base's."""
    base = target._base
    if base is None:
        target._array.tangent = tangent
        return
    base._array.tangent = base._array.value * 0
    views = []
    view = target
    while view._base is not None:
        source, op, options = view._replay
        views.append((view, op, options))
        view = source
    for view, op, options in reversed(views):
        source = view._replay[0]
        view._array.tangent = op.call(source._array.tangent, *options)
    from rushlight.ops.inplace import overwrite

    overwrite(target._array.tangent, tangent)
