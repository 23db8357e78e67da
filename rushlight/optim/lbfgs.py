"""L-BFGS, a quasi-Newton method of limited memory."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from rushlight.autograd import enable_grad, no_grad
from rushlight.optim.optimizer import Optimizer, check_lr
from rushlight.tensor import wrap

__all__ = ["LBFGS"]


class LBFGS(Optimizer):
    """Steps along -H g, H being the inverse Hessian as the last gradients and steps suggest it.

    `step` takes a closure that evaluates the model anew and returns the loss, and calls it several
    times. All parameters are in one group.

    Args:
        params: parameters.
        lr: learning rate: the length of a step, or the first length that is tried.
        max_iter: directions in one `step`.
        max_eval: calls of the closure in one `step` (1.25 max_iter by default).
        tolerance_grad: stop where no element of the gradient is larger.
        tolerance_change: stop where parameters or loss change less.
        history_size: steps that are remembered.
        line_search_fn: "strong_wolfe", or None for steps of fixed length.

    Source: D. Liu, J. Nocedal, "On the limited memory BFGS method for large scale optimization"
    (1989); the search: J. Nocedal, S. Wright, "Numerical optimization", algorithms 3.5 and 3.6,
    with cubic interpolation as in M. Schmidt's minFunc.

    >>> import rushlight as torch
    >>> w = torch.tensor([3.0, 4.0], requires_grad=True)
    >>> optimizer = torch.optim.LBFGS([w], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = (w * w).sum()
    ...     loss.backward()
    ...     return loss
    >>> optimizer.step(closure)
    tensor(25., grad_fn=<SumBackward0>)
    >>> bool((w.abs() < 1e-6).all())
    True
    """

    __module__ = "torch.optim.lbfgs"

    def __init__(
        self, params, lr=1, max_iter=20, max_eval=None, tolerance_grad=1e-7,
        tolerance_change=1e-9, history_size=100, line_search_fn=None,
    ):  # fmt: skip
        check_lr(lr)
        super().__init__(params, {
            "lr": lr, "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad, "tolerance_change": tolerance_change,
            "history_size": history_size, "line_search_fn": line_search_fn,
        })  # fmt: skip
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")

    def step(self, closure):
        """Take up to `max_iter` quasi-Newton steps.

        Args:
            closure: evaluates the model anew, calls `backward`, and returns the loss.

        Returns:
            The loss before the first step.
        """
        with no_grad():
            return self._iterate(closure)

    def _iterate(self, closure):
        group = self.numbers_of(self.param_groups[0])
        state = self.state[group["params"][0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)

        def evaluate():
            state["func_evals"] += 1
            with enable_grad():
                return closure()

        first_loss = evaluate()
        begin = state["func_evals"] - 1
        f, g = float(first_loss), self._gather_gradient()
        if abs(g).max() <= group["tolerance_grad"]:
            return first_loss
        for iteration in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            d = self._direction(g, state, group["history_size"])
            first = state["n_iter"] == 1
            t = min(1.0, 1.0 / float(abs(g).sum())) * group["lr"] if first else group["lr"]
            state["prev_flat_grad"], state["prev_loss"] = wrap(g), f
            slope = float(g @ d)
            if slope > -group["tolerance_change"]:
                state["d"], state["t"] = wrap(d), t
                break
            last = iteration == group["max_iter"]
            t, f, g = self._move(evaluate, t, d, Point(0.0, f, g, slope), group, last)
            state["d"], state["t"] = wrap(d), t
            if (
                last
                or state["func_evals"] - begin >= group["max_eval"]
                or abs(g).max() <= group["tolerance_grad"]
                or abs(d * t).max() <= group["tolerance_change"]
                or abs(f - state["prev_loss"]) < group["tolerance_change"]
            ):
                break
        return first_loss

    def _move(self, evaluate, t, d, here, group, last):
        """Go along d: the length of the step, and loss and gradient where it leads."""
        search = group["line_search_fn"]
        if search is None:
            self._set_params(self._gather_params(), t, d)
            if last:  # nobody will look at the gradient
                return t, here.f, here.g
            return t, float(evaluate()), self._gather_gradient()
        if search != "strong_wolfe":
            raise RuntimeError("only 'strong_wolfe' is supported")
        origin = self._gather_params()

        def at(t):
            self._set_params(origin, t, d)
            f, g = float(evaluate()), self._gather_gradient()
            return Point(t, f, g, float(g @ d))

        found = strong_wolfe(at, here, t, float(abs(d).max()))
        self._set_params(origin, found.t, d)
        return found.t, found.f, found.g

    @staticmethod
    def _direction(g, state, history_size):
        """-H g by the two-loop recursion, after taking in the last step."""
        if state["n_iter"] == 1:
            state.update(old_dirs=[], old_stps=[], ro=[], H_diag=1)
            return -g
        ys, ss, ro = state["old_dirs"], state["old_stps"], state["ro"]
        y = g - state["prev_flat_grad"]._array
        s = state["d"]._array * state["t"]
        curvature = y @ s
        if curvature > 1e-10:
            if len(ys) == history_size:
                for history in (ys, ss, ro):
                    history.pop(0)
            ys.append(wrap(y))
            ss.append(wrap(s))
            ro.append(wrap(np.asarray(1 / curvature)))
            state["H_diag"] = wrap(np.asarray(curvature / (y @ y)))
        al = state.setdefault("al", [None] * history_size)
        q = -g
        for i in reversed(range(len(ys))):
            al[i] = wrap(np.asarray((ss[i]._array @ q) * ro[i]._array))
            q -= al[i]._array * ys[i]._array
        diagonal = state["H_diag"]
        r = q * (1 if diagonal == 1 else diagonal._array)
        for i in range(len(ys)):
            r += ss[i]._array * (al[i]._array - (ys[i]._array @ r) * ro[i]._array)
        return r

    # All parameters as one vector; complex ones as their real and imaginary parts

    def _gather(self, tensor_of):
        return np.concatenate([
            _as_real(np.zeros_like(p._array) if tensor_of(p) is None else tensor_of(p)._array)
            for p in self.param_groups[0]["params"]
        ])  # fmt: skip

    def _gather_params(self):
        return self._gather(lambda p: p)

    def _gather_gradient(self):
        return self._gather(lambda p: p._grad)

    def _set_params(self, origin, t, d):
        """Set the parameters to origin + t d."""
        vector = origin + t * d
        begin = 0
        for p in self.param_groups[0]["params"]:
            array = p._array
            size = array.size * (2 if array.dtype.kind == "c" else 1)
            values = vector[begin : begin + size].astype(array.real.dtype, copy=False)
            array[...] = values.view(array.dtype).reshape(array.shape)
            p._counter[0] += 1
            begin += size


def _as_real(array):
    array = np.ascontiguousarray(array).reshape(-1)
    return array.view(array.real.dtype) if array.dtype.kind == "c" else array


# The search along a direction ---------------------------------------------------------------------


class Point(NamedTuple):
    """A point on the line: its place, the loss, the gradient, and the slope along the line."""

    t: float
    f: float
    g: np.ndarray
    slope: float


def strong_wolfe(at, here, t, reach, c1=1e-4, c2=0.9, tolerance_change=1e-9, max_ls=25):
    """A point that fulfils the strong Wolfe conditions, or the best of `max_ls`.

    Args:
        at: the Point at a place on the line.
        here: the Point where the line begins.
        t: the place to try first.
        reach: the largest element of the direction.
        c1, c2: the constants of sufficient decrease and of curvature.
        tolerance_change: stop where the bracket is shorter, times `reach`.
        max_ls: points to try.
    """

    def too_high(new):
        return new.f > here.f + c1 * new.t * here.slope

    def flat_enough(new):
        return abs(new.slope) <= -c2 * here.slope

    before, new = here, at(t)
    for tries in range(max_ls):
        if too_high(new) or (tries > 1 and new.f >= before.f):
            bracket = [before, new]
            break
        if flat_enough(new):
            return new
        if new.slope >= 0:
            bracket = [before, new]
            break
        bounds = new.t + 0.01 * (new.t - before.t), new.t * 10
        before, new = new, at(_lowest_of_cubic(before, new, bounds))
    else:
        return here if here.f <= new.f else new
    return _zoom(at, bracket, too_high, flat_enough, tries, max_ls, tolerance_change / reach)


def _zoom(at, bracket, too_high, flat_enough, tries, max_ls, shortest):
    """Narrow the bracket down until a point within fulfils the conditions."""
    low, high = (0, 1) if bracket[0].f <= bracket[1].f else (1, 0)
    stalled = False
    while tries < max_ls and abs(bracket[1].t - bracket[0].t) >= shortest:
        left, right = sorted(point.t for point in bracket)
        t = _lowest_of_cubic(*bracket, (left, right))
        margin = 0.1 * (right - left)
        near_an_end = min(right - t, t - left) < margin
        if near_an_end and (stalled or t >= right or t <= left):
            t = right - margin if abs(t - right) < abs(t - left) else left + margin
            near_an_end = False
        stalled = near_an_end
        new = at(t)
        tries += 1
        if too_high(new) or new.f >= bracket[low].f:
            bracket[high] = new
            low, high = (0, 1) if bracket[0].f <= bracket[1].f else (1, 0)
            continue
        if flat_enough(new):
            return new
        if new.slope * (bracket[high].t - bracket[low].t) >= 0:
            bracket[high] = bracket[low]
        bracket[low] = new
    return bracket[low]


def _lowest_of_cubic(a, b, bounds):
    """Where the cubic through both points, with their slopes, is lowest within the bounds."""
    d1 = a.slope + b.slope - 3 * (a.f - b.f) / (a.t - b.t)
    square = d1 * d1 - a.slope * b.slope
    if square < 0 or math.isnan(square):
        return (bounds[0] + bounds[1]) / 2.0
    d2 = math.sqrt(square)
    if a.t > b.t:
        a, b = b, a
    t = b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2))
    return min(max(t, bounds[0]), bounds[1])
