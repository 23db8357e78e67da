"""Matrices of derivatives for `gradcheck`: from differences, and from the rules.

A Jacobian of an output with respect to an input has a row for each element of the input and a
column for each element of the output, which is real. Where the input is complex, the entries are
df/dx + i df/dy: that is what a backward pass gives.
"""

from __future__ import annotations

import numpy as np

from rushlight.autograd.backward import grad
from rushlight.autograd.tape import modes
from rushlight.tensor import wrap

__all__ = [
    "analytical_jacobian",
    "analytical_product",
    "forward_jacobian",
    "forward_products",
    "numerical_jacobian",
    "numerical_products",
    "random_directions",
    "random_tangents",
    "tangents_of_outputs",
]


def _central_difference(function, array, index, step, eps):
    """The change of each output of `function()` per eps, flat, as a part of an input moves.

    The input is changed in place, and restored.
    """
    before = np.array(array[index], copy=True)
    sides = []
    try:
        for moved in (before - step, before + step):
            array[index] = moved
            sides.append([x.detach().clone() for x in function()])
    finally:
        array[index] = before
    return [(high - low)._array.reshape(-1) / (2 * eps) for low, high in zip(*sides, strict=True)]


def numerical_jacobian(function, inputs, eps):
    """For each output of `function()`, its Jacobians by the inputs, from differences."""
    sizes = [x._array.size for x in function()]
    found = [[np.zeros((x._array.size, size), x._array.dtype) for x in inputs] for size in sizes]
    for number, x in enumerate(inputs):
        array = x._array
        for row, index in enumerate(np.ndindex(array.shape)):
            change = _central_difference(function, array, index, eps, eps)
            if array.dtype.kind == "c":
                along_imaginary = _central_difference(function, array, index, eps * 1j, eps)
                change = [a + 1j * b for a, b in zip(change, along_imaginary, strict=True)]
            for output, each in enumerate(change):
                found[output][number][row] = each
    return found


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


def random_directions(tensors, generator):
    """A random vector of length 1 for each tensor, flat, its elements positive.

    That of a complex tensor is complex: one vector for its real part, one for the imaginary part.
    """
    directions = []
    for x in tensors:
        direction = _unit_vector(x, generator)
        if x.is_complex():
            direction = direction + 1j * _unit_vector(x, generator)
        directions.append(direction)
    return directions


def _unit_vector(x, generator):
    from rushlight.ops import rand

    drawn = rand(x._array.size, generator=generator)._array
    drawn = drawn.astype(x._array.real.dtype)
    return drawn / (np.linalg.norm(drawn) or 1)


def numerical_products(function, inputs, eps, directions):
    """For each input, the change of each output of `function()` per step in a direction, flat."""
    found = []
    for x, direction in zip(inputs, directions, strict=True):
        array = x._array
        steps = eps * direction.reshape(array.shape)
        change = _central_difference(function, array, ..., steps.real, eps)
        if x.is_complex():
            along = _central_difference(function, array, ..., 1j * steps.imag, eps)
            change = [a + 1j * b for a, b in zip(change, along, strict=True)]
        found.append(change)
    return found


def analytical_product(output, inputs, directions, weights):
    """The derivatives of the weighted output in these directions, from one backward pass.

    Returns:
        The products; and whether all gradients had the shape and the dtype of their input.
    """
    fit = [True, True]
    weights = weights.reshape(output._array.shape).astype(output._array.dtype)
    gradients = _gradients(output, inputs, weights, fit)
    found = [
        np.float64(0) if g is None else _product(g.reshape(-1), direction)
        for g, direction in zip(gradients, directions, strict=True)
    ]
    return found, fit


def _product(gradient, direction):
    real = gradient.real @ direction.real
    return real + 1j * (gradient.imag @ direction.imag) if direction.dtype.kind == "c" else real


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
    """For each output, its Jacobians by the inputs, from forward mode.

    `part` takes the real or the imaginary part of an array of complex numbers.
    """
    found = None
    for number, x in enumerate(wanted):
        for row, index in enumerate(np.ndindex(x._array.shape)):
            tangent = np.zeros_like(x._array)
            tangent[index] = 1
            columns = _columns(function, inputs, x, tangent, part)
            if tangent.dtype.kind == "c":
                along = _columns(function, inputs, x, 1j * tangent, part)
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
    """The tangents of the outputs, flat; zeros where there is none."""
    from rushlight.ops.turned import array_of

    columns = []
    for primal, out_tangent in tangents_of_outputs(function, inputs, x, wrap(tangent)):
        given = array_of(primal if out_tangent is None else out_tangent)
        given = np.zeros_like(given) if out_tangent is None else given
        columns.append((part(given) if given.dtype.kind == "c" else given).reshape(-1))
    return columns


def forward_products(function, inputs, wanted, directions, part):
    """For each input, the tangent of each output, flat, where the input moves in a direction."""
    found = []
    for x, direction in zip(wanted, directions, strict=True):
        direction = direction.reshape(x._array.shape)
        columns = _columns(function, inputs, x, direction.real.astype(x._array.dtype), part)
        if x.is_complex():
            along = _columns(function, inputs, x, 1j * direction.imag, part)
            columns = [a + 1j * b for a, b in zip(columns, along, strict=True)]
        found.append(columns)
    return found


def random_tangents(x):
    """Two random arrays like a tensor, from the stream that `torch.manual_seed` sets."""
    from rushlight.ops import randn

    return [randn(x.shape, dtype=x.dtype)._array for _ in range(2)]
