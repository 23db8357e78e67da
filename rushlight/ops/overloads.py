"""`torch.ops.aten.mm.default`: operations under the names by which PyTorch's dispatcher has them.

Policies of selective checkpointing and dispatch modes compare and call them. An operation of ours
goes by the name that PyTorch shows for the same call, where one name will do.

    >>> import rushlight as torch
    >>> torch.ops.aten.mul.Tensor
    <OpOverload(op='aten.mul', overload='Tensor')>
    >>> torch.ops.aten.mul.Tensor(torch.tensor(3.0), 2)
    tensor(6.)
"""

from __future__ import annotations

import functools
from types import ModuleType

__all__ = ["OpNamespace", "OpOverload", "OpOverloadPacket", "overload_of"]

#: operations by the name of PyTorch's overload, where it isn't `<name>.default`
_SEEN_AS = {
    name: seen
    for line in """
    _log_softmax.default: log_softmax
    _softmax.default: softmax
    _to_copy.default: cast to_copy
    _unsafe_view.default: reshape
    add.Tensor: add add_scaled
    argsort.stable: argsort
    clamp.Tensor: clamp_to_tensors
    clamp.default: clamp_to_numbers
    clamp_max.Tensor: clamp_max_tensor
    clamp_max.default: clamp_max_number
    clamp_min.Tensor: clamp_min_tensor
    clamp_min.default: clamp_min_number
    cat.default: beside front_of in_front
    constant_pad_nd.default: pad_constant
    div.Tensor: true_divide
    div.Tensor_mode: div_floor div_trunc
    fmod.Scalar: fmod_number
    fmod.Tensor: fmod
    gather.default: gather_along
    index.Tensor: index
    lerp.Scalar: lerp_number
    lerp.Tensor: lerp
    linalg_vector_norm.default: vector_norm
    log_sigmoid_forward.default: log_sigmoid
    masked_fill.Scalar: masked_fill_with
    max.default: max_of_all
    max.dim: max_along
    median.default: median_of_all
    median.dim: median_along
    min.default: min_of_all
    min.dim: min_along
    mode.default: mode_along
    mul.Tensor: mul outer
    native_batch_norm.default: batch_norm_with_statistics
    native_layer_norm.default: layer_norm
    nll_loss_forward.default: nll_loss
    pow.Scalar: power_of_base
    pow.Tensor_Scalar: power_of_number square
    pow.Tensor_Tensor: power_of_tensors
    remainder.Scalar: remainder_number
    remainder.Tensor: remainder
    rsub.Scalar: rsub
    scatter.src: scatter
    scatter.value: scatter_value
    slice.Tensor: basic_index
    split.Tensor: split
    squeeze.dim: squeeze
    std.correction: std
    sub.Tensor: sub sub_scaled
    sum.default: total
    transpose.int: transpose
    unbind.int: unbind
    var.correction: var
    where.self: where
    convolution.default: convolve
    _linalg_solve_ex.default: solve
    fill.Scalar: filled_with
    fill.Tensor: filled
    zero.default: zeroed
    copy.default: copied
    xlogy.Tensor: xlogy
    """.strip().splitlines()
    for seen, _, names in [line.strip().partition(": ")]
    for name in names.split()
}

_OVERLOADS = frozenset(
    """
    default out Tensor Scalar Tensor_Scalar Tensor_Tensor Tensor_mode Scalar_mode int dim
    dim_IntList correction self src value stable values float memory_format out_dim names_dim dtype
    dtype_out using_ints other ScalarOpt_dim
    """.split()
)


class OpNamespace(ModuleType):
    """`torch.ops.aten`: its attributes are operations; those of others are never called here."""

    def __init__(self, name):
        super().__init__(f"torch.ops.{name}")
        self.name = name

    def __getattr__(self, name):
        if name.startswith("__") or not (self.name != "aten" or _is_known(name)):
            raise AttributeError(f"'_OpNamespace' '{self.name}' object has no attribute '{name}'")
        return _packet(self.name, name)


class OpOverloadPacket:
    """`torch.ops.aten.add`: an operation, of which there are several forms."""

    __module__ = "torch._ops"

    def __init__(self, namespace, name):
        self.namespace, self.__name__ = namespace, name

    def __repr__(self):
        return f"<OpOverloadPacket(op='{self}')>"

    def __str__(self):
        return f"{self.namespace}.{self.__name__}"

    def __call__(self, *args, **kwargs):
        return self.default(*args, **kwargs)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        if name not in _OVERLOADS:
            raise AttributeError(f"The underlying op of '{self}' has no overload name '{name}'")
        return _overload(self, name)


