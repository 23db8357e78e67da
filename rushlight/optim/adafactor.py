"""Adafactor."""

from __future__ import annotations

import numpy as np

from rushlight.optim.optimizer import Optimizer, first_count, larger, number, zeros_like
from rushlight.tensor import Tensor, wrap

__all__ = ["Adafactor"]


class Adafactor(Optimizer):
    """Adam's second moments at the memory of a row and a column for each matrix.

    With gradient g at step t and b = t^beta2_decay, averages R and C of the mean squares of rows
    and columns, R = R + b (mean g^2 - R) and likewise C, give V = R C / mean(R) (vectors keep V
    itself). u = g / sqrt(V), p = p - a u / max(1, rms(u) / d), a = max(eps2, rms(p)) min(r, 1 /
    sqrt(t)).

    Args:
        params: parameters, or groups of them.
        lr: r, the highest relative step size.
        beta2_decay: as above.
        eps: (eps1, eps2); V is at least eps1^2 (by default, the dtype's precision).
        d: the highest root mean square of u.
        weight_decay: w; p becomes p - r w p.
        maximize: climb instead of descending.
        foreach: accepted as in PyTorch, without effect.

    Source: N. Shazeer, M. Stern, "Adafactor: adaptive learning rates with sublinear memory cost"
    (2018).

    >>> import rushlight as torch
    >>> w = torch.tensor([1.0], requires_grad=True)
    >>> optimizer = torch.optim.Adafactor([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.9000], requires_grad=True)
    """

    __module__ = "torch.optim._adafactor"

    def __init__(
        self, params, lr=0.01, beta2_decay=-0.8, eps=(None, 0.001), d=1.0, weight_decay=0.0, *,
        foreach=None, maximize=False,
    ):  # fmt: skip
        if isinstance(lr, Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        _check("Learning rate", lr, lr >= 0, 0)
        _check("beta2_decay", beta2_decay, beta2_decay <= 0, 0, "<=")
        _check("epsilon1", eps[0], eps[0] is None or eps[0] >= 0, 0)
        _check("epsilon2", eps[1], eps[1] >= 0, 0)
        _check("Clipping threshold d", d, d >= 1, 1)
        _check("weight_decay", weight_decay, weight_decay >= 0, 0)
        super().__init__(params, {
            "lr": lr, "beta2_decay": beta2_decay, "eps": eps, "d": d,
            "weight_decay": weight_decay, "foreach": foreach, "maximize": maximize,
        })  # fmt: skip

    def update(self, param, grad, state, group):
        if not state:
            self.begin(param, state)
        count = state["step"]._array
        count += 1
        t, lr = number(count), group["lr"]
        least, eps2 = group["eps"]
        least = np.finfo(param.dtype).eps.item() if least is None else least
        scale = larger(eps2, _rms(param)) * -larger(-lr, -(t**-0.5))
        if group["weight_decay"]:
            param *= 1 - lr * group["weight_decay"]
        variance = self.second_moment(grad, state, t ** group["beta2_decay"], least)
        u = grad / np.sqrt(np.maximum(variance, least * least))
        param -= scale / larger(1.0, _rms(u) / group["d"]) * u

    def _update_complex(self, param, grad, state, numbers):
        raise RuntimeError("Adafactor does not support complex parameters")

    @staticmethod
    def begin(param, state):
        """The state of a parameter before its first step."""
        state["step"] = first_count()
        if param.ndim > 1:
            state["row_var"] = wrap(np.zeros_like(param[..., :1]))
            state["col_var"] = wrap(np.zeros_like(param[..., :1, :]))
        else:
            state["variance"] = zeros_like(param)

    @staticmethod
    def second_moment(grad, state, part, least):
        """V, from the averages, which move by `part` towards the squares of the gradient."""
        square = grad * grad
        if grad.ndim <= 1:
            variance = state["variance"]._array
            variance += part * (square - variance)
            return variance
        rows, columns = state["row_var"]._array, state["col_var"]._array
        rows += part * (square.mean(axis=-1, keepdims=True) - rows)
        columns += part * (square.mean(axis=-2, keepdims=True) - columns)
        return rows * columns / np.maximum(rows.mean(axis=-2, keepdims=True), least)


def _rms(array):
    """The root of the mean square."""
    return number(np.vdot(array, array) / array.size) ** 0.5


def _check(name, value, ok, bound, relation=">="):
    if not ok:
        raise ValueError(f"{name} should be {relation} {bound} but is: {value}")
