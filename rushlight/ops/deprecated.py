"""What PyTorch says of functions and habits that it wants to get rid of."""

from __future__ import annotations

from rushlight.ops.warn import warn, warn_once

__all__ = ["deprecated", "warn_of_expanded"]

_LATER = (
    "is deprecated in favor of torch.linalg.{} and will be removed in a future PyTorch release."
)
_WORDS = {
    "cholesky": f"torch.cholesky {_LATER.format('cholesky')}\n"
    "L = torch.cholesky(A)\nshould be replaced with\nL = torch.linalg.cholesky(A)\nand\n"
    "U = torch.cholesky(A, upper=True)\nshould be replaced with\n"
    "U = torch.linalg.cholesky(A).mH\n"
    "This transform will produce equivalent results for all valid (symmetric positive definite) "
    "inputs.",
    "qr": f"torch.qr {_LATER.format('qr')}\n"
    "The boolean parameter 'some' has been replaced with a string parameter 'mode'.\n"
    "Q, R = torch.qr(A, some)\nshould be replaced with\n"
    "Q, R = torch.linalg.qr(A, 'reduced' if some else 'complete')",
    "triangular_solve": "torch.triangular_solve is deprecated in favor of "
    "torch.linalg.solve_triangularand will be removed in a future PyTorch release.\n"
    "torch.linalg.solve_triangular has its arguments reversed and does not return a copy of one "
    "of the inputs.\nX = torch.triangular_solve(B, A).solution\nshould be replaced with\n"
    "X = torch.linalg.solve_triangular(A, B).",
    "chain_matmul": "torch.chain_matmul is deprecated and will be removed in a future PyTorch "
    "release. Use torch.linalg.multi_dot instead, which accepts a list of two or more tensors "
    "rather than multiple parameters.",
    "cross": "Using torch.cross without specifying the dim arg is deprecated.\n"
    "Please either pass the dim explicitly or simply use torch.linalg.cross.\n"
    "The default value of dim will change to agree with that of linalg.cross in a future release.",
    "T": "The use of `x.T` on tensors of dimension other than 2 to reverse their shape is "
    "deprecated and it will throw an error in a future release. Consider `x.mT` to transpose "
    "batches of matrices or `x.permute(*torch.arange(x.ndim - 1, -1, -1))` to reverse the "
    "dimensions of a tensor.",
    "T of 0": "Tensor.T is deprecated on 0-D tensors. This function is the identity in these "
    "cases.",
    "mT of 0": "Tensor.mT is deprecated on 0-D tensors. This function is the identity in these "
    "cases.",
    "H of 0": "Tensor.H is deprecated on 0-D tensors. Consider using x.conj().",
    "mH of 0": "Tensor.mH is deprecated on 0-D tensors. Consider using x.conj().",
    "buffer": "The given buffer is not writable, and PyTorch does not support non-writable "
    "tensors. This means you can write to the underlying (supposedly non-writable) buffer using "
    "the tensor. You may want to copy the buffer to protect its data or make it writable before "
    "converting it to a tensor. This type of warning will be suppressed for the rest of this "
    "program.",
    "where": "where received a uint8 condition tensor. This behavior is deprecated and will be "
    "removed in a future version of PyTorch. Use a boolean condition instead.",
    "list": "Using a non-tuple sequence for multidimensional indexing is deprecated and will be "
    "changed in pytorch 2.9; use x[tuple(seq)] instead of x[seq]. In pytorch 2.9 this will be "
    "interpreted as tensor index, x[torch.tensor(seq)], which will result either in an error or a "
    "different result",
    "adjoint of 0": "adjoint() is deprecated on 0-D tensors. Consider using x.conj().",
    "index of bytes": "indexing with dtype torch.uint8 is now deprecated, please use a dtype "
    "torch.bool instead.",
    "masked_scatter": "masked_scatter_ received a mask with dtype torch.uint8, this behavior is "
    "now deprecated,please use a mask with dtype torch.bool instead.",
    "index_reduce": "index_reduce() is in beta and the API may change at any time.",
    "scatter": "The reduce argument of torch.scatter with Tensor src is deprecated and will be "
    "removed in a future PyTorch release. Use torch.scatter_reduce instead for more reduction "
    "options.",
    "resize": "non-inplace resize is deprecated",
    "resize_as": "non-inplace resize_as is deprecated",
}


_EACH_TIME = frozenset(("index of bytes", "list", "masked_scatter", "resize", "resize_as"))


def deprecated(name):
    """Say that something is deprecated: of some habits each time, of most the first time."""
    (warn if name in _EACH_TIME else warn_once)(_WORDS[name])


def warn_of_expanded(name, example):
    """Say that several elements in one place are about to be written to."""
    warn(
        f"Use of {name} on expanded tensors is deprecated. Please clone() the tensor before "
        f"performing this operation. This also applies to advanced indexing e.g. {example}"
    )
