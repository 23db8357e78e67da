"""RAdam."""

from __future__ import annotations

import numpy as np

from rushlight.optim.optimizer import (
    Optimizer,
    check_betas,
    check_lr,
    check_number,
    first_count,
    number,
    select,
    zeros_like,
)

__all__ = ["RAdam"]


class RAdam(Optimizer):
    """Adam that adapts only as far as the variance of its estimates allows.

    With averages m and v as in Adam, m' = m / (1 - b1^t), n = 2 / (1 - b2) - 1 and
    n_t = n - 2 t b2^t / (1 - b2^t): p = p - r m' if n_t <= 5, else
    p = p - r m' c sqrt(1 - b2^t) / (sqrt(v) + eps) with
    c^2 = (n_t - 4) (n_t - 2) n / ((n - 4) (n - 2) n_t).

    Args:
        params: parameters, or groups of them.
        lr: learning rate r.
        betas: (b1, b2).
        eps: as above.
        weight_decay: w; g becomes g + w p (or p becomes p - r w p, if decoupled).
        decoupled_weight_decay: decay as AdamW does.
        maximize: climb instead of descending.
        differentiable: the step itself is recorded on the tape.
        foreach, capturable: accepted as in PyTorch, without effect.

    Source: L. Liu et al., "On the variance of the adaptive learning rate and beyond" (2020).

    >>> import rushlight as torch
    >>> w = torch.tensor([1.0], requires_grad=True)
    >>> optimizer = torch.optim.RAdam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.8000], requires_grad=True)
    """

    __module__ = "torch.optim.radam"

    def __init__(
        self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0,
        decoupled_weight_decay=False, *, foreach=None, maximize=False, capturable=False,
        differentiable=False,
    ):  # fmt: skip
        check_lr(lr)
        check_number("epsilon value", eps, eps >= 0)
        check_betas(betas)
        check_number("weight_decay value", weight_decay, weight_decay >= 0)
        super().__init__(params, {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
            "maximize": maximize, "foreach": foreach, "capturable": capturable,
            "decoupled_weight_decay": decoupled_weight_decay, "differentiable": differentiable,
        })  # fmt: skip

    def update(self, param, grad, state, group):
        if not state:
            state["step"] = first_count()
            state["exp_avg"] = zeros_like(param)
            state["exp_avg_sq"] = zeros_like(param)
        count = state["step"]._array
        count += 1
        t, lr, (b1, b2) = number(count), group["lr"], group["betas"]
        if group["weight_decay"] and group["decoupled_weight_decay"]:
            param *= 1 - lr * group["weight_decay"]
        elif group["weight_decay"]:
            grad = grad + group["weight_decay"] * param
        m, v = state["exp_avg"]._array, state["exp_avg_sq"]._array
        m += (1 - b1) * (grad - m)
        v *= b2
        v += (1 - b2) * (grad * grad)
        direction = m / (1 - b1**t)
        most = 2 / (1 - b2) - 1
        now = most - 2 * t * b2**t / (1 - b2**t)

        def rectified():
            c = abs((now - 4) * (now - 2) * most / ((most - 4) * (most - 2) * now)) ** 0.5
            return direction * (c * (1 - b2**t) ** 0.5 / (np.sqrt(v) + group["eps"]))

        # the variance is tractable only after some steps
        param -= lr * select(now > 5, rectified, lambda: direction)
