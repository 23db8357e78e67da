"""Adamax."""

from __future__ import annotations

import numpy as np

from rushlight.optim.optimizer import (
    Optimizer,
    check_betas,
    check_lr,
    check_number,
    first_count,
    number,
    zeros_like,
)

__all__ = ["Adamax"]


class Adamax(Optimizer):
    """Adam by the largest gradient in place of their mean square.

    With gradient g at step t: m = b1 m + (1 - b1) g, u = max(b2 u, |g| + eps),
    p = p - r / (1 - b1^t) m / u.

    Args:
        params: parameters, or groups of them.
        lr: learning rate r.
        betas: (b1, b2).
        eps: as above.
        weight_decay: w; g becomes g + w p.
        maximize: climb instead of descending.
        differentiable: the step itself is recorded on the tape.
        foreach, capturable: accepted as in PyTorch, without effect.

    Source: D. Kingma, J. Ba, "Adam: a method for stochastic optimization" (2015).

    >>> import rushlight as torch
    >>> w = torch.tensor([1.0], requires_grad=True)
    >>> optimizer = torch.optim.Adamax([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.9000], requires_grad=True)
    """

    __module__ = "torch.optim.adamax"

    def __init__(
        self, params, lr=0.002, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, foreach=None, *,
        maximize=False, differentiable=False, capturable=False,
    ):  # fmt: skip
        check_lr(lr)
        check_number("epsilon value", eps, eps >= 0)
        check_betas(betas)
        check_number("weight_decay value", weight_decay, weight_decay >= 0)
        super().__init__(params, {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
            "foreach": foreach, "maximize": maximize, "differentiable": differentiable,
            "capturable": capturable,
        })  # fmt: skip

    def update(self, param, grad, state, group):
        if not state:
            state["step"] = first_count()
            state["exp_avg"] = zeros_like(param)
            state["exp_inf"] = zeros_like(param)
        t = state["step"]._array
        t += 1
        if group["weight_decay"]:
            grad = grad + group["weight_decay"] * param
        b1, b2 = group["betas"]
        m, u = state["exp_avg"]._array, state["exp_inf"]._array
        m += (1 - b1) * (grad - m)
        u *= b2
        np.maximum(u, np.abs(grad) + group["eps"], out=u)
        param -= group["lr"] / (1 - b1 ** number(t)) * (m / u)
