"""Adadelta."""

from __future__ import annotations

import numpy as np

from rushlight.optim.optimizer import (
    Optimizer,
    check_lr,
    check_number,
    first_count,
    zeros_like,
)

__all__ = ["Adadelta"]


class Adadelta(Optimizer):
    """Steps as large as those before, in units of the gradients' root mean square.

    With gradient g: v = rho v + (1 - rho) g^2, d = sqrt(u + eps) / sqrt(v + eps) g,
    u = rho u + (1 - rho) d^2, p = p - r d.

    Args:
        params: parameters, or groups of them.
        lr: learning rate r.
        rho: as above.
        eps: as above.
        weight_decay: w; g becomes g + w p.
        maximize: climb instead of descending.
        differentiable: the step itself is recorded on the tape.
        foreach, capturable: accepted as in PyTorch, without effect.

    Source: M. Zeiler, "Adadelta: an adaptive learning rate method" (2012).

    >>> import rushlight as torch
    >>> w = torch.tensor([1.0], requires_grad=True)
    >>> optimizer = torch.optim.Adadelta([w])
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.9968], requires_grad=True)
    """

    __module__ = "torch.optim.adadelta"

    def __init__(
        self, params, lr=1.0, rho=0.9, eps=1e-6, weight_decay=0, foreach=None, *,
        capturable=False, maximize=False, differentiable=False,
    ):  # fmt: skip
        check_lr(lr)
        check_number("rho value", rho, 0 <= rho <= 1)
        check_number("epsilon value", eps, eps >= 0)
        check_number("weight_decay value", weight_decay, weight_decay >= 0)
        super().__init__(params, {
            "lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize,
            "capturable": capturable, "foreach": foreach, "differentiable": differentiable,
        })  # fmt: skip

    def update(self, param, grad, state, group):
        if not state:
            state["step"] = first_count()
            state["square_avg"] = zeros_like(param)
            state["acc_delta"] = zeros_like(param)
        state["step"]._array += 1
        if group["weight_decay"]:
            grad = grad + group["weight_decay"] * param
        rho, eps = group["rho"], group["eps"]
        v, u = state["square_avg"]._array, state["acc_delta"]._array
        v *= rho
        v += (1 - rho) * (grad * grad)
        delta = np.sqrt(u + eps) / np.sqrt(v + eps) * grad
        u *= rho
        u += (1 - rho) * (delta * delta)
        param -= group["lr"] * delta
