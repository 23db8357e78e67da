"""Which operations compute in which precision within `autocast("cpu")`, and how they are told.

The lists are those of PyTorch's `AutocastCPU` (aten/src/ATen/autocast_mode.cpp): products and
convolutions in 16 bits, what loses too much there in float32, and what joins tensors in the widest
precision among them. All else takes what it is given. The functions named here are sent through a
cast of their arguments when autocast is first enabled; before, nothing of this costs anything.

Operations that PyTorch makes of listed ones (`einsum` of `bmm`) are listed with them.
"""

from __future__ import annotations

import threading
from importlib import import_module

from rushlight import dtypes
from rushlight.detour import detour
from rushlight.tensor import Tensor

__all__ = ["have_all_cast", "state"]


class State(threading.local):
    """What autocast does in this thread.

    Attributes:
        enabled: whether arguments are cast.
        dtype: the precision of products and convolutions.
        caches: whether a parameter is cast once only within the outermost block.
        cache: {id of a parameter: (the parameter, it in 16 bits)}.
        nesting: how many blocks are open.
    """

    enabled = False
    dtype = dtypes.bfloat16
    caches = True
    nesting = 0

    def __init__(self):
        self.cache = {}


state = State()

LOWER = {
    "": """
        addbmm addmm baddbmm bmm chain_matmul conv1d conv2d conv3d conv_transpose1d conv_transpose2d
        conv_transpose3d inner matmul mm tensordot
    """,
    "ops": "linear",
    "nn.functional": """
        conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d linear
        scaled_dot_product_attention
    """,
    "linalg": "matmul multi_dot vecdot",
}

FLOAT32 = {
    "": """
        cdist cholesky cholesky_inverse cholesky_solve ctc_loss geqrf inverse lu_solve max_pool3d
        nanquantile orgqr ormqr pinverse polar prod qr quantile stft svd trace triangular_solve
        view_as_complex
    """,
    "nn.functional": """
        adaptive_avg_pool3d adaptive_max_pool3d avg_pool3d binary_cross_entropy
        binary_cross_entropy_with_logits cosine_embedding_loss cross_entropy ctc_loss
        fractional_max_pool2d fractional_max_pool3d grid_sample hinge_embedding_loss huber_loss
        kl_div l1_loss margin_ranking_loss max_pool3d max_unpool2d max_unpool3d mse_loss
        multi_margin_loss multilabel_margin_loss nll_loss poisson_nll_loss smooth_l1_loss
        soft_margin_loss triplet_margin_loss
    """,
    "fft": """
        fft fft2 fftn hfft ifft ifft2 ifftn ihfft irfft irfft2 irfftn rfft rfft2 rfftn
    """,
    "linalg": """
        cholesky cholesky_ex cond eig eigh eigvals eigvalsh householder_product inv inv_ex lstsq
        matrix_rank qr solve svd svdvals tensorinv tensorsolve
    """,
}

WIDEST = {"": "cat concat concatenate index_copy stack"}

_lock = threading.Lock()
_all_cast = False


def have_all_cast():
    """Send the listed functions through a cast of their arguments, from now on."""
    global _all_cast
    with _lock:
        if _all_cast:
            return
        _all_cast = True
        for functions, choose in ((LOWER, _lower), (FLOAT32, _float32), (WIDEST, _widest)):
            for function in _listed(functions):
                detour(function, _casting(choose))
        (einsum,) = _listed({"": "einsum"})
        detour(einsum, _casting(_lower_if_several))
        (pad,) = _listed({"nn.functional": "pad"})
        detour(pad, _casting(_float32_if_padded_from_within))


def _listed(names_by_module):
    """The functions with these names, once each."""
    found = {
        getattr(import_module(f"rushlight.{module}".rstrip(".")), name): None
        for module, names in names_by_module.items()
        for name in names.split()
    }
    return list(found)


def _casting(choose):
    """How a function is called while autocast is enabled: on arguments in a chosen dtype."""

    def make(direct):
        def call(args, kwargs):
            if not state.enabled:
                return direct(*args, **kwargs)
            dtype = choose(args, kwargs)
            state.enabled = False  # what the function consists of takes what it is given
            try:
                return direct(*_cast(args, dtype), **_cast(kwargs, dtype))
            finally:
                state.enabled = True

        return call

    return make


# The choice of a dtype ----------------------------------------------------------------------------


def _lower(args, kwargs):
    return state.dtype


def _float32(args, kwargs):
    return dtypes.float32


def _widest(args, kwargs):
    tensors = [x for x in _leaves((args, kwargs)) if _castable(x)]
    wide = any(x.dtype is dtypes.float32 for x in tensors)
    return dtypes.float32 if wide else state.dtype


def _lower_if_several(args, kwargs):
    several = sum(isinstance(x, Tensor) for x in _leaves(args)) > 1
    return state.dtype if several else None


def _float32_if_padded_from_within(args, kwargs):
    mode = kwargs.get("mode", args[2] if len(args) > 2 else "constant")
    return dtypes.float32 if mode in ("reflect", "replicate") else None


def _leaves(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (tuple, list)):
        for part in value:
            yield from _leaves(part)
    else:
        yield value


# Casts --------------------------------------------------------------------------------------------


def _castable(x):
    return isinstance(x, Tensor) and x.is_floating_point() and x.dtype is not dtypes.float64


def _cast(value, dtype):
    """Arguments whose floating-point tensors, but for float64, are of this dtype (if not None)."""
    if dtype is None:
        return value
    if isinstance(value, dict):
        return {name: _cast(part, dtype) for name, part in value.items()}
    if type(value) in (tuple, list):
        return type(value)(_cast(part, dtype) for part in value)
    if not _castable(value) or value.dtype is dtype:
        return value
    return _cast_once(value, dtype) if _may_keep(value, dtype) else value.to(dtype)


def _may_keep(x, dtype):
    """Whether the cast of this tensor is kept for later: that of a leaf which is trained."""
    return (
        state.caches
        and dtype is state.dtype
        and x.dtype is dtypes.float32
        and x.requires_grad
        and x.is_leaf
        and not x._is_view()
    )


def _cast_once(x, dtype):
    """The leaf in 16 bits; one cast serves all uses, so gradients meet in 16 bits, as there."""
    kept = state.cache.get(id(x))
    if kept is None:
        kept = state.cache[id(x)] = (x, x.to(dtype))
    return kept[1]
