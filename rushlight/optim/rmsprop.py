"""RMSprop."""

from __future__ import annotations

import numpy as np

from rushlight.optim.optimizer import (
    Optimizer,
    check_lr,
    check_number,
    first_count,
    zeros_like,
)

__all__ = ["RMSprop"]


class RMSprop(Optimizer):
    """Gradients divided by the root of their mean square.

    With gradient g: v = a v + (1 - a) g^2, p = p - r g / (sqrt(v) + eps); if centered, v - m^2 in
    place of v, with m = a m + (1 - a) g; with momentum, b = momentum b + g / (sqrt(v) + eps),
    p = p - r b.

    Args:
        params: parameters, or groups of them.
        lr: learning rate r.
        alpha: a.
        eps: added to the denominator.
        weight_decay: w; g becomes g + w p.
        momentum: as above.
        centered: divide by the root of the variance.
        maximize: climb instead of descending.
        differentiable: the step itself is recorded on the tape.
        capturable, foreach: accepted as in PyTorch, without effect.

    Source: G. Hinton, "Neural networks for machine learning", lecture 6 (2012); centered:
    A. Graves, "Generating sequences with recurrent neural networks" (2013).

    >>> import rushlight as torch
    >>> w = torch.tensor([1.0], requires_grad=True)
    >>> optimizer = torch.optim.RMSprop([w], lr=0.01)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.9000], requires_grad=True)
    """

    __module__ = "torch.optim.rmsprop"

    def __init__(
        self, params, lr=0.01, alpha=0.99, eps=1e-8, weight_decay=0, momentum=0, centered=False,
        capturable=False, foreach=None, maximize=False, differentiable=False,
    ):  # fmt: skip
        check_lr(lr)
        check_number("epsilon value", eps, eps >= 0)
        check_number("momentum value", momentum, momentum >= 0)
        check_number("weight_decay value", weight_decay, weight_decay >= 0)
        check_number("alpha value", alpha, alpha >= 0)
        super().__init__(params, {
            "lr": lr, "momentum": momentum, "alpha": alpha, "eps": eps, "centered": centered,
            "weight_decay": weight_decay, "capturable": capturable, "foreach": foreach,
            "maximize": maximize, "differentiable": differentiable,
        })  # fmt: skip

    def update(self, param, grad, state, group):
        if not state:
            self.begin(param, state, group)
        state["step"]._array += 1
        if group["weight_decay"]:
            grad = grad + group["weight_decay"] * param
        alpha, v = group["alpha"], state["square_avg"]._array
        v *= alpha
        v += (1 - alpha) * (grad * grad)
        if group["centered"]:
            m = state["grad_avg"]._array
            m += (1 - alpha) * (grad - m)
            v = v - m * m
        direction = grad / (np.sqrt(v) + group["eps"])
        if group["momentum"] > 0:
            b = state["momentum_buffer"]._array
            b *= group["momentum"]
            b += direction
            direction = b
        param -= group["lr"] * direction

    @staticmethod
    def begin(param, state, group):
        """The state of a parameter before its first step."""
        state["step"] = first_count()
        state["square_avg"] = zeros_like(param)
        if group["momentum"] > 0:
            state["momentum_buffer"] = zeros_like(param)
        if group["centered"]:
            state["grad_avg"] = zeros_like(param)
