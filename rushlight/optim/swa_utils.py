"""Averages of a model's weights along its training: SWA and EMA.

Source: P. Izmailov et al., "Averaging weights leads to wider optima and better generalization"
(2018); B. Polyak, A. Juditsky, "Acceleration of stochastic approximation by averaging" (1992).
"""

from __future__ import annotations

import math
from copy import deepcopy
from itertools import chain

from rushlight import ops
from rushlight.autograd import no_grad
from rushlight.dtypes import int64
from rushlight.nn import Module
from rushlight.nn.batchnorm import _BatchNorm
from rushlight.optim.lr_scheduler.base import LRScheduler, for_each_group

__all__ = [
    "SWALR",
    "AveragedModel",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]


# Ways to average ----------------------------------------------------------------------------------


def _check_decay(decay):
    if not 0.0 <= decay <= 1.0:
        raise ValueError(
            f"Invalid decay value {decay} provided. Please provide a value in [0,1] range."
        )


def _over_lists(average):
    """A way to average that takes all tensors at once, and changes the averages in place."""

    def update(averaged, current, num_averaged):
        with no_grad():
            for mean, value in zip(averaged, current, strict=True):
                mean.copy_(average(mean, value, num_averaged))

    return update


def get_ema_avg_fn(decay=0.999):
    """Averages that forget: decay * average + (1 - decay) * present value.

    >>> import rushlight as torch
    >>> average = torch.optim.swa_utils.get_ema_avg_fn(0.5)
    >>> average(torch.tensor(1.0), torch.tensor(3.0), 1)
    tensor(2.)
    """
    _check_decay(decay)

    def ema_update(ema_param, current_param, num_averaged):
        return decay * ema_param + (1 - decay) * current_param

    return ema_update


def get_swa_avg_fn():
    """Averages in which all values count alike."""

    def swa_update(averaged_param, current_param, num_averaged):
        return averaged_param + (current_param - averaged_param) / (num_averaged + 1)

    return swa_update


def get_ema_multi_avg_fn(decay=0.999):
    """`get_ema_avg_fn` for lists of tensors, in place."""
    return _over_lists(get_ema_avg_fn(decay))


def get_swa_multi_avg_fn():
    """`get_swa_avg_fn` for lists of tensors, in place."""
    return _over_lists(get_swa_avg_fn())


# Averaged models ----------------------------------------------------------------------------------


class AveragedModel(Module):
    """A copy of a model whose parameters are averages of those that the model had.

    Args:
        model: the model in training.
        device: where the copy lives.
        avg_fn: (average, present value, number of values so far) -> new average; by default all
            values count alike.
        multi_avg_fn: or else the same for lists, in place.
        use_buffers: average the buffers too; otherwise they are those of the model.

    >>> import rushlight as torch
    >>> model = torch.nn.Linear(1, 1, bias=False)
    >>> averaged = torch.optim.swa_utils.AveragedModel(model)
    >>> for value in (1.0, 2.0, 6.0):
    ...     _ = torch.nn.init.constant_(model.weight, value)
    ...     averaged.update_parameters(model)
    >>> averaged(torch.ones(1)).item()
    3.0
    """

    def __init__(self, model, device=None, avg_fn=None, multi_avg_fn=None, use_buffers=False):
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("Only one of avg_fn and multi_avg_fn should be provided")
        self.module = deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", ops.tensor(0, dtype=int64, device=device))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args, **kwargs):
        return self.module(*args, **kwargs)

    def _averaged(self, model):
        """What is averaged of a model."""
        buffers = model.buffers() if self.use_buffers else ()
        return [x.detach() for x in chain(model.parameters(), buffers)]

    def update_parameters(self, model):
        """Take the model's present parameters into the averages."""
        means, values = self._averaged(self.module), self._averaged(model)
        if self.n_averaged == 0:
            for mean, value in zip(means, values, strict=True):
                mean.copy_(value)
        elif self.multi_avg_fn is not None:
            self.multi_avg_fn(means, values, self.n_averaged)
        else:
            _over_lists(self.avg_fn or get_swa_avg_fn())(means, values, self.n_averaged)
        if not self.use_buffers:
            for own, given in zip(self.module.buffers(), model.buffers(), strict=True):
                own.detach().copy_(given.detach())
        self.n_averaged += 1


AveragedModel.__module__ = "torch.optim.swa_utils"


@no_grad()
def update_bn(loader, model, device=None):
    """Let the batch norms of a model gather their statistics anew, by one pass over the data.

    Args:
        loader: batches: tensors, or tuples that begin with one.
        model: its batch norms get the averages over all batches.
        device: where batches go.
    """
    norms = [module for module in model.modules() if isinstance(module, _BatchNorm)]
    for module in norms:
        module.reset_running_stats()
    if not norms:
        return
    momenta = [module.momentum for module in norms]
    was_training = model.training
    model.train()
    for module in norms:
        module.momentum = None
    for batch in loader:
        input = batch[0] if isinstance(batch, (list, tuple)) else batch
        model(input if device is None else input.to(device))
    for module, momentum in zip(norms, momenta, strict=True):
        module.momentum = momentum
    model.train(was_training)


# The rate for averaging ---------------------------------------------------------------------------


class SWALR(LRScheduler):
    """Rates that go to `swa_lr` within `anneal_epochs`, and stay there.

    Args:
        optimizer: whose rates are set.
        swa_lr: the last rate, or one for each group.
        anneal_epochs: how many epochs it takes.
        anneal_strategy: along half a cosine ("cos") or a line ("linear").
        last_epoch: the number of the last epoch before; -1 at the beginning.

    >>> import rushlight as torch
    >>> optimizer = torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=1.0)
    >>> schedule = torch.optim.swa_utils.SWALR(
    ...     optimizer, swa_lr=0.5, anneal_epochs=2, anneal_strategy="linear"
    ... )
    >>> for _ in range(3):
    ...     optimizer.step()
    ...     schedule.step()
    ...     print(schedule.get_last_lr())
    [0.75]
    [0.5]
    [0.5]
    """

    __module__ = "torch.optim.swa_utils"

    def __init__(self, optimizer, swa_lr, anneal_epochs=10, anneal_strategy="cos", last_epoch=-1):
        for group, rate in zip(
            optimizer.param_groups,
            for_each_group("swa_lr", swa_lr, optimizer),
            strict=True,
        ):
            group["swa_lr"] = rate
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}"
            )
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        self._anneal_strategy = anneal_strategy
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def _share(self, step):
        """How much of `swa_lr` there is in the rate after so many steps."""
        t = max(0, min(1, step / max(1, self.anneal_epochs)))
        return t if self._anneal_strategy == "linear" else (1 - math.cos(math.pi * t)) / 2

    def get_lr(self):
        """The rates of the present epoch; the first rates follow from those of the one before."""
        self._warn_outside_step()
        step = self._step_count - 1
        step = max(1, step) if self.anneal_epochs == 0 else step
        before, now = self._share(step - 1), self._share(step)
        rates = []
        for group in self.optimizer.param_groups:
            last = group["swa_lr"]
            first = last if before == 1 else (group["lr"] - before * last) / (1 - before)
            rates.append(last * now + first * (1 - now))
        return rates
