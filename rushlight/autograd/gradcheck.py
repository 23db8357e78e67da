"""Derivatives checked against differences: `gradcheck` and `gradgradcheck`.

The derivative of a function f of a real number is compared with its central difference
(f(x + eps) - f(x - eps)) / (2 eps), for every pair of an element of an input and an element of an
output; of a function of a complex number, with df/dx + i df/dy of its real and of its imaginary
part. In fast mode both sides are multiplied by random vectors, so that one pair of calls for each
input does.
"""

from __future__ import annotations

import warnings

import numpy as np

from rushlight.autograd.backward import grad
from rushlight.autograd.gradcheck_extras import (
    check_batched_gradients,
    check_batched_tangents,
    check_undefined,
)
from rushlight.autograd.jacobian import (
    analytical_jacobian,
    analytical_product,
    forward_jacobian,
    forward_product,
    numerical_jacobian,
    numerical_product,
    random_directions,
)
from rushlight.tensor import Tensor, as_array, wrap

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]


class GradcheckError(RuntimeError):
    """A derivative that is wrong."""

    __module__ = "torch.autograd.gradcheck"


def gradcheck(
    func,
    inputs,
    *,
    eps=1e-6,
    atol=1e-5,
    rtol=1e-3,
    raise_exception=True,
    nondet_tol=0.0,
    check_undefined_grad=True,
    check_grad_dtypes=False,
    check_batched_grad=False,
    check_batched_forward_grad=False,
    check_forward_ad=False,
    check_backward_ad=True,
    fast_mode=False,
    masked=None,
):
    """Whether the derivatives of `func` at `inputs` agree with differences.

    Args:
        func: takes the inputs, returns a Tensor or a tuple of Tensors.
        inputs: a Tensor or a tuple; those that require grad are checked, and should be float64.
        eps: the step of the differences.
        atol, rtol: how far the two may be apart.
        raise_exception: raise a GradcheckError where they disagree; otherwise return False.
        nondet_tol: how far two backward passes may be apart.
        check_undefined_grad: whether outputs without gradient are to be dealt with.
        check_grad_dtypes: whether gradients must have the dtypes of their inputs.
        check_batched_grad, check_batched_forward_grad: also under `vmap`.
        check_forward_ad, check_backward_ad: which of the two modes of differentiation.
        fast_mode: compare products with random vectors only.
        masked: for sparse inputs, of which there are none here.

    >>> import rushlight as torch
    >>> x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    >>> torch.autograd.gradcheck(torch.sin, (x,))
    True
    """
    if not (check_forward_ad or check_backward_ad):
        raise AssertionError(
            "Expected at least one of check_forward_ad or check_backward_ad to be True"
        )
    if check_batched_grad and not check_backward_ad:
        raise AssertionError(
            "Setting check_batched_grad=True requires check_backward_ad to be True"
        )
    if check_batched_forward_grad and not check_forward_ad:
        raise AssertionError(
            "Setting check_batched_forward_grad=True requires check_forward_ad to be True"
        )
    checker = _Checker(func, _as_tuple(inputs), eps, atol, rtol, nondet_tol, fast_mode)
    checker.dtypes = check_grad_dtypes
    try:
        checker.check_inputs()
        checker.check_jacobians(check_forward_ad, check_backward_ad)
        if check_batched_forward_grad:
            checker.check_batched_forward()
        if check_batched_grad:
            checker.check_batched()
        if check_backward_ad and checker.outputs():
            checker.check_multiplied_by_gradient()
            if check_undefined_grad:
                check_undefined(checker.function, checker.inputs, GradcheckError)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func,
    inputs,
    grad_outputs=None,
    *,
    eps=1e-6,
    atol=1e-5,
    rtol=1e-3,
    gen_non_contig_grad_outputs=False,
    raise_exception=True,
    nondet_tol=0.0,
    check_undefined_grad=True,
    check_grad_dtypes=False,
    check_batched_grad=False,
    check_fwd_over_rev=False,
    check_rev_over_rev=True,
    fast_mode=False,
    masked=False,
):
    """Whether the derivatives of the derivatives of `func` agree with differences.

    Args:
        grad_outputs: the gradients of the outputs; by default random.
        gen_non_contig_grad_outputs: let the random ones not lie in order in memory.
        check_fwd_over_rev: check forward mode over backward mode.
        check_rev_over_rev: check backward mode over backward mode.

    The other arguments are those of `gradcheck`.

    >>> import rushlight as torch
    >>> x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    >>> torch.autograd.gradgradcheck(torch.sin, (x,))
    True
    """
    if not (check_fwd_over_rev or check_rev_over_rev):
        raise AssertionError(
            "Expected at least one of check_fwd_over_rev or check_rev_over_rev to be True"
        )
    for name, asked in (
        ("check_undefined_grad", check_undefined_grad),
        ("check_batched_grad", check_batched_grad),
    ):
        if asked and not check_rev_over_rev:
            raise AssertionError(f"Setting {name}=True requires check_rev_over_rev to be True")
    inputs = _as_tuple(inputs)
    if grad_outputs is None:
        outputs = _differentiable(func(*inputs))
        grad_outputs = tuple(_random_like(x, gen_non_contig_grad_outputs) for x in outputs)
    else:
        grad_outputs = _as_tuple(grad_outputs)
    count = len(grad_outputs)

    def gradients(*args):
        given = args[len(args) - count :]
        args = args[: len(args) - count]
        outputs = _differentiable(func(*args))
        wanted = tuple(x for x in args if isinstance(x, Tensor) and x.requires_grad)
        found = grad(outputs, wanted, given, create_graph=True, allow_unused=True)
        return tuple(g for g in found if g is not None)

    return gradcheck(
        gradients,
        inputs + grad_outputs,
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad,
        check_grad_dtypes=check_grad_dtypes,
        check_batched_grad=check_batched_grad,
        fast_mode=fast_mode,
        check_forward_ad=check_fwd_over_rev,
        check_backward_ad=check_rev_over_rev,
        masked=masked,
    )


