"""Causal masks for attention whose queries and keys differ in number: tensors of their own class.

They are made of booleans (True: attend), and `scaled_dot_product_attention` takes them as it takes
any such mask.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from rushlight._C import _disabled_torch_function_impl
from rushlight.ops.warn import warn
from rushlight.tensor import Tensor, wrap

__all__ = ["CausalBias", "CausalVariant", "causal_lower_right", "causal_upper_left"]


class CausalVariant(IntEnum):
    """In which corner of the mask the diagonal begins."""

    UPPER_LEFT = 1
    LOWER_RIGHT = 2


class CausalBias(Tensor):
    """A mask of shape `(seq_len_q, seq_len_kv)`: which keys come no later than a query.

    Attributes:
        variant: `UPPER_LEFT` aligns first with first, `LOWER_RIGHT` last with last.
        seq_len_q, seq_len_kv: numbers of queries and keys.
    """

    __module__ = "torch.nn.attention.bias"

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        """Results are plain tensors."""
        return _disabled_torch_function_impl(func, types, args, kwargs)

    def __new__(cls, variant, seq_len_q, seq_len_kv):
        offset = 0 if variant == CausalVariant.UPPER_LEFT else seq_len_kv - seq_len_q
        return wrap(np.tri(seq_len_q, seq_len_kv, offset, dtype=np.bool_)).as_subclass(cls)

    def __init__(self, variant, seq_len_q, seq_len_kv):
        self.variant = CausalVariant(variant)
        self.seq_len_q = seq_len_q
        self.seq_len_kv = seq_len_kv
        if self.variant == CausalVariant.LOWER_RIGHT and seq_len_q > seq_len_kv:
            warn(
                "Lower right causal bias will produce NaNs in the output when seq_len_q > "
                "seq_len_kv!"
            )

    def __repr__(self):
        return repr(self.as_subclass(Tensor))


def causal_upper_left(*size):
    """The mask of query i for keys 0 to i.

    >>> from rushlight.nn.attention.bias import causal_upper_left
    >>> causal_upper_left(2, 3)
    tensor([[ True, False, False],
            [ True,  True, False]])
    """
    return CausalBias(CausalVariant.UPPER_LEFT, *_two("causal_upper_left", size))


def causal_lower_right(*size):
    """The mask of queries that are the last ones: the last query sees all keys.

    >>> from rushlight.nn.attention.bias import causal_lower_right
    >>> causal_lower_right(2, 3)
    tensor([[ True,  True, False],
            [ True,  True,  True]])
    """
    return CausalBias(CausalVariant.LOWER_RIGHT, *_two("causal_lower_right", size))


def _two(name, size):
    if len(size) != 2:
        raise AssertionError(f"{name} only supports 2D tensors")
    return size
