"""NAdam."""

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
from rushlight.tensor import wrap

__all__ = ["NAdam"]


class NAdam(Optimizer):
    """Adam with Nesterov's momentum.

    With gradient g at step t: m_t = b1 (1 - 0.96^(t d) / 2), M = m_1 ... m_t; averages m and v of g
    and g^2 as in Adam, u = sqrt(v / (1 - b2^t)) + eps,
    p = p - r ((1 - m_t) / (1 - M) g + m_(t+1) / (1 - M m_(t+1)) m) / u.

    Args:
        params: parameters, or groups of them.
        lr: learning rate r.
        betas: (b1, b2).
        eps: as above.
        weight_decay: w; g becomes g + w p (or p becomes p - r w p, if decoupled).
        momentum_decay: d.
        decoupled_weight_decay: decay as AdamW does.
        maximize: climb instead of descending.
        differentiable: the step itself is recorded on the tape.
        foreach, capturable: accepted as in PyTorch, without effect.

    Source: T. Dozat, "Incorporating Nesterov momentum into Adam" (2016).

    >>> import rushlight as torch
    >>> w = torch.tensor([1.0], requires_grad=True)
    >>> optimizer = torch.optim.NAdam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.8944], requires_grad=True)
    """

    __module__ = "torch.optim.nadam"

    def __init__(
        self, params, lr=0.002, betas=(0.9, 0.999), eps=1e-8, weight_decay=0,
        momentum_decay=0.004, decoupled_weight_decay=False, *, foreach=None, maximize=False,
        capturable=False, differentiable=False,
    ):  # fmt: skip
        check_lr(lr)
        check_number("epsilon value", eps, eps >= 0)
        check_betas(betas)
        check_number("weight_decay value", weight_decay, weight_decay >= 0)
        check_number("momentum_decay value", momentum_decay, momentum_decay >= 0)
        super().__init__(params, {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
            "momentum_decay": momentum_decay, "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize, "foreach": foreach, "capturable": capturable,
            "differentiable": differentiable,
        })  # fmt: skip

    def update(self, param, grad, state, group):
        if not state:
            state["step"] = first_count()
            state["mu_product"] = wrap(np.ones((), np.float32))
            state["exp_avg"] = zeros_like(param)
            state["exp_avg_sq"] = zeros_like(param)
        count, product = state["step"]._array, state["mu_product"]._array
        count += 1
        t, lr, (b1, b2) = number(count), group["lr"], group["betas"]
        if group["weight_decay"] and group["decoupled_weight_decay"]:
            param *= 1 - lr * group["weight_decay"]
        elif group["weight_decay"]:
            grad = grad + group["weight_decay"] * param
        mu = b1 * (1 - 0.5 * 0.96 ** (t * group["momentum_decay"]))
        mu_next = b1 * (1 - 0.5 * 0.96 ** ((t + 1) * group["momentum_decay"]))
        product *= mu
        m, v = state["exp_avg"]._array, state["exp_avg_sq"]._array
        m += (1 - b1) * (grad - m)
        v *= b2
        v += (1 - b2) * (grad * grad)
        root = np.sqrt(v / (1 - b2**t)) + group["eps"]
        all_mu = number(product)
        param -= lr * (1 - mu) / (1 - all_mu) * (grad / root)
        param -= lr * mu_next / (1 - all_mu * mu_next) * (m / root)
