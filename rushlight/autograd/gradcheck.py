"""Derivatives checked against differences: `gradcheck` and `gradgradcheck`.

The derivative of a function f of a real number is compared with its central difference
(f(x + eps) - f(x - eps)) / (2 eps), for every pair of an element of an input and an element of an
output; of a function of a complex number, with df/dx + i df/dy of its real and of its imaginary
part. In fast mode both sides are multiplied by random vectors, so that one pair of calls for each
input does.
"""

from __future__ import annotations

import warnings

from rushlight.autograd.backward import grad
from rushlight.autograd.gradcheck_checker import (
    Checker,
    GradcheckError,
    agree,
    as_tuple,
    differentiable,
)
from rushlight.autograd.gradcheck_extras import check_undefined
from rushlight.autograd.jacobian import analytical_jacobian, numerical_jacobian
from rushlight.tensor import Tensor, wrap

__all__ = [
    "GradcheckError",
    "get_analytical_jacobian",
    "get_numerical_jacobian",
    "gradcheck",
    "gradgradcheck",
]


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
    checker = Checker(func, as_tuple(inputs), eps, atol, rtol, nondet_tol, fast_mode)
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
    inputs = as_tuple(inputs)
    if grad_outputs is None:
        outputs = differentiable(func(*inputs))
        grad_outputs = tuple(_random_like(x, gen_non_contig_grad_outputs) for x in outputs)
    else:
        grad_outputs = as_tuple(grad_outputs)
    count = len(grad_outputs)

    def gradients(*args):
        given = args[len(args) - count :]
        args = args[: len(args) - count]
        outputs = differentiable(func(*args))
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


def _random_like(x, spread):
    """A random gradient of an output; with gaps between its elements if `spread`."""
    from rushlight.testing import make_tensor

    return make_tensor(
        x.shape, dtype=x.dtype, low=-1, high=1, requires_grad=True, noncontiguous=spread
    )


def get_numerical_jacobian(fn, inputs, target=None, eps=1e-3, grad_out=1.0):
    """The Jacobians of a function's first output from differences. Deprecated: use `gradcheck`.

    Args:
        fn: takes the inputs as one tuple.
        inputs: a Tensor or a tuple.
        target: what to differentiate by, if not the inputs; those that require grad are taken.
        eps: the step of the differences.
        grad_out: 1.

    Returns:
        For each, a matrix with a row for each of its elements, a column for each of the output's.

    Raises:
        ValueError: an output is complex, or `grad_out` isn't 1.
    """
    _warn_deprecated("get_numerical_jacobian")
    _require_weight_one("get_numerical_jacobian", grad_out)
    inputs = as_tuple(inputs)
    _require_real("get_numerical_jacobian", as_tuple(fn(inputs)))
    by = differentiable(inputs if target is None else as_tuple(target))
    return tuple(map(wrap, numerical_jacobian(lambda: as_tuple(fn(inputs)), by, eps)[0]))


def get_analytical_jacobian(inputs, output, nondet_tol=0.0, grad_out=1.0):
    """The Jacobians of an output from backward passes. Deprecated: use `gradcheck`.

    Args:
        inputs: a Tensor or a tuple; those that require grad are taken.
        output: what was computed from them.
        nondet_tol: how far two backward passes may be apart.
        grad_out: 1.

    Returns:
        The matrices, one for each input; whether a second pass gives the same; whether the
        gradients have the shapes, and whether they have the dtypes of the inputs.

    Raises:
        ValueError: the output is complex, or `grad_out` isn't 1.
    """
    _warn_deprecated("get_analytical_jacobian")
    _require_weight_one("get_analytical_jacobian", grad_out)
    _require_real("get_analytical_jacobian", (output,))
    by = differentiable(as_tuple(inputs))
    first, fit = analytical_jacobian(output, by)
    second, _ = analytical_jacobian(output, by)
    return tuple(map(wrap, first)), agree(first, second, nondet_tol), *fit


def _warn_deprecated(name):
    warnings.warn(
        f"`{name}` was part of PyTorch's private API and not meant to be exposed. We are "
        "deprecating it and it will be removed in a future version of PyTorch. Use "
        "torch.autograd.gradcheck, or torch.autograd.functional.jacobian.",
        FutureWarning,
        stacklevel=3,
    )


def _require_weight_one(name, grad_out):
    if grad_out != 1.0:
        raise ValueError(
            f"Expected grad_out to be 1.0. {name} no longer supports values of grad_out != 1.0."
        )


def _require_real(name, outputs):
    if any(x.is_complex() for x in outputs):
        raise ValueError(
            f"Expected output to be non-complex. {name} no longer supports functions that return "
            "complex outputs."
        )