def _as_tuple(x):
    return tuple(x) if isinstance(x, (tuple, list)) else (x,)


def _differentiable(outputs):
    return tuple(x for x in _as_tuple(outputs) if x.requires_grad)


def _random_like(x, spread):
    """A random gradient of an output; with gaps between its elements if `spread`."""
    from rushlight.testing import make_tensor

    return make_tensor(
        x.shape, dtype=x.dtype, low=-1, high=1, requires_grad=True, noncontiguous=spread
    )


class _Checker:
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
        return _differentiable(self.function(*self.inputs))

    def check_jacobians(self, forward, backward):
        """Compare derivatives and differences of the real, then of the imaginary parts."""
        outputs = self.outputs()
        if not outputs:
            self.check_constant()
            return
        for part in ("imaginary", "real"):
            if part == "imaginary" and not any(x.is_complex() for x in outputs):
                continue

            def outputs_of_part(part=part):
                return [_part(x, part) for x in self.outputs()]

            if backward:
                self.compare(outputs_of_part, part, forward=False)
            if forward:
                self.compare(outputs_of_part, part, forward=True)

    def check_constant(self):
        """An output that claims to be no function of the inputs must not change with them."""

        def outputs():
            found = _as_tuple(self.function(*self.inputs))
            return [x for x in found if x._array.dtype.kind in "fcV"]

        for jacobians in numerical_jacobian(outputs, self.wanted, self.eps):
            if any(np.abs(jacobian).max(initial=0) > self.atol for jacobian in jacobians):
                raise GradcheckError("Numerical gradient for function expected to be zero")

    def compare(self, outputs, part, forward):
        """Compare the derivatives of `outputs()` with their differences."""
        way = self.in_fast_mode if self.fast_mode else self.in_full
        complex_outputs = [x.is_complex() for x in self.outputs()]
        for output, numerical, analytical in way(outputs, part, forward):
            for index, (n, a) in enumerate(zip(numerical, analytical, strict=True)):
                if np.allclose(a, n, self.rtol, self.atol, equal_nan=True):
                    continue
                prefix = ""
                if complex_outputs[output]:
                    prefix = f"While considering the {part} part of complex outputs only, "
                mode = "computed with forward mode " if forward else ""
                raise GradcheckError(
                    f"{prefix}Jacobian {mode}mismatch for output {output:d} with respect to input "
                    f"{index:d},\nnumerical:{wrap(as_array(n))}\nanalytical:{wrap(as_array(a))}\n"
                )

    def in_full(self, outputs, part, forward):
        """For each output: its differences and its derivatives by each input, as matrices."""
        numerical = numerical_jacobian(outputs, self.wanted, self.eps)
        if forward:
            analytical = forward_jacobian(self.function, self.inputs, self.wanted, _PARTS[part])
            for index, pair in enumerate(zip(numerical, analytical, strict=True)):
                yield index, *pair
            return
        for index, output in enumerate(outputs()):
            found, kinds = analytical_jacobian(output, self.wanted)
            self.check_kinds(kinds)
            again, _ = analytical_jacobian(output, self.wanted)
            self.check_reentrant(found, again)
            yield index, numerical[index], found

    def in_fast_mode(self, outputs, part, forward):
        """For each output, both sides multiplied by random directions."""
        directions = random_directions(self.wanted)
        for index, output in enumerate(outputs()):
            (weights,) = random_directions([output])
            numerical = numerical_product(
                lambda i=index: outputs()[i], self.wanted, self.eps, directions, weights
            )
            if forward:
                found = forward_product(
                    self.function,
                    index,
                    self.inputs,
                    self.wanted,
                    directions,
                    weights,
                    _PARTS[part],
                )
            else:
                found, kinds = analytical_product(output, self.wanted, directions, weights)
                self.check_kinds(kinds)
                again, _ = analytical_product(output, self.wanted, directions, weights)
                self.check_reentrant(found, again)
            yield index, numerical, found

    def check_kinds(self, kinds):
        """Refuse gradients of another shape or (if asked) dtype than their input."""
        sizes_fit, dtypes_fit = kinds
        if not sizes_fit:
            raise GradcheckError("Analytical gradient has incorrect size")
        if self.dtypes and not dtypes_fit:
            raise GradcheckError("Gradient has dtype mismatch")

    def check_reentrant(self, once, again):
        """Refuse a backward pass that gives something else each time."""
        for a, b in zip(once, again, strict=True):
            if not np.allclose(a, b, 0, self.nondet_tol, equal_nan=True):
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
    """The real or imaginary part of an output."""
    if not x.is_complex():
        return x if part == "real" else x * 0
    return x.real if part == "real" else x.imag
