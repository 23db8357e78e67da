"""Stochastic gradient descent."""

from __future__ import annotations

import numpy as np

from rushlight.optim.optimizer import (
    Optimizer,
    beside,
    check_implementation,
    check_lr,
    check_number,
)
from rushlight.tensor import wrap

__all__ = ["SGD"]


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum if wanted.

    With gradient g, momentum m, dampening d and learning rate r: b = m b + (1 - d) g, p = p - r b;
    with Nesterov's momentum, p = p - r (g + m b). The first b is g.

    Args:
        params: parameters, or groups of them.
        lr: learning rate r.
        momentum: m.
        dampening: d.
        weight_decay: w; g becomes g + w p.
        nesterov: use Nesterov's momentum.
        maximize: climb instead of descending.
        differentiable: the step itself is recorded on the tape.
        foreach, fused: accepted as in PyTorch, without effect.

    Source: I. Sutskever et al., "On the importance of initialization and momentum in deep
    learning" (2013), in PyTorch's form.

    >>> import rushlight as torch
    >>> w = torch.tensor([1.0], requires_grad=True)
    >>> optimizer = torch.optim.SGD([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.8000], requires_grad=True)
    """

    __module__ = "torch.optim.sgd"
    takes_sparse = True

    def __init__(
        self, params, lr=0.001, momentum=0, dampening=0, weight_decay=0, nesterov=False, *,
        maximize=False, foreach=None, differentiable=False, fused=None,
    ):  # fmt: skip
        check_lr(lr)
        check_number("momentum value", momentum, momentum >= 0)
        check_number("weight_decay value", weight_decay, weight_decay >= 0)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        check_implementation(foreach, fused, differentiable)
        super().__init__(params, {
            "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay,
            "nesterov": nesterov, "maximize": maximize, "foreach": foreach,
            "differentiable": differentiable, "fused": fused,
        })  # fmt: skip

    def update(self, param, grad, state, group):
        weight_decay, momentum = group["weight_decay"], group["momentum"]
        if weight_decay:
            grad = grad + weight_decay * param
        if momentum:
            grad = self.with_momentum(grad, state, momentum, group)
        param -= beside(param, group["lr"]) * grad

    @staticmethod
    def with_momentum(grad, state, momentum, group):
        """The direction in which to go, from the gradient and its past."""
        known = state.get("momentum_buffer")
        if known is None:
            b = np.copy(grad)  # an array for a 0-d parameter too
            state["momentum_buffer"] = wrap(b)
        else:
            b = known._array
            b *= momentum
            b += (1 - group["dampening"]) * grad
        return grad + momentum * b if group["nesterov"] else b
