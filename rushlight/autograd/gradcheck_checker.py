"""One check of derivatives against differences, as `gradcheck` makes it."""

from __future__ import annotations

import warnings

import numpy as np

from rushlight.autograd.backward import grad
from rushlight.autograd.gradcheck_extras import check_batched_gradients, check_batched_tangents
from rushlight.autograd.jacobian import (
    analytical_jacobian,
    analytical_product,
    forward_jacobian,
    forward_products,
    numerical_jacobian,
    numerical_products,
    random_directions,
)
from rushlight.random import Generator
from rushlight.tensor import Tensor, as_array, wrap

__all__ = ["Checker", "GradcheckError", "as_tuple", "differentiable"]


class GradcheckError(RuntimeError):
    """A derivative that is wrong."""

    __module__ = "torch.autograd.gradcheck"


def as_tuple(x):
    """A sequence as a tuple; anything else as a tuple of one."""
    return tuple(x) if isinstance(x, (tuple, list)) else (x,)


def differentiable(outputs):
    """The outputs that require grad."""
    return tuple(x for x in as_tuple(outputs) if x.requires_grad)


def agree(once, again, tolerance):
    """Whether what two backward passes gave is the same, up to a tolerance."""
    pairs = zip(once, again, strict=True)
    return all(np.allclose(a, b, 0, tolerance, equal_nan=True) for a, b in pairs)


