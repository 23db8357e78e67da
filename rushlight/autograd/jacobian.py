"""Matrices of derivatives for `gradcheck`: from differences, and from the rules.

A Jacobian of an output with respect to an input has a row for each element of the input and a
column for each element of the output, which is real. Where the input is complex, the entries are
df/dx + i df/dy: that is what a backward pass gives.
"""

from __future__ import annotations

import numpy as np

from rushlight.autograd.backward import grad
from rushlight.autograd.tape import modes
from rushlight.tensor import as_array, wrap

__all__ = [
    "analytical_jacobian",
    "analytical_product",
    "forward_jacobian",
    "forward_product",
    "numerical_jacobian",
    "numerical_product",
    "random_directions",
    "tangents_of_outputs",
]


def _values(tensors):
    return [np.array(x._array, copy=True) for x in tensors]


def _central_difference(function, array, index, step):
    """The change of the outputs per step, at one element of an input."""
    before = array[index]
    array[index] = before - step
    low = _values(function())
    array[index] = before + step
    high = _values(function())
    array[index] = before
    return [(h - l) / (2 * abs(step)) for h, l in zip(high, low, strict=True)]


def numerical_jacobian(function, inputs, eps):
    """For each output of `function()`, its Jacobians by the inputs, from differences.

    The inputs are changed in place, element by element, and restored.
    """
    sizes = [x._array.size for x in _detached(function())]
    found = [[np.zeros((x._array.size, size), x._array.dtype) for x in inputs] for size in sizes]
    for number, x in enumerate(inputs):
        array = x._array
        for row, index in enumerate(np.ndindex(array.shape)):
            change = _central_difference(function, array, index, eps)
            if array.dtype.kind == "c":
                along_imaginary = _central_difference(function, array, index, eps * 1j)
                change = [a + 1j * b for a, b in zip(change, along_imaginary, strict=True)]
            for output, each in enumerate(change):
                found[output][number][row] = each.reshape(-1)
    return found


def _detached(tensors):
    return [x.detach() for x in tensors]


def analytical_jacobian(output, inputs):
    """The Jacobians of one output by the inputs, from one backward pass for each element.

    Returns:
        The matrices; and whether all gradients had the shape and the dtype of their input.
    """
    size = output._array.size
    found = [np.zeros((x._array.size, size), x._array.dtype) for x in inputs]
    fit = [True, True]
    for column in range(size):
        one = np.zeros(output._array.shape, output._array.dtype)
        one.reshape(-1)[column] = 1
        for matrix, gradient in zip(found, _gradients(output, inputs, one, fit), strict=True):
            if gradient is not None:
                matrix[:, column] = gradient.reshape(-1)
    return found, fit


def _gradients(output, inputs, weights, fit):
    """The gradients as arrays; None for those that don't exist or don't fit."""
    gradients = grad(output, inputs, wrap(weights), retain_graph=True, allow_unused=True)
    arrays = []
    for x, gradient in zip(inputs, gradients, strict=True):
        if gradient is None:
            arrays.append(None)
            continue
        fit[1] = fit[1] and gradient.dtype is x.dtype
        shapes_fit = gradient.shape == x.shape
        fit[0] = fit[0] and shapes_fit
        arrays.append(gradient._array if shapes_fit else None)
    return arrays


# Products with random vectors ---------------------------------------------------------------------


def random_directions(tensors, unit=True):
    """A random array like each tensor; of length 1 if `unit`, with positive elements."""
    made = []
    for x in tensors:
        shape, kind = x._array.shape, x._array.dtype
        draw = _uniform(x._array.size).reshape(shape)
        if kind.kind == "c":
            draw = draw + 1j * _uniform(x._array.size).reshape(shape)
        length = np.linalg.norm(draw) if unit else 1
        made.append(as_array(draw / (length or 1)).astype(kind))
    return made


def _uniform(count):
    from rushlight.dtypes import float64
    from rushlight.ops import rand

    return rand(count, dtype=float64)._array


def _inner(a, b):
    """The sum of products of two arrays, real: each real and each imaginary part counts."""
    return float(np.sum(np.real(a) * np.real(b)) + np.sum(np.imag(a) * np.imag(b)))


def numerical_product(function, inputs, eps, directions, weights):
    """For each input, the change of the weighted output per step in a direction."""
    found = []
    for x, direction in zip(inputs, directions, strict=True):
        array = x._array
        before = array.copy()
        values = []
        for step in (eps, -eps):
            array[...] = before + step * direction
            values.append(_inner(function().detach()._array, weights))
        array[...] = before
        found.append(np.float64((values[0] - values[1]) / (2 * eps)))
    return found


def analytical_product(output, inputs, directions, weights):
    """The same from one backward pass, and whether the gradients fit."""
    fit = [True, True]
    gradients = _gradients(output, inputs, weights, fit)
    found = [
        np.float64(0 if g is None else _inner(g, direction))
        for g, direction in zip(gradients, directions, strict=True)
    ]
    return found, fit


# Forward mode -------------------------------------------------------------------------------------


def tangents_of_outputs(function, inputs, x, tangent):
    """What forward mode gives for each output where one input moves."""
    from rushlight.autograd.forward_ad import dual_level, make_dual, unpack_dual

    with dual_level():
        args = [make_dual(_leaf_like(y), tangent) if y is x else y for y in inputs]
        outputs = function(*args)
        outputs = outputs if isinstance(outputs, (tuple, list)) else (outputs,)
        return [unpack_dual(output) for output in outputs if hasattr(output, "_array")]


def _leaf_like(x):
    """A leaf of the same value, which requires grad as `x` does (a transform decides itself)."""
    leaf = x.detach()
    return leaf if modes.layers else leaf.requires_grad_(x.requires_grad)


def forward_jacobian(function, inputs, wanted, part):
    """For each differentiable output, its Jacobians by the inputs, from forward mode.

    `part` takes the real or the imaginary part of an array.
    """
    found = None
    for number, x in enumerate(wanted):
        for row, index in enumerate(np.ndindex(x._array.shape)):
            tangent = np.zeros_like(x._array)
            tangent[index] = 1
            columns = _columns(function, inputs, x, tangent, part)
            if tangent.dtype.kind == "c":
                tangent[index] = 1j
                along = _columns(function, inputs, x, tangent, part)
                columns = [a + 1j * b for a, b in zip(columns, along, strict=True)]
            if found is None:
                found = [
                    [np.zeros((y._array.size, c.size), y._array.dtype) for y in wanted]
                    for c in columns
                ]
            for output, column in enumerate(columns):
                found[output][number][row] = column
    return found


def _columns(function, inputs, x, tangent, part):
    """The tangents of the differentiable outputs, flat; zeros where there is none."""
    columns = []
    for primal, out_tangent in tangents_of_outputs(function, inputs, x, wrap(tangent)):
        array = primal._array
        if array.dtype.kind in "fcV":
            given = np.zeros_like(array) if out_tangent is None else out_tangent._array
            columns.append(part(given).reshape(-1))
    return columns


def forward_product(function, index, inputs, wanted, directions, weights, part):
    """For each input, the weighted tangent of one output where the input moves in a direction."""
    found = []
    for x, direction in zip(wanted, directions, strict=True):
        column = _columns(function, inputs, x, direction, part)[index]
        found.append(np.float64(_inner(column, weights.reshape(-1))))
    return found
