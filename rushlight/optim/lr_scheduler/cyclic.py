"""Schedules that rise and fall: cyclic rates, and one cycle."""

from __future__ import annotations

import math

from rushlight.optim.lr_scheduler.base import (
    LRScheduler,
    check_optimizer,
    for_each_group,
    set_number,
)

__all__ = ["CyclicLR", "OneCycleLR"]


class _WithMomentum(LRScheduler):
    """A schedule that may move the momentum against the rate."""

    def _find_momentum(self, optimizer, message):
        """Whether the momentum is Adam's first beta; it has to be something."""
        if "momentum" not in optimizer.defaults and "betas" not in optimizer.defaults:
            raise ValueError(message)
        self.use_beta1 = "betas" in optimizer.defaults

    def _set_momentum(self, group, momentum):
        if self.use_beta1:
            group["betas"] = (momentum, *group["betas"][1:])
        else:
            group["momentum"] = momentum


class CyclicLR(_WithMomentum):
    """Rates that go from `base_lr` up to `max_lr` and back, again and again, batch by batch.

    Args:
        optimizer: whose rates are set.
        base_lr, max_lr: bounds, for all groups or a list of one each.
        step_size_up, step_size_down: batches on the way up, and down (as many, by default).
        mode: "triangular", "triangular2" (half the height in each cycle) or "exp_range" (height
            times gamma^batch).
        gamma: for "exp_range".
        scale_fn: height as a function of the cycle (or of the batch), in place of `mode`.
        scale_mode: "cycle" or "iterations": the argument of `scale_fn`.
        cycle_momentum: move the momentum between `max_momentum` and `base_momentum`, against it.

    Source: L. Smith, "Cyclical learning rates for training neural networks" (2017).
    """

    def __init__(
        self, optimizer, base_lr, max_lr, step_size_up=2000, step_size_down=None,
        mode="triangular", gamma=1.0, scale_fn=None, scale_mode="cycle", cycle_momentum=True,
        base_momentum=0.8, max_momentum=0.9, last_epoch=-1,
    ):  # fmt: skip
        check_optimizer(optimizer)
        base_lrs = for_each_group("base_lr", base_lr, optimizer)
        if last_epoch == -1:
            for lr, group in zip(base_lrs, optimizer.param_groups, strict=True):
                set_number(group, "lr", lr)
        self.max_lrs = for_each_group("max_lr", max_lr, optimizer)
        up = float(step_size_up)
        down = up if step_size_down is None else float(step_size_down)
        self.total_size = up + down
        self.step_ratio = up / self.total_size
        if mode not in ("triangular", "triangular2", "exp_range") and scale_fn is None:
            raise ValueError("mode is invalid and scale_fn is None")
        self.mode = mode
        self.gamma = gamma
        self._scale_fn_custom = scale_fn
        self.scale_mode = scale_mode
        if scale_fn is None:
            self.scale_mode = "iterations" if mode == "exp_range" else "cycle"
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self._begin_momentum(optimizer, base_momentum, max_momentum)
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs

    def _begin_momentum(self, optimizer, base_momentum, max_momentum):
        self._find_momentum(
            optimizer,
            "optimizer must support momentum or beta1 with `cycle_momentum` option enabled",
        )
        self.base_momentums = for_each_group("base_momentum", base_momentum, optimizer)
        self.max_momentums = for_each_group("max_momentum", max_momentum, optimizer)
        for group, low, high in zip(
            optimizer.param_groups, self.base_momentums, self.max_momentums, strict=True
        ):
            self._set_momentum(group, high)
            group["max_momentum"] = high
            group["base_momentum"] = low

    def scale_fn(self, x):
        """The height of a cycle, 1 being the whole way from `base_lr` to `max_lr`."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        if self.mode == "triangular":
            return 1.0
        return 1 / (2.0 ** (x - 1)) if self.mode == "triangular2" else self.gamma**x

    def get_lr(self):
        self._warn_outside_step()
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle
        height = x / self.step_ratio if x <= self.step_ratio else (x - 1) / (self.step_ratio - 1)
        argument = cycle if self.scale_mode == "cycle" else self.last_epoch
        if self.cycle_momentum:
            bounds = zip(self.base_momentums, self.max_momentums, strict=True)
            for group, (low, high) in zip(self.optimizer.param_groups, bounds, strict=True):
                self._set_momentum(group, high - (high - low) * height * self.scale_fn(argument))
        return [
            low + (high - low) * height * self.scale_fn(argument)
            for low, high in zip(self.base_lrs, self.max_lrs, strict=True)
        ]

    def state_dict(self):
        """As `LRScheduler.state_dict`; of `scale_fn` only the attributes of a callable object."""
        state = super().state_dict()
        function = state.pop("_scale_fn_custom", None)
        callable_object = function is not None and not hasattr(function, "__code__")
        state["_scale_fn_custom"] = dict(vars(function)) if callable_object else None
        return state

    def load_state_dict(self, state_dict):
        """Take over what `state_dict()` gave; `scale_fn` stays, with its attributes as saved."""
        state = dict(state_dict)
        attributes = state.pop("_scale_fn_custom", None)
        vars(self).update(state)
        if attributes is not None:
            vars(self._scale_fn_custom).update(attributes)


class OneCycleLR(_WithMomentum):
    """One cycle: rates rise to `max_lr`, then fall far below the first, batch by batch.

    Args:
        optimizer: whose rates are set.
        max_lr: the highest rate, for all groups or a list of one each.
        total_steps: batches in all; or else `epochs` times `steps_per_epoch`.
        pct_start: the part of them on the way up.
        anneal_strategy: "cos" or "linear".
        cycle_momentum: move the momentum from `max_momentum` to `base_momentum` and back.
        div_factor: `max_lr` over the first rate.
        final_div_factor: the first rate over the last.
        three_phase: come down to the first rate as fast as up, and only then fall further.

    Source: L. Smith, N. Topin, "Super-convergence: very fast training of neural networks using
    large learning rates" (2018).
    """

    def __init__(
        self, optimizer, max_lr, total_steps=None, epochs=None, steps_per_epoch=None,
        pct_start=0.3, anneal_strategy="cos", cycle_momentum=True, base_momentum=0.85,
        max_momentum=0.95, div_factor=25.0, final_div_factor=1e4, three_phase=False,
        last_epoch=-1,
    ):  # fmt: skip
        check_optimizer(optimizer)
        self.total_steps = _count_steps(total_steps, epochs, steps_per_epoch)
        if pct_start < 0 or pct_start > 1 or not isinstance(pct_start, float):
            raise ValueError(f"Expected float between 0 and 1 pct_start, but got {pct_start}")
        self._schedule_phases = _phases(self.total_steps, pct_start, three_phase)
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}"
            )
        self._anneal_func_type = anneal_strategy
        highest = for_each_group("max_lr", max_lr, optimizer)
        if last_epoch == -1:
            for group, lr in zip(optimizer.param_groups, highest, strict=True):
                group["initial_lr"] = lr / div_factor
                group["max_lr"] = lr
                group["min_lr"] = group["initial_lr"] / final_div_factor
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self._begin_momentum(optimizer, base_momentum, max_momentum, last_epoch)
        super().__init__(optimizer, last_epoch)

    def _begin_momentum(self, optimizer, base_momentum, max_momentum, last_epoch):
        self._find_momentum(
            optimizer,
            "optimizer must support momentum or beta1 with `cycle_momentum` option enabled",
        )
        lows = for_each_group("base_momentum", base_momentum, optimizer)
        highs = for_each_group("max_momentum", max_momentum, optimizer)
        if last_epoch == -1:
            for group, low, high in zip(optimizer.param_groups, lows, highs, strict=True):
                self._set_momentum(group, high)
                group["max_momentum"] = high
                group["base_momentum"] = low

    def _between(self, start, end, part):
        """The value at this part of the way."""
        if self._anneal_func_type == "cos":
            return end + (start - end) / 2.0 * (math.cos(math.pi * part) + 1)
        return (end - start) * part + start

    def get_lr(self):
        self._warn_outside_step()
        now = self.last_epoch
        if now > self.total_steps:
            raise ValueError(
                f"Tried to step {now} times. The specified number of total steps is "
                f"{self.total_steps}"
            )
        phases = self._schedule_phases
        index = next((i for i, p in enumerate(phases) if now <= p["end_step"]), len(phases) - 1)
        begin = float(phases[index - 1]["end_step"]) if index else 0
        phase = phases[index]
        part = (now - begin) / (phase["end_step"] - begin)
        rates = []
        for group in self.optimizer.param_groups:
            rates.append(self._between(group[phase["start_lr"]], group[phase["end_lr"]], part))
            if self.cycle_momentum:
                ends = group[phase["start_momentum"]], group[phase["end_momentum"]]
                self._set_momentum(group, self._between(*ends, part))
        return rates


def _count_steps(total_steps, epochs, steps_per_epoch):
    if total_steps is not None:
        _check_positive("total_steps", total_steps)
        return total_steps
    if epochs is None or steps_per_epoch is None:
        raise ValueError("You must define either total_steps OR (epochs AND steps_per_epoch)")
    _check_positive("epochs", epochs)
    _check_positive("steps_per_epoch", steps_per_epoch)
    return epochs * steps_per_epoch


def _check_positive(name, value):
    if value <= 0 or not isinstance(value, int):
        raise ValueError(f"Expected positive integer {name}, but got {value}")


def _phases(total_steps, pct_start, three_phase):
    """The stretches of the cycle: where each ends, and between what it goes."""
    up = float(pct_start * total_steps) - 1
    ends = [up, float(2 * pct_start * total_steps) - 2] if three_phase else [up]
    rates = ["initial_lr", "max_lr", "initial_lr", "min_lr"]
    momentums = ["max_momentum", "base_momentum", "max_momentum", "max_momentum"]
    if not three_phase:
        del rates[2], momentums[2]
    return [
        {
            "end_step": end,
            "start_lr": rates[i],
            "end_lr": rates[i + 1],
            "start_momentum": momentums[i],
            "end_momentum": momentums[i + 1],
        }
        for i, end in enumerate([*ends, total_steps - 1])
    ]
