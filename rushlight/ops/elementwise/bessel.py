"""Bessel functions and their relatives. All but i0 need SciPy."""

from __future__ import annotations

import numpy as np

from rushlight.ops.elementwise.gamma import in_float64
from rushlight.ops.elementwise.unary import refuse_kinds, sign, where
from rushlight.ops.in_place_functions import in_place_form
from rushlight.ops.op import elementwise
from rushlight.ops.scipy_functions import from_scipy

__all__ = ["i0", "i0_"]


def _by_scipy(name, title):
    """A kernel that calls SciPy's function of this name."""
    return in_float64(lambda x: from_scipy(name, f"torch.special.{title}")(x))


def _special(name, title):
    """Declare the operation that SciPy's function of this name computes; without a derivative."""
    return elementwise(
        ufunc=_by_scipy(name, title), result="float", check=refuse_kinds("c", f"{title}_cpu")
    )


@elementwise(
    ufunc=in_float64(np.i0),
    result="float",
    node="I0Backward0",
    check=refuse_kinds("c", "i0_vml_cpu"),
    d_input=lambda g, input: g * i1(input),
)
def i0(input):
    """The modified Bessel function of the first kind, of order 0."""


i0_ = in_place_form(i0)


@elementwise(
    ufunc=_by_scipy("i0e", "i0e"),
    result="float",
    node="SpecialI0EBackward0",
    check=refuse_kinds("c", "i0e_cpu"),
    d_input=lambda g, input, out: g * (i1e(input) - sign(input) * out),
)
def i0e(input):
    """exp(-|x|) * i0(x)."""


def _over(out, input):
    """out / x, which for i1 and i1e is 1/2 at 0."""
    return where(input == 0, 0.5, out / where(input == 0, 1.0, input))


@elementwise(
    ufunc=_by_scipy("i1", "i1"),
    result="float",
    node="SpecialI1Backward0",
    check=refuse_kinds("c", "i1_cpu"),
    d_input=lambda g, input, out: g * (i0(input) - _over(out, input)),
)
def i1(input):
    """The modified Bessel function of the first kind, of order 1."""


@elementwise(
    ufunc=_by_scipy("i1e", "i1e"),
    result="float",
    node="SpecialI1EBackward0",
    check=refuse_kinds("c", "i1e_cpu"),
    d_input=lambda g, input, out: g * (i0e(input) - out * sign(input) - _over(out, input)),
)
def i1e(input):
    """exp(-|x|) * i1(x)."""


@_special("j0", "bessel_j0")
def bessel_j0(input):
    """The Bessel function of the first kind, of order 0."""


@_special("j1", "bessel_j1")
def bessel_j1(input):
    """The Bessel function of the first kind, of order 1."""


@_special("y0", "bessel_y0")
def bessel_y0(input):
    """The Bessel function of the second kind, of order 0."""


@_special("y1", "bessel_y1")
def bessel_y1(input):
    """The Bessel function of the second kind, of order 1."""


@elementwise(
    ufunc=in_float64(np.i0), result="float", check=refuse_kinds("c", "modified_bessel_i0_cpu")
)
def modified_bessel_i0(input):
    """The modified Bessel function of the first kind, of order 0."""


@_special("i1", "modified_bessel_i1")
def modified_bessel_i1(input):
    """The modified Bessel function of the first kind, of order 1."""


@_special("k0", "modified_bessel_k0")
def modified_bessel_k0(input):
    """The modified Bessel function of the second kind, of order 0."""


@_special("k1", "modified_bessel_k1")
def modified_bessel_k1(input):
    """The modified Bessel function of the second kind, of order 1."""


@_special("k0e", "scaled_modified_bessel_k0")
def scaled_modified_bessel_k0(input):
    """exp(x) * modified_bessel_k0(x)."""


@_special("k1e", "scaled_modified_bessel_k1")
def scaled_modified_bessel_k1(input):
    """exp(x) * modified_bessel_k1(x)."""


@elementwise(
    ufunc=in_float64(lambda x: from_scipy("airy", "torch.special.airy_ai")(x)[0]),
    result="float",
    check=refuse_kinds("c", "airy_ai_cpu"),
)
def airy_ai(input):
    """The Airy function Ai."""


@elementwise(result="float", refuses=("c", "spherical_bessel_j0_cpu"))
def spherical_bessel_j0(input):
    """sin(x) / x, and 1 at 0."""
    safe = np.where(input == 0, input.dtype.type(1), input)
    return np.where(input == 0, input.dtype.type(1), np.sin(safe) / safe)
