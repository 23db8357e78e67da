"""What all schedules share: the count of epochs, and setting the rates.

A schedule brings `get_lr()`, the rates of the present epoch computed from those of the one before
(so that schedules can be chained), and, if there is a formula for them,
`_get_closed_form_lr()`, which serves `step(epoch)`.
"""

from __future__ import annotations

import warnings

from rushlight.optim.optimizer import Optimizer
from rushlight.tensor import Tensor

__all__ = ["LRScheduler"]

_WRONG_ORDER = (
    "Detected call of `lr_scheduler.step()` before `optimizer.step()`. In PyTorch 1.1.0 and later, "
    "you should call them in the opposite order: `optimizer.step()` before `lr_scheduler.step()`.  "
    "Failure to do this will result in PyTorch skipping the first value of the learning rate "
    "schedule. See more details at "
    "https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate"
)
_OVERRIDDEN = (
    "Seems like `optimizer.step()` has been overridden after learning rate scheduler "
    "initialization. Please, make sure to call `optimizer.step()` before `lr_scheduler.step()`. "
    "See more details at "
    "https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate"
)
EPOCH_DEPRECATION_WARNING = (
    "The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where "
    "possible. Please use `scheduler.step()` to step the scheduler. During the deprecation, if "
    "epoch is different from None, the closed form is used instead of the new chainable form, "
    "where available. Please open an issue if you are unable to replicate your use case: "
    "https://github.com/pytorch/pytorch/issues/new/choose."
)


class LRScheduler:
    """Base class of the schedules.

    Args:
        optimizer: whose rates are set.
        last_epoch: the number of the last epoch before; -1: begin at the optimizer's own rates.

    Raises:
        TypeError: `optimizer` is not an Optimizer.
        KeyError: `last_epoch` >= 0, and a group has no `initial_lr`.
    """

    __module__ = "torch.optim.lr_scheduler"

    _is_initial = False
    _get_lr_called_within_step = False

    def __init_subclass__(cls, **kwargs):
        """Rushlight's schedules say that they live where PyTorch's do."""
        super().__init_subclass__(**kwargs)
        if cls.__module__.startswith("rushlight.optim.lr_scheduler."):
            cls.__module__ = LRScheduler.__module__

    def __init__(self, optimizer, last_epoch=-1):
        check_optimizer(optimizer)
        self.optimizer = optimizer
        self._set_initial_rates(last_epoch)
        self.base_lrs = [copied(group["initial_lr"]) for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        note_first_step(optimizer)
        self._initial_step()

    def _set_initial_rates(self, last_epoch):
        for i, group in enumerate(self.optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", copied(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{i}] when resuming "
                    "scheduler with last_epoch >= 0.\n"
                    "This typically happens when:\n"
                    "1. You're trying to resume training from a checkpoint but haven't properly "
                    "loaded the optimizer state\n"
                    "2. You're using last_epoch >= 0 for a fresh training run (not recommended)"
                )

    def _initial_step(self):
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def get_lr(self):
        """The rates of the present epoch; every schedule defines it."""
        raise NotImplementedError

    def get_last_lr(self):
        """The rates that were set last, one for each group."""
        return self._last_lr

    def step(self, epoch=None):
        """Begin the next epoch (or, as in old programs, `epoch`), and set its rates.

        Call it after `optimizer.step()`; it warns where the first call comes before.
        """
        if self._step_count == 1:
            warn_of_wrong_order(self.optimizer)
        self._step_count += 1
        if epoch is not None:
            warnings.warn(EPOCH_DEPRECATION_WARNING, UserWarning, stacklevel=2)
        self._update_lr(epoch)

    def _update_lr(self, epoch=None):
        self._get_lr_called_within_step = True
        try:
            self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
            closed = None if epoch is None else getattr(self, "_get_closed_form_lr", None)
            rates = (closed or self.get_lr)()
        finally:
            self._get_lr_called_within_step = False
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            set_number(group, "lr", rate)
        self._last_lr = self._rates()

    def _rates(self):
        """The rates as they are now, one for each group."""
        return [copied(group["lr"]) for group in self.optimizer.param_groups]

    def _warn_outside_step(self):
        """What `get_lr` says to whom calls it in place of `get_last_lr`."""
        if not self._get_lr_called_within_step:
            warnings.warn(
                "To get the last learning rate computed by the scheduler, please use "
                "`get_last_lr()`.",
                UserWarning,
                stacklevel=3,
            )

    def state_dict(self):
        """Everything but the optimizer, by name, as PyTorch names it."""
        defaults = {"_is_initial": False, "_get_lr_called_within_step": False}
        return {**{k: v for k, v in vars(self).items() if k != "optimizer"}, **defaults}

    def load_state_dict(self, state_dict):
        """Take over what `state_dict()` gave."""
        vars(self).update(state_dict)


class _LRScheduler(LRScheduler):
    """The old name of `LRScheduler`."""


# What the schedules are made of -------------------------------------------------------------------


def check_optimizer(optimizer):
    """Refuse what is no Optimizer."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")


def note_first_step(optimizer):
    """Make the optimizer remember that it has stepped; the first step takes the watch away."""
    if getattr(optimizer, "_opt_called", False) or "step" in vars(optimizer):
        return

    def step(*args, **kwargs):
        if vars(optimizer).get("step") is step:
            del optimizer.step
        optimizer._opt_called = True
        return type(optimizer).step(optimizer, *args, **kwargs)

    step.watches = True
    optimizer.step = step


def warn_of_wrong_order(optimizer):
    """Warn if the optimizer hasn't stepped since its first schedule was made."""
    own = vars(optimizer).get("step")
    if own is not None and not hasattr(own, "watches"):
        warnings.warn(_OVERRIDDEN, UserWarning, stacklevel=3)
    elif not getattr(optimizer, "_opt_called", False):
        warnings.warn(_WRONG_ORDER, UserWarning, stacklevel=3)


def copied(value):
    """A rate; one that is a Tensor, which the optimizer may change, as a copy."""
    return value.clone() if isinstance(value, Tensor) else value


def set_number(group, name, value):
    """Set a group's number; one that is a Tensor is filled, so that it stays the same Tensor."""
    if isinstance(group[name], Tensor):
        group[name].fill_(value.item() if isinstance(value, Tensor) else value)
    else:
        group[name] = value


def for_each_group(name, values, optimizer):
    """One value for each group, given as such or as one for all.

    Raises:
        ValueError: there are more or fewer.
    """
    count = len(optimizer.param_groups)
    if not isinstance(values, (list, tuple)):
        return [values] * count
    if len(values) != count:
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups. "
            f"{name} has {len(values)} values, param_groups has {count}."
        )
    return list(values)
