"""`autograd.Function` inside transforms: the user's own derivative, batching rule and tangents."""

from __future__ import annotations

import threading
from collections import namedtuple

from rushlight.autograd import function as plain
from rushlight.autograd.forward_ad import push_through_function
from rushlight.autograd.function import Function, FunctionCtx
from rushlight.autograd.layers import Lifted, innermost
from rushlight.autograd.tape import modes
from rushlight.tensor import Tensor
from rushlight.utils._pytree import (
    broadcast_prefix,
    tree_flatten,
    tree_leaves,
    tree_map,
    tree_map_only,
    tree_structure,
    tree_unflatten,
)

__all__ = ["call_in_layers"]

_MORE = "For more details, please see https://pytorch.org/docs/main/notes/extending.func.html"

VmapInfo = namedtuple("VmapInfo", ["batch_size", "randomness"])


def call_in_layers(function, args, kwargs):
    """Call a Function while transforms run.

    Raises:
        RuntimeError: it doesn't define what the transforms need.
    """
    if function.setup_context is Function.setup_context:
        raise RuntimeError(
            "In order to use an autograd.Function with functorch transforms (vmap, grad, jvp, "
            "jacrev, ...), it must override the setup_context staticmethod. " + _MORE
        )
    found = innermost(tree_leaves(args))
    if found is None:
        return plain.call_plainly(function, args, kwargs)
    if isinstance(found, Lifted):
        return in_tape_layer(function, found.layer, args)
    return in_batch_layer(function, found.layer, args)


# On a tape ----------------------------------------------------------------------------------------

_below = threading.local()


def in_tape_layer(function, layer, args):
    """The Function called below, and put on the tape of this layer."""
    lifted = tree_map_only(Tensor, lambda x: x if layer.owns(x) else layer.lift(x), args)
    recording, modes.grad_enabled = modes.grad_enabled, layer.recording_in_below()
    lowered = tree_map_only(Tensor, layer.lower, lifted)
    try:
        below = function.apply(*lowered)
    finally:
        modes.grad_enabled = recording
    # what was changed in place comes out as the Tensor that went in
    dirty = dict(zip(map(id, tree_leaves(lowered)), tree_leaves(lifted), strict=True))
    _below.outputs = tree_map_only(
        Tensor, lambda y: dirty[id(y)] if id(y) in dirty else layer.lift(y), below
    )
    given = [x._array.tangent if isinstance(x, Tensor) else None for x in lifted]
    outputs, node = plain.call_with_node(lifted_form(function), lifted, {})
    if any(t is not None for t in given) and modes.forward_grad_enabled:
        shown = [None if t is None else layer.lift(t) for t in given]
        tangents = push_through_function(function, node, lifted, shown)
        for y, t in zip(tree_leaves(outputs), tangents, strict=True):
            if t is not None and isinstance(y, Tensor):
                y._array.tangent = layer.lower(t)
    return outputs


def lifted_form(function):
    """The Function whose forward was called already, below."""
    made = function.__dict__.get("_lifted_form")
    if made is None:
        body = {"forward": staticmethod(lambda *args: _below.outputs)}
        made = function._lifted_form = type(function.__name__, (function,), body)
    return made


# In batches ---------------------------------------------------------------------------------------


def in_batch_layer(function, layer, args):
    """The Function called by its batching rule, or by one made from its parts."""
    has_own = function.vmap is not Function.vmap
    if function.generate_vmap_rule and has_own:
        raise RuntimeError(
            f"You tried to vmap over {function.__name__}, but it has both generate_vmap_rule=True "
            "and an overridden vmap staticmethod. Please set generate_vmap_rule=False or delete "
            "the overridden vmap staticmethod to avoid ambiguity. " + _MORE
        )
    if not function.generate_vmap_rule and not has_own:
        raise RuntimeError(
            f"You tried to vmap over {function.__name__}, but it does not have vmap support. "
            "Please override and implement the vmap staticmethod or set generate_vmap_rule=True. "
            + _MORE
        )
    below = as_given if has_own else in_front
    in_dims = tree_map(lambda x: below(layer, x)[1], args)
    values = tree_map(lambda x: below(layer, x)[0], args)
    layers = modes.layers
    modes.layers = tuple(each for each in layers if each.level < layer.level)
    try:
        if has_own:
            info = VmapInfo(layer.size, layer.randomness)
            returned = function.vmap(info, in_dims, *values)
            outputs, out_dims = read_returned(returned)
        else:
            generated = batched_form(function, layer, in_dims)
            outputs = generated.apply(*values)
            out_dims = [0] * len(tree_leaves(outputs))
    finally:
        modes.layers = layers
    leaves, spec = tree_flatten(outputs)
    wrapped = [
        y if d is None or not isinstance(y, Tensor) else layer.batch(y.movedim(d, 0))
        for y, d in zip(leaves, out_dims, strict=True)
    ]
    return tree_unflatten(wrapped, spec)


