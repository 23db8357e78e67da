"""Muon: momentum made orthogonal, for matrices."""

from __future__ import annotations

import math

from rushlight import dtypes
from rushlight.optim.optimizer import Optimizer, zeros_like
from rushlight.tensor import Tensor, wrap

__all__ = ["Muon"]

_ADJUSTMENTS = ("original", "match_rms_adamw")


class Muon(Optimizer):
    """Momentum whose singular values are all brought near 1; for parameters that are matrices.

    With gradient g and momentum m: b = b + (1 - m) (g - b), u = b (or, with Nesterov's momentum,
    g + m (b - g)); u is made nearly orthogonal by `ns_steps` steps of a polynomial of odd degree in
    bfloat16; p = (1 - r w) p - r a u, where a depends on the matrix's sizes.

    Args:
        params: matrices, or groups of them.
        lr: learning rate r.
        weight_decay: w.
        momentum: m.
        nesterov: use Nesterov's momentum.
        ns_coefficients: of the polynomial a x + b x^3 + c x^5.
        eps: the least norm to divide by.
        ns_steps: how often the polynomial is applied.
        adjust_lr_fn: "original" (the default), a = sqrt(max(1, rows / columns)); or
            "match_rms_adamw", a = 0.2 sqrt(max(rows, columns)).

    Source: K. Jordan, "Muon: an optimizer for hidden layers in neural networks" (2024); the second
    adjustment: J. Liu et al., "Muon is scalable for LLM training" (2025).

    >>> import rushlight as torch
    >>> w = torch.eye(2, requires_grad=True)
    >>> optimizer = torch.optim.Muon([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> bool(w[0, 0] < 1)
    True
    """

    __module__ = "torch.optim._muon"

    def __init__(
        self, params, lr=0.001, weight_decay=0.1, momentum=0.95, nesterov=True,
        ns_coefficients=(3.4445, -4.775, 2.0315), eps=1e-7, ns_steps=5, adjust_lr_fn=None,
    ):  # fmt: skip
        if isinstance(lr, Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        for name, value in (
            ("Learning rate", lr), ("momentum", momentum), ("weight decay", weight_decay),
        ):  # fmt: skip
            if not value >= 0:
                raise ValueError(f"{name} should be >= 0 but is: {value}")
        if adjust_lr_fn is not None and adjust_lr_fn not in _ADJUSTMENTS:
            raise ValueError(f"Adjust learning rate function {adjust_lr_fn} is not supported")
        super().__init__(params, {
            "lr": lr, "weight_decay": weight_decay, "momentum": momentum, "nesterov": nesterov,
            "ns_coefficients": ns_coefficients, "eps": eps, "ns_steps": ns_steps,
            "adjust_lr_fn": adjust_lr_fn,
        })  # fmt: skip
        for group in self.param_groups:
            for p in group["params"]:
                if p.ndim != 2:
                    raise ValueError(
                        "Muon only supports 2D parameters whereas we found a parameter with size: "
                        f"{p.size()}"
                    )

    def _update_complex(self, param, grad, state, numbers):
        raise RuntimeError("Muon does not support complex parameters")

    def update(self, param, grad, state, group):
        if not state:
            state["momentum_buffer"] = zeros_like(param)
        b, m = state["momentum_buffer"]._array, group["momentum"]
        b += (1 - m) * (grad - b)
        direction = grad + m * (b - grad) if group["nesterov"] else b
        u = orthogonalized(
            wrap(direction), group["ns_coefficients"], group["ns_steps"], group["eps"]
        )
        param *= 1 - group["lr"] * group["weight_decay"]
        factor = _adjustment(group["adjust_lr_fn"], *param.shape)
        param -= group["lr"] * factor * u.to(dtypes.of(param))._array


def orthogonalized(matrix, coefficients, steps, eps):
    """A matrix with about the same singular vectors, and singular values near 1, in bfloat16."""
    if steps >= 100:
        raise ValueError("Number of steps must be less than 100 for computational efficiency")
    if len(coefficients) != 3:
        raise ValueError("Coefficients must be a tuple of exactly 3 values")
    a, b, c = map(float, coefficients)
    x = _rounded(matrix)
    tall = x.shape[0] > x.shape[1]
    x = x.T if tall else x
    x = _rounded(x / _rounded(x.norm()).clamp(min=float(eps)))
    for _ in range(steps):
        gram = _rounded(x @ x.T)
        polynomial = _rounded(b * gram + c * (gram @ gram))
        x = _rounded(a * x + polynomial @ x)
    return x.T if tall else x


def _rounded(x):
    """Numbers as bfloat16 has them, in float32: sums of products are rounded once, at the end."""
    return x.to(dtypes.bfloat16).to(dtypes.float32)


def _adjustment(kind, rows, columns):
    """By what the learning rate is multiplied for a matrix of these sizes."""
    if kind == "match_rms_adamw":
        return 0.2 * math.sqrt(max(rows, columns))
    return math.sqrt(max(1, rows / columns))
