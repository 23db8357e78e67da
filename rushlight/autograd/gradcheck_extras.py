"""What `gradcheck` asks besides derivatives: missing gradients, and batches of gradients."""

from __future__ import annotations

import warnings

import numpy as np

from rushlight.autograd.backward import grad
from rushlight.autograd.function import Function
from rushlight.autograd.jacobian import random_tangents
from rushlight.tensor import Tensor, wrap

__all__ = ["check_batched_gradients", "check_batched_tangents", "check_undefined"]

_NOTES = (
    'Please look at "Notes about undefined output gradients" in "tools/autograd/derivatives.yaml"'
)


class UndefinedGrad(Function):
    """The identity, whose gradient is missing."""

    @staticmethod
    def forward(ctx, x):
        return x.view_as(x)

    @staticmethod
    def backward(ctx, gradient):
        return None


def check_undefined(function, inputs, error):
    """Let all gradients of outputs be missing, then one after the other.

    Raises:
        error: a derivative can't deal with it, or makes something of nothing.
    """
    wanted = [x for x in inputs if isinstance(x, Tensor) and x.requires_grad]

    def outputs():
        found = function(*inputs)
        found = found if isinstance(found, (tuple, list)) else (found,)
        return [x for x in found if isinstance(x, Tensor) and x.requires_grad]

    cases = [[UndefinedGrad.apply(x) for x in outputs()]]
    if len(cases[0]) > 1:
        cases += [
            [UndefinedGrad.apply(x) if i == missing else x for i, x in enumerate(outputs())]
            for missing in range(len(cases[0]))
        ]
    for case in cases:
        _check_case(case, wanted, error)


def _check_case(outputs, wanted, error):
    zeros = [wrap(np.zeros_like(x._array)) for x in outputs]
    try:
        found = grad(outputs, wanted, zeros, allow_unused=True)
    except RuntimeError as reason:
        _warn_of_check()
        raise error(
            f"Expected backward function to handle undefined output grads. {_NOTES}"
        ) from reason
    if any(g is not None and (g._array != 0).any() for g in found):
        _warn_of_check()
        raise error(
            "Expected all input grads to be undefined or zero when all output grads are undefined "
            f"or zero. {_NOTES}"
        )


def _warn_of_check():
    warnings.warn(
        "Backwards compatibility: New undefined gradient support checking feature is enabled by "
        "default, but it may break existing callers of this function. If this is true for you, you "
        'can call this function with "check_undefined_grad=False" to disable the feature',
        UserWarning,
        stacklevel=2,
    )


def check_batched_gradients(output, wanted, error):
    """A batched backward pass must give what single passes give."""
    given = random_tangents(output)
    expected = [grad(output, wanted, wrap(g), retain_graph=True, allow_unused=True) for g in given]
    try:
        found = grad(
            output,
            wanted,
            wrap(np.stack(given)),
            retain_graph=True,
            allow_unused=True,
            is_grads_batched=True,
        )
    except RuntimeError as reason:
        raise error(f"While computing batched gradients, got: {reason}") from reason
    for number, batch in enumerate(found):
        _compare_batch(number, batch, [each[number] for each in expected], error)


def _compare_batch(number, batch, singles, error):
    from rushlight.ops.turned import array_of

    if batch is None:
        return
    stacked = np.stack([array_of(each) for each in singles])
    if not np.allclose(array_of(batch), stacked):
        raise error(
            f"For input {number}, batched gradients differ from single ones:\n\n"
            f"Got:\n{batch}\n\nExpected:\n{wrap(stacked)}\n"
        )


def check_batched_tangents(function, inputs, error):
    """A batched forward pass must give what single passes give."""
    from rushlight.autograd.jacobian import tangents_of_outputs
    from rushlight.func import vmap

    for x in inputs:
        if not (isinstance(x, Tensor) and x.requires_grad):
            continue

        def push(tangent, x=x):
            pairs = tangents_of_outputs(function, inputs, x, tangent)
            return tuple(pair.tangent for pair in pairs if pair.tangent is not None)

        given = [wrap(each) for each in random_tangents(x)]
        singles = [push(each) for each in given]
        try:
            batches = vmap(push)(wrap(np.stack([each._array for each in given])))
        except RuntimeError as reason:
            raise error(
                f"While computing batched gradients of forward mode, got: {reason}"
            ) from reason
        for number, batch in enumerate(batches):
            _compare_batch(number, batch, [each[number] for each in singles], error)
