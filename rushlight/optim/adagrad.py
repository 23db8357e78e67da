"""Adagrad."""

from __future__ import annotations

import numpy as np

from rushlight.optim.optimizer import (
    Optimizer,
    check_implementation,
    check_lr,
    check_number,
    first_count,
    number,
)
from rushlight.tensor import wrap

__all__ = ["Adagrad"]


class Adagrad(Optimizer):
    """Gradients divided by the root of the sum of their squares so far.

    With gradient g at step t: s = s + g^2, p = p - r / (1 + (t - 1) d) g / (sqrt(s) + eps).

    Args:
        params: parameters, or groups of them.
        lr: learning rate r.
        lr_decay: d.
        weight_decay: w; g becomes g + w p.
        initial_accumulator_value: s at the beginning.
        eps: added to the denominator.
        maximize: climb instead of descending.
        differentiable: the step itself is recorded on the tape.
        foreach, fused: accepted as in PyTorch, without effect.

    Source: J. Duchi, E. Hazan, Y. Singer, "Adaptive subgradient methods for online learning and
    stochastic optimization" (2011).

    >>> import rushlight as torch
    >>> w = torch.tensor([1.0], requires_grad=True)
    >>> optimizer = torch.optim.Adagrad([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.9000], requires_grad=True)
    """

    __module__ = "torch.optim.adagrad"
    takes_sparse = True

    def __init__(
        self, params, lr=0.01, lr_decay=0, weight_decay=0, initial_accumulator_value=0,
        eps=1e-10, foreach=None, *, maximize=False, differentiable=False, fused=None,
    ):  # fmt: skip
        check_lr(lr)
        check_number("lr_decay value", lr_decay, lr_decay >= 0)
        check_number("weight_decay value", weight_decay, weight_decay >= 0)
        check_number(
            "initial_accumulator_value value",
            initial_accumulator_value,
            initial_accumulator_value >= 0,
        )
        check_number("epsilon value", eps, eps >= 0)
        check_implementation(foreach, fused, differentiable)
        super().__init__(params, {
            "lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value, "foreach": foreach,
            "maximize": maximize, "differentiable": differentiable, "fused": fused,
        })  # fmt: skip
        for group in self.param_groups:
            for p in group["params"]:
                self.begin(p._array, self.state[p], group)

    def update(self, param, grad, state, group):
        if not state:
            self.begin(param, state, group)
        t = state["step"]._array
        t += 1
        if group["weight_decay"]:
            grad = grad + group["weight_decay"] * param
        s = state["sum"]._array
        s += grad * grad
        lr = group["lr"] / (1 + (number(t) - 1) * group["lr_decay"])
        param -= lr * (grad / (np.sqrt(s) + group["eps"]))

    @staticmethod
    def begin(param, state, group):
        """The state of a parameter before its first step."""
        state["step"] = first_count()
        value = group["initial_accumulator_value"]
        value = complex(value, value) if param.dtype.kind == "c" else value
        state["sum"] = wrap(np.full_like(param, value))

    def share_memory(self):
        """Nothing to do: what is shared between processes here is shared from the start."""