def in_front(layer, x):
    """What lies below an argument, and where it counts the samples: in front, or nowhere (None)."""
    owned = isinstance(x, Tensor) and layer.owns(x)
    return (x._array.value, 0) if owned else (x, None)


def as_given(layer, x):
    """The same as `vmap` was given it."""
    owned = isinstance(x, Tensor) and layer.owns(x)
    return x._array.given if owned else (x, None)


def unbatched(layer, x):
    """The Tensor below one of a layer; others are as they are."""
    return in_front(layer, x)[0]


def read_returned(returned):
    """What a `vmap` static method returned: (outputs, where each has its batch dimension)."""
    if not isinstance(returned, tuple) or len(returned) != 2:
        raise RuntimeError(
            "Expected the vmap staticmethod to have two returns, an output and out_dims with "
            f"pytree structure compatible with the output. Got a {type(returned)} instead"
        )
    outputs, out_dims = returned
    spec = tree_structure(outputs)
    dims = broadcast_prefix(out_dims, spec)
    if dims is None:
        raise RuntimeError(
            "The autograd.Function's vmap staticmethod returned an incompatible (output, out_dims) "
            f"tuple. Expected out_dims={out_dims} to be compatible with the structure of `output`. "
            f"out_dims has structure {tree_structure(out_dims)} but output has structure {spec}. "
            + _MORE
        )
    return outputs, dims


class SampleCtx(FunctionCtx):
    """The `ctx` that a Function sees of one sample."""

    to_save = ()
    saved_for_forward = None
    dirty_tensors = non_differentiable = ()
    materialize_grads = True

    @property
    def saved_tensors(self):
        """What was saved, of one sample."""
        return self.restored


def batched_form(function, layer, in_dims):
    """A Function of whole batches, made of the parts of one of samples."""
    sample = SampleCtx()

    def shown(x, dim=0):
        return layer.batch(x) if dim == 0 and isinstance(x, Tensor) else x

    def forward(*values):
        with layer:
            inputs = tree_map(shown, values, in_dims)
            outputs = function.forward(*inputs)
            function.setup_context(sample, inputs, outputs)
        return tree_map_only(Tensor, layer.below, outputs)

    def setup_context(ctx, inputs, output):
        saved = tuple(sample.to_save or ())
        sample.owned = [x is not None and layer.owns(x) for x in saved]
        ctx.set_materialize_grads(sample.materialize_grads)
        ctx.save_for_backward(*(None if x is None else unbatched(layer, x) for x in saved))
        if sample.saved_for_forward is not None:
            kept = sample.saved_for_forward
            sample.owned_forward = [x is not None and layer.owns(x) for x in kept]
            ctx.save_for_forward(*(None if x is None else unbatched(layer, x) for x in kept))

    def restored(ctx, owned):
        return tuple(
            shown(x) if own else x for x, own in zip(ctx.saved_tensors, owned, strict=True)
        )

    def backward(ctx, *gradients):
        with layer:
            sample.needs_input_grad = ctx.needs_input_grad
            sample.restored = restored(ctx, sample.owned)
            kind = function._backward_cls
            found = kind.user_backward(kind)(sample, *map(shown, gradients))
            found = found if isinstance(found, tuple) else (found,)
        return tuple(
            g if not isinstance(g, Tensor) else layer.below(g) if d == 0 else layer.below(g).sum(0)
            for g, d in zip(found, in_dims, strict=True)
        )

    def jvp(ctx, *tangents):
        with layer:
            owned = getattr(sample, "owned_forward", sample.owned)
            sample.restored = restored(ctx, owned)
            found = function.jvp(sample, *tree_map(shown, tangents, tuple(in_dims)))
        return tree_map_only(Tensor, layer.below, found)

    parts = {"forward": forward, "setup_context": setup_context, "backward": backward, "jvp": jvp}
    body = {name: staticmethod(part) for name, part in parts.items()}
    return type(f"Vmapped{function.__name__}", (Function,), body)