class Checker:
    """One check: the function, where it is checked, and how strictly."""

    dtypes = False

    def __init__(self, func, inputs, eps, atol, rtol, nondet_tol, fast_mode):
        self.function = func
        self.inputs = inputs
        self.eps = eps
        self.atol = atol
        self.rtol = rtol
        self.nondet_tol = nondet_tol
        self.fast_mode = fast_mode
        self.wanted = [x for x in inputs if isinstance(x, Tensor) and x.requires_grad]

    def check_inputs(self):
        """Refuse inputs for which differences mean nothing."""
        for index, x in enumerate(self.inputs):
            if not (isinstance(x, Tensor) and x.requires_grad):
                continue
            if x.is_sparse:
                raise RuntimeError(
                    "gradcheck moves the elements of dense inputs: check the function of "
                    "x.to_sparse() by a dense x instead"
                )
            if x._array.dtype.char not in "dD":
                warnings.warn(
                    f"Input #{index} requires gradient and is not a double precision floating "
                    "point or complex. This check will likely fail if all the inputs are not of "
                    "double precision floating point or complex. ",
                    UserWarning,
                    stacklevel=3,
                )
            if any(s == 0 and n > 1 for s, n in zip(x.stride(), x.shape, strict=True)):
                raise RuntimeError(
                    f"The {index}th input has a dimension with stride 0. gradcheck only supports "
                    "inputs that are non-overlapping to be able to compute the numerical gradients "
                    "correctly. You should call .contiguous on the input before passing it to "
                    "gradcheck."
                )
        if not self.wanted:
            raise ValueError(
                "gradcheck expects at least one input tensor to require gradient, but none of "
                "them have requires_grad=True."
            )

    def outputs(self):
        """The outputs that can be differentiated, computed anew."""
        return differentiable(self.function(*self.inputs))

    def check_jacobians(self, forward, backward):
        """Compare derivatives and differences of the imaginary, then of the real parts."""
        outputs = self.outputs()
        if not outputs:
            self.check_constant()
            return
        for part in ("imaginary", "real"):
            if part == "real" or any(x.is_complex() for x in outputs):
                if backward:
                    self.compare(part, forward=False)
                if forward:
                    self.compare(part, forward=True)

    def check_constant(self):
        """An output that claims to be no function of the inputs must not change with them.

        Those of integers may; bool ones can't be subtracted, and are refused.
        """

        def outputs():
            return as_tuple(self.function(*self.inputs))

        found = numerical_jacobian(outputs, self.wanted, self.eps)
        for output, jacobians in zip(outputs(), found, strict=True):
            if not (output.is_floating_point() or output.is_complex()):
                continue
            if any(np.abs(jacobian).max(initial=0) > self.atol for jacobian in jacobians):
                raise GradcheckError("Numerical gradient for function expected to be zero")

    def compare(self, part, forward):
        """Compare the derivatives of one part of the outputs with their differences."""

        def outputs():
            return [_part(x, part) for x in as_tuple(self.function(*self.inputs))]

        pairs = self.in_fast_mode if self.fast_mode else self.in_full
        for output, index, numerical, analytical, atol in pairs(outputs, part, forward):
            if not np.allclose(analytical, numerical, self.rtol, atol, equal_nan=True):
                which = f"output {output} with respect to input {index}"
                mode = "computed with forward mode " if forward else ""
                text = f"{self.prefix(output, part)}Jacobian {mode}mismatch for {which},\n"
                text += f"numerical:{_shown(numerical)}\nanalytical:{_shown(analytical)}\n"
                if self.fast_mode:
                    text += self.in_slow_mode(outputs, part, forward, output, index)
                raise GradcheckError(text)

    def prefix(self, output, part):
        """Of which part of a complex output an error speaks."""
        if self.outputs()[output].is_complex():
            return f"While considering the {part} part of complex outputs only, "
        return ""

    def in_full(self, outputs, part, forward):
        """For each output and input: the differences and the derivatives, as matrices."""
        places = _places(outputs())
        numerical = numerical_jacobian(outputs, self.wanted, self.eps)
        if forward:
            found = forward_jacobian(self.function, self.inputs, self.wanted, _PARTS[part])
        for output, place in enumerate(places):
            analytical = found[place] if forward else self.backward_jacobian(outputs()[place])
            for index, pair in enumerate(zip(numerical[place], analytical, strict=True)):
                yield output, index, *pair, self.atol

    def backward_jacobian(self, output):
        """The Jacobians of one output by a backward pass for each of its elements."""
        found, kinds = analytical_jacobian(output, self.wanted)
        self.check_kinds(kinds)
        self.check_reentrant(found, analytical_jacobian(output, self.wanted)[0])
        return found

    def in_fast_mode(self, outputs, part, forward):
        """For each input and output: both sides multiplied by random directions.

        The directions come from a generator of their own, the same ones in each check.
        """
        generator, present = Generator(), outputs()
        places = _places(present)
        directions = random_directions(self.wanted, generator)
        weights = (
            [1] * len(places)
            if forward
            else random_directions([present[place] for place in places], generator)
        )
        numerical = numerical_products(outputs, self.wanted, self.eps, directions)
        if forward:
            found = forward_products(
                self.function, self.inputs, self.wanted, directions, _PARTS[part]
            )
            analytical = [[each[place] for place in places] for each in found]
        else:
            rows = [
                self.backward_product(present[p], directions, w) for p, w in zip(places, weights)
            ]
            analytical = list(zip(*rows, strict=True))
        for index, direction in enumerate(directions):
            for output, (place, weight) in enumerate(zip(places, weights, strict=True)):
                change = numerical[index][place]
                expected = change if forward else change @ weight
                atol = self.atol * float(direction.real.sum()) * float(np.sum(weight))
                yield output, index, expected, analytical[index][output], atol

    def backward_product(self, output, directions, weights):
        """The derivatives of one weighted output in the directions, by one backward pass."""
        found, kinds = analytical_product(output, self.wanted, directions, weights)
        self.check_kinds(kinds)
        again, _ = analytical_product(output, self.wanted, directions, weights)
        self.check_reentrant(found, again)
        return found

    def in_slow_mode(self, outputs, part, forward, output, index):
        """What the matrices say of a pair that disagreed in fast mode."""
        whole = self.in_full(outputs, part, forward)
        numerical, analytical, atol = next(
            each[2:] for each in whole if each[:2] == (output, index)
        )
        text = (
            "\nThe above quantities relating the numerical and analytical jacobians are computed \n"
            "in fast mode. Whole matrices, computed in slow mode:\n\n"
            f"Numerical:\n {_shown(numerical)}\nAnalytical:\n{_shown(analytical)}\n\n"
            "The max per-element difference (slow mode) is: "
            f"{np.abs(analytical - numerical).max(initial=0)}.\n"
        )
        if np.allclose(analytical, numerical, self.rtol, atol, equal_nan=True):
            text += (
                "\nFast gradcheck failed but element-wise differences are small. This means that "
                "the test might've passed in slow_mode!\n"
            )
        return text

    def check_kinds(self, kinds):
        """Refuse gradients of another shape or (if asked) dtype than their input."""
        sizes_fit, dtypes_fit = kinds
        if not sizes_fit:
            raise GradcheckError("Analytical gradient has incorrect size")
        if self.dtypes and not dtypes_fit:
            raise GradcheckError("Gradient has dtype mismatch")

    def check_reentrant(self, once, again):
        """Refuse a backward pass that gives something else each time."""
        if not agree(once, again, self.nondet_tol):
            raise GradcheckError(
                "Backward is not reentrant, i.e., running backward with same input and "
                "grad_output multiple times gives different values, although analytical "
                "gradient matches numerical gradient.The tolerance for nondeterminism was "
                f"{self.nondet_tol}."
            )

    def check_multiplied_by_gradient(self):
        """The gradient of an output that has the gradient zero must be zero."""
        outputs = self.outputs()
        zeros = [wrap(np.zeros_like(x._array)) for x in outputs]
        found = grad(outputs, self.wanted, zeros, allow_unused=True)
        for x, gradient in zip(self.wanted, found, strict=True):
            if gradient is None:
                continue
            if (gradient._array != 0).any():
                raise GradcheckError("backward not multiplied by grad_output")
            if gradient.dtype is not x.dtype:
                raise GradcheckError("grad is incorrect type")
            if gradient.shape != x.shape:
                raise GradcheckError("grad is incorrect size")

    def check_batched(self):
        """A batched pass must give what one pass after the other gives."""
        for output in self.outputs():
            check_batched_gradients(output, self.wanted, GradcheckError)

    def check_batched_forward(self):
        """The same for forward mode."""
        check_batched_tangents(self.function, self.inputs, GradcheckError)


_PARTS = {"real": np.real, "imaginary": np.imag}


def _part(x, part):
    """The real or imaginary part of a complex output; another output as it is."""
    if not x.is_complex():
        return x
    return x.real if part == "real" else x.imag


def _places(outputs):
    """Where among all outputs those are that require grad."""
    return [place for place, x in enumerate(outputs) if x.requires_grad]


def _shown(value):
    """A matrix or vector as a tensor, a product as a number."""
    return wrap(as_array(value)) if np.ndim(value) else value.item()
