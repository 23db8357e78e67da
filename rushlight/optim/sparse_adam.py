"""SparseAdam: Adam that leaves alone what has no gradient."""

from __future__ import annotations

import math

import numpy as np

from rushlight.optim.optimizer import Optimizer, check_betas, check_number
from rushlight.tensor import Tensor, wrap

__all__ = ["SparseAdam"]


class SparseAdam(Optimizer):
    """Adam for parameters of which few rows have a gradient: averages of the others stay.

    With gradient g of a row at step t: m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2,
    p = p - r sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(v) + eps). Rows without a gradient keep p, m
    and v. In Rushlight the gradient of an embedding is dense, `sparse=True` or not; a row counts
    as one without a gradient if all of it is 0.

    Args:
        params: parameters, or groups of them.
        lr: learning rate r.
        betas: b1 and b2.
        eps: added to the denominator.
        maximize: climb instead of descending.

    Raises:
        ValueError: a number is out of its range, or a parameter is sparse itself.

    >>> import rushlight as torch
    >>> table = torch.nn.Embedding.from_pretrained(torch.ones(3, 2), freeze=False, sparse=True)
    >>> optimizer = torch.optim.SparseAdam(table.parameters(), lr=0.1)
    >>> table(torch.tensor([1])).sum().backward()
    >>> optimizer.step()
    >>> table.weight[:2]
    tensor([[1.0000, 1.0000],
            [0.9000, 0.9000]], grad_fn=<SliceBackward0>)
    """

    __module__ = "torch.optim.sparse_adam"
    takes_sparse = True

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, maximize=False):
        if isinstance(lr, Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        check_number("learning rate", lr, lr > 0)
        check_number("epsilon value", eps, eps > 0)
        check_betas(betas)
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "maximize": maximize})
        sparse = self._places(lambda p: p.is_sparse)
        if sparse:
            raise ValueError(
                f"Sparse params at indices {sparse}: SparseAdam requires dense parameter tensors"
            )
        numbers = self._places(Tensor.is_complex)
        if numbers:
            raise ValueError(
                f"Complex params at indices {numbers}: SparseAdam does not support complex "
                "parameters"
            )

    def _places(self, condition):
        """Where the parameters are that fulfil a condition: [group, index in the group]."""
        return [
            [group, index]
            for group, members in enumerate(self.param_groups)
            for index, p in enumerate(members["params"])
            if condition(p)
        ]

    def update(self, param, grad, state, group):
        if not state:
            state["step"] = 0
            state["exp_avg"] = wrap(np.zeros_like(param))
            state["exp_avg_sq"] = wrap(np.zeros_like(param))
        state["step"] += 1
        t, (b1, b2) = state["step"], group["betas"]
        rows = np.flatnonzero(grad.reshape(len(grad), -1).any(1))
        g, m, v = grad[rows], state["exp_avg"]._array, state["exp_avg_sq"]._array
        m[rows] += (1 - b1) * (g - m[rows])
        v[rows] += (1 - b2) * (g * g - v[rows])
        rate = group["lr"] * math.sqrt(1 - b2**t) / (1 - b1**t)
        param[rows] -= rate * (m[rows] / (np.sqrt(v[rows]) + group["eps"]))
