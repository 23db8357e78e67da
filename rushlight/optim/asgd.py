"""Averaged stochastic gradient descent."""

from __future__ import annotations

import numpy as np

from rushlight.optim.optimizer import (
    Optimizer,
    check_lr,
    check_number,
    first_count,
    larger,
    number,
    select,
    zeros_like,
)
from rushlight.tensor import wrap

__all__ = ["ASGD"]


class ASGD(Optimizer):
    """Stochastic gradient descent that also keeps the average of its parameters.

    With gradient g at step t: p = (1 - l e) p - e g, e = r / (1 + l r t)^alpha; the average, in the
    state as `ax`, is a = a + (p - a) / max(1, t - t0).

    Args:
        params: parameters, or groups of them.
        lr: learning rate r.
        lambd: l.
        alpha: as above.
        t0: the step at which averaging begins.
        weight_decay: w; g becomes g + w p.
        maximize: climb instead of descending.
        differentiable: the step itself is recorded on the tape.
        foreach, capturable: accepted as in PyTorch, without effect.

    Source: B. Polyak, A. Juditsky, "Acceleration of stochastic approximation by averaging" (1992).

    >>> import rushlight as torch
    >>> w = torch.tensor([1.0], requires_grad=True)
    >>> optimizer = torch.optim.ASGD([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.8000], requires_grad=True)
    """

    __module__ = "torch.optim.asgd"

    def __init__(
        self, params, lr=0.01, lambd=1e-4, alpha=0.75, t0=1e6, weight_decay=0, foreach=None,
        maximize=False, differentiable=False, capturable=False,
    ):  # fmt: skip
        check_lr(lr)
        check_number("weight_decay value", weight_decay, weight_decay >= 0)
        super().__init__(params, {
            "lr": lr, "lambd": lambd, "alpha": alpha, "t0": t0, "weight_decay": weight_decay,
            "foreach": foreach, "maximize": maximize, "differentiable": differentiable,
            "capturable": capturable,
        })  # fmt: skip

    def update(self, param, grad, state, group):
        lr, decay = group["lr"], group["lambd"]
        if not state:
            state["step"] = first_count()
            state["eta"] = wrap(np.asarray(lr, np.float32))
            state["mu"] = wrap(np.ones((), np.float32))
            state["ax"] = zeros_like(param)
        t, eta, mu = (state[name]._array for name in ("step", "eta", "mu"))
        t += 1
        if group["weight_decay"]:
            grad = grad + group["weight_decay"] * param
        param *= 1 - decay * number(eta)
        param -= number(eta) * grad
        average = state["ax"]._array
        part = number(mu)
        average[...] = select(part == 1, lambda: param, lambda: average + part * (param - average))
        step = number(t)
        eta[...] = lr / (1 + decay * lr * step) ** group["alpha"]
        mu[...] = 1 / larger(1, step - group["t0"])
