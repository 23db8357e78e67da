"""Adam."""

from __future__ import annotations

import numpy as np

from rushlight.optim.optimizer import (
    Optimizer,
    beside,
    check_betas,
    check_implementation,
    check_lr,
    check_number,
    number,
    zeros_like,
)
from rushlight.tensor import Tensor, wrap

__all__ = ["Adam"]


class Adam(Optimizer):
    """Adaptive moment estimation.

    With gradient g at step t: m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2,
    p = p - r (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps).

    Args:
        params: parameters, or groups of them.
        lr: learning rate r.
        betas: (b1, b2).
        eps: added to the denominator.
        weight_decay: w; g becomes g + w p (or p becomes p - r w p, if decoupled).
        amsgrad: use the largest v so far.
        maximize: climb instead of descending.
        decoupled_weight_decay: decay as AdamW does.
        differentiable: the step itself is recorded on the tape.
        foreach, capturable, fused: accepted as in PyTorch, without effect.

    Source: D. Kingma, J. Ba, "Adam: a method for stochastic optimization" (2015); amsgrad:
    S. Reddi et al., "On the convergence of Adam and beyond" (2018).

    >>> import rushlight as torch
    >>> w = torch.tensor([1.0], requires_grad=True)
    >>> optimizer = torch.optim.Adam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.9000], requires_grad=True)
    """

    __module__ = "torch.optim.adam"

    def __init__(
        self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, amsgrad=False, *,
        foreach=None, maximize=False, capturable=False, differentiable=False, fused=None,
        decoupled_weight_decay=False,
    ):  # fmt: skip
        one_by_one = foreach and not capturable
        if isinstance(lr, Tensor) and one_by_one:
            raise ValueError(
                "lr as a Tensor is not supported for capturable=False and foreach=True"
            )
        check_lr(lr)
        check_number("epsilon value", eps, eps >= 0.0)
        check_betas(betas)
        check_number("weight_decay value", weight_decay, weight_decay >= 0)
        betas = _checked_kinds(betas, one_by_one)
        check_implementation(foreach, fused, differentiable)
        super().__init__(params, {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
            "amsgrad": amsgrad, "maximize": maximize, "foreach": foreach,
            "capturable": capturable, "differentiable": differentiable, "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        })  # fmt: skip

    def numbers_of(self, group):
        group = super().numbers_of(group)
        if isinstance(group["betas"][0], Tensor):
            group = {**group, "betas": tuple(float(beta) for beta in group["betas"])}
        return group

    def update(self, param, grad, state, group):
        if not state:
            self.begin(param, state, group)
        b1, b2 = group["betas"]
        weight_decay, lr = group["weight_decay"], group["lr"]
        if weight_decay and group["decoupled_weight_decay"]:
            param *= 1 - lr * weight_decay
        elif weight_decay:
            grad = grad + weight_decay * param
        t = state["step"]._array
        t += 1
        step = number(t)
        m, v = state["exp_avg"]._array, state["exp_avg_sq"]._array
        scratch = np.empty_like(m)  # an array for a 0-d parameter too
        np.subtract(grad, m, scratch)
        scratch *= beside(m, 1 - b1)
        m += scratch
        np.multiply(grad, grad, scratch)
        scratch *= beside(m, 1 - b2)
        v *= beside(m, b2)
        v += scratch
        if group["amsgrad"]:
            largest = state["max_exp_avg_sq"]._array
            v = np.maximum(largest, v, out=largest)
        np.sqrt(v, scratch)
        scratch /= (1 - b2**step) ** 0.5
        scratch += beside(m, group["eps"])
        np.divide(m, scratch, scratch)
        scratch *= lr / (1 - b1**step)
        param -= scratch

    @staticmethod
    def begin(param, state, group):
        """The state of a parameter before its first step."""
        state["step"] = wrap(np.zeros((), np.float32))
        state["exp_avg"] = zeros_like(param)
        state["exp_avg_sq"] = zeros_like(param)
        if group["amsgrad"]:
            state["max_exp_avg_sq"] = zeros_like(param)


def _checked_kinds(betas, one_by_one):
    """Decay rates that are both numbers, or both 0-d Tensors."""
    kinds = [isinstance(beta, Tensor) for beta in betas]
    if not any(kinds):
        return betas
    if not all(kinds):
        raise ValueError("betas must be either both floats or both Tensors")
    for i, beta in enumerate(betas):
        if one_by_one:
            raise ValueError(
                f"betas[{i}] as a Tensor is not supported for capturable=False and foreach=True"
            )
        if beta.numel() != 1:
            raise ValueError(f"Tensor betas[{i}] must be 1-element")
    return tuple(beta.squeeze() if beta.dim() else beta for beta in betas)
