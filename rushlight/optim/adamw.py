"""AdamW."""

from __future__ import annotations

from rushlight.optim.adam import Adam

__all__ = ["AdamW"]


class AdamW(Adam):
    """Adam with decoupled weight decay: p = p - r w p before each step.

    Arguments as `Adam`, `weight_decay` being 0.01 by default.

    Source: I. Loshchilov, F. Hutter, "Decoupled weight decay regularization" (2019).
    """

    __module__ = "torch.optim.adamw"

    def __init__(
        self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01, amsgrad=False, *,
        maximize=False, foreach=None, capturable=False, differentiable=False, fused=None,
    ):  # fmt: skip
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, foreach=foreach, maximize=maximize,
            capturable=capturable, differentiable=differentiable, fused=fused,
            decoupled_weight_decay=True,
        )  # fmt: skip