class OpOverload:
    """`torch.ops.aten.add.Tensor`: one form of an operation.

    Called, it is the public function of that name; within the answer of a dispatch mode, the very
    operation that the mode was asked about.
    """

    __module__ = "torch._ops"

    def __init__(self, packet, overload):
        self.overloadpacket, self._overloadname = packet, overload
        self.namespace, self._opname = packet.namespace, packet.__name__
        self.__name__ = f"{packet.__name__}.{overload}"

    def __repr__(self):
        return f"<OpOverload(op='{self.overloadpacket}', overload='{self._overloadname}')>"

    def __str__(self):
        return f"{self.overloadpacket}.{self._overloadname}"

    def __call__(self, *args, **kwargs):
        from rushlight.utils._python_dispatch import asked_about

        operation = asked_about(self)
        return (operation or _function(self._opname))(*args, **kwargs)

    def name(self):
        """`aten::add.Tensor`; `aten::mm` for the default form."""
        form = "" if self._overloadname == "default" else f".{self._overloadname}"
        return f"{self.namespace}::{self._opname}{form}"


@functools.cache
def _packet(namespace, name):
    return OpOverloadPacket(namespace, name)


@functools.cache
def _overload(packet, name):
    return OpOverload(packet, name)


@functools.cache
def _is_known(name):
    return any(seen.partition(".")[0] == name for seen in _SEEN_AS.values()) or bool(_found(name))


def _found(name):
    """The public function or method of this name, or None; `_softmax` is `softmax`."""
    import rushlight as torch

    for each in (name, _PUBLIC.get(name, name.removeprefix("_")), name.removeprefix("linalg_")):
        for home in (torch, torch.nn.functional, torch.Tensor, torch.linalg):
            found = getattr(home, each, None)
            if found is not None and callable(found):
                return found
    return None


_PUBLIC = {
    "_scaled_dot_product_efficient_attention": "scaled_dot_product_attention",
    "_scaled_dot_product_flash_attention": "scaled_dot_product_attention",
    "_scaled_dot_product_flash_attention_for_cpu": "scaled_dot_product_attention",
    "_to_copy": "clone",
    "_unsafe_view": "reshape",
    "constant_pad_nd": "pad",
    "native_batch_norm": "batch_norm",
    "native_layer_norm": "layer_norm",
    "nll_loss_forward": "nll_loss",
}


def _function(name):
    found = _found(name)
    if found is None:
        raise NotImplementedError(f"Could not run 'aten::{name}': there is no such function here")
    return found


def overload_of(op, operands, options):
    """The overload that PyTorch shows for a call of this operation."""
    choose = _CHOSEN.get(op.name)
    name = choose(operands, options) if choose else _SEEN_AS.get(op.name, f"{op.name}.default")
    packet, _, form = name.partition(".")
    return _overload(_packet("aten", packet), form)


def _by_last(name):
    """The form for a number or a Tensor, whichever comes last."""
    return lambda operands, options: (
        f"{name}.{'Scalar' if isinstance(operands[-1], (int, float)) else 'Tensor'}"
    )


def _by_dim(name, form):
    """The form with dimensions, if there are any."""
    return lambda operands, options: f"{name}.{'default' if options.get('dim') is None else form}"


def _by_rank(name):
    """The name for images of this many dimensions."""
    return lambda operands, options: name.format(operands[0].ndim - 2)


def _of_index(operands, options):
    index = options["index"]
    parts = index if isinstance(index, tuple) else (index,)
    if any(isinstance(part, int) for part in parts):
        return "select.int"
    return "unsqueeze.default" if None in parts else "slice.Tensor"


#: operations that PyTorch has several names for
_CHOSEN = {
    **{name: _by_last(name) for name in "eq ge gt le lt ne masked_fill".split()},
    **{f"bitwise_{name}": _by_last(f"bitwise_{name}") for name in "and or xor".split()},
    "avg_pool": _by_rank("avg_pool{}d.default"),
    "basic_index": _of_index,
    "max_pool": _by_rank("max_pool{}d_with_indices.default"),
    "mean": _by_dim("mean", "dim"),
    "mean_pool": _by_rank("avg_pool{}d.default"),
    "squeeze": _by_dim("squeeze", "dim"),
    "sum": _by_dim("sum", "dim_IntList"),
}
