"""Rprop."""

from __future__ import annotations

import numpy as np

from rushlight.optim.optimizer import Optimizer, check_lr, first_count, zeros_like
from rushlight.tensor import wrap

__all__ = ["Rprop"]


class Rprop(Optimizer):
    """Steps by the signs of the gradients only, each element with a step size of its own.

    Where the gradient keeps its sign, the step size d becomes d n+; where it changes, d n-, and
    that element stays for once. p = p - sign(g) d.

    Args:
        params: parameters, or groups of them.
        lr: the first step size.
        etas: (n-, n+).
        step_sizes: the least and the greatest step size.
        maximize: climb instead of descending.
        differentiable: the step itself is recorded on the tape.
        capturable, foreach: accepted as in PyTorch, without effect.

    Source: M. Riedmiller, H. Braun, "A direct adaptive method for faster backpropagation learning:
    the RPROP algorithm" (1993).

    >>> import rushlight as torch
    >>> w = torch.tensor([1.0], requires_grad=True)
    >>> optimizer = torch.optim.Rprop([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.9000], requires_grad=True)
    """

    __module__ = "torch.optim.rprop"

    def __init__(
        self, params, lr=0.01, etas=(0.5, 1.2), step_sizes=(1e-6, 50), *, capturable=False,
        foreach=None, maximize=False, differentiable=False,
    ):  # fmt: skip
        check_lr(lr)
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(f"Invalid eta values: {etas[0]}, {etas[1]}")
        super().__init__(params, {
            "lr": lr, "etas": etas, "step_sizes": step_sizes, "foreach": foreach,
            "maximize": maximize, "differentiable": differentiable, "capturable": capturable,
        })  # fmt: skip

    def update(self, param, grad, state, group):
        if not state:
            state["step"] = first_count()
            state["prev"] = zeros_like(param)
            state["step_size"] = wrap(np.full_like(param, group["lr"]))
        state["step"]._array += 1
        smaller, larger = group["etas"]
        before, size = state["prev"]._array, state["step_size"]._array
        agreement = grad * before
        turned = agreement < 0
        size *= np.where(turned, smaller, np.where(agreement > 0, larger, 1)).astype(size.dtype)
        np.clip(size, *group["step_sizes"], out=size)
        grad = np.where(turned, 0, grad)
        param -= np.sign(grad) * size
        before[...] = grad
