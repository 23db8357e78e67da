"""Complex numbers: their parts, angles and conjugates.

The gradient of a real number L in a complex z = x + iy is dL/dx + i dL/dy, as in PyTorch. Functions
that are not holomorphic, like all of these, say so and get gradients as they are.
"""

from __future__ import annotations

import numpy as np

from rushlight import dtypes
from rushlight.ops.elementwise.unary import is_complex, where
from rushlight.ops.fast import sum_to
from rushlight.ops.op import elementwise, opaque, view
from rushlight.ops.shapes import broadcast_shapes
from rushlight.ops.turned import Turned, is_turned, resolved, turned

__all__ = [
    "angle",
    "complex",
    "conj",
    "conj_physical",
    "imag",
    "is_conj",
    "is_neg",
    "neg_view",
    "polar",
    "real",
    "resolve_conj",
    "resolve_neg",
    "view_as_complex",
    "view_as_real",
]

# Parts --------------------------------------------------------------------------------------------


@view(
    linear=True,
    holomorphic=False,
    node="SelectBackward0",
    d_input=lambda g: _complex(g, g * 0),
)
def _real_part(input):
    """The real parts."""
    return input.real


@view(
    linear=True,
    holomorphic=False,
    node="SelectBackward0",
    d_input=lambda g: _complex(g * 0, g),
)
def _imaginary_part(input):
    """The imaginary parts."""
    return input.imag


def real(input):
    """The real parts of complex numbers, as a view; real numbers themselves.

    >>> import rushlight as torch
    >>> torch.real(torch.tensor([1 + 2j]))
    tensor([1.])
    """
    return _real_part(input) if input._array.dtype.kind == "c" else input


def imag(input):
    """The imaginary parts of complex numbers, as a view.

    >>> import rushlight as torch
    >>> torch.imag(torch.tensor([1 + 2j]))
    tensor([2.])
    """
    if input._array.dtype.kind != "c":
        raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")
    return _imaginary_part(input)


def _check_parts(input, other):
    titles = [dtypes.of(x).title for x in (input, other)]
    if any(x.dtype.kind != "f" for x in (input, other)):
        raise RuntimeError(
            "Expected both inputs to be Half, Float or Double tensors but got "
            f"{titles[0]} and {titles[1]}"
        )
    if input.dtype != other.dtype:
        raise RuntimeError(
            f"Expected object of scalar type {titles[0]} but got scalar type {titles[1]} for "
            "second argument"
        )
    broadcast_shapes(input.shape, other.shape)


def _to_complex(real, imag):
    result = np.empty(np.broadcast_shapes(real.shape, imag.shape), np.result_type(real, 1j))
    result.real = real
    result.imag = imag
    return result


@opaque(
    linear=True,
    holomorphic=False,
    node="ComplexBackward0",
    check=_check_parts,
    d_real=lambda g, real_shape: sum_to(_real_part(g), real_shape),
    d_imag=lambda g, imag_shape: sum_to(_imaginary_part(g), imag_shape),
)
def _complex(real, imag):
    """real + i * imag."""
    _check_parts(real, imag)
    return _to_complex(real, imag)


def complex(real, imag, *, out=None):
    """Complex numbers of these real and imaginary parts.

    >>> import rushlight as torch
    >>> torch.complex(torch.tensor([1.0]), torch.tensor([2.0]))
    tensor([1.+2.j])
    """
    return _complex(real, imag, out=out)


@opaque(
    holomorphic=False,
    check=_check_parts,
    d_abs=lambda g, angle, abs_shape: sum_to(
        _real_part(g * conj_physical(_unit(angle))), abs_shape
    ),
    d_angle=lambda g, out, angle_shape: sum_to(
        _imaginary_part(g * conj_physical(out)), angle_shape
    ),
)
def _polar(abs, angle):
    """abs * (cos(angle) + i * sin(angle))."""
    _check_parts(abs, angle)
    return _to_complex(abs * np.cos(angle), abs * np.sin(angle))


def _unit(angle):
    """The complex number of size 1 at this angle."""
    return _polar(angle * 0 + 1, angle)


def polar(abs, angle, *, out=None):
    """Complex numbers of these distances from zero and angles."""
    return _polar(abs, angle, out=out)


# Angles and conjugates ----------------------------------------------------------------------------


def _angle_slope(g, input):
    """The gradient of the angle: orthogonal to z, and smaller the further z is from zero."""
    if not is_complex(input):
        return g * 0
    square = _real_part(input * conj_physical(input))
    safe = where(square == 0, 1.0, square)
    return where(square == 0, 0.0, (g / safe) * (input * 1j))


@elementwise(result="float", holomorphic=False, d_input=_angle_slope)
def angle(input):
    """The angle of each complex number, in (-pi, pi]; of real numbers, 0 or pi.

    >>> import rushlight as torch
    >>> torch.angle(torch.tensor([1j, -1.0]))
    tensor([1.5708, 3.1416])
    """
    if input.dtype.kind == "c":
        return np.angle(input)
    if input.dtype.kind != "f":
        raise TypeError("not floating")
    pi = input.dtype.type(np.pi)
    return np.where(input != input, input, np.where(input < 0, pi, input.dtype.type(0)))


@elementwise(
    linear=True,
    holomorphic=False,
    node="ConjBackward0",
    d_input=lambda g: _conj(g),
    takes_out=False,
)
def _conj(input):
    """The complex conjugates."""
    return np.conjugate(input)


def conjugate(input):
    """The complex conjugates, computed at once; real numbers themselves."""
    return _conj(input) if input._array.dtype.kind == "c" else input


@view(linear=True, holomorphic=False, node="ConjBackward0", d_input=lambda g: _conj(g))
def _conj_view(input):
    """The same memory, read as its conjugates."""
    return turned(input, np.conjugate)


def conj(input):
    """The complex conjugates, as a view; real numbers themselves.

    >>> import rushlight as torch
    >>> torch.conj(torch.tensor([1 + 2j]))
    tensor([1.-2.j])
    """
    return _conj_view(input) if input._array.dtype.kind == "c" else input


@view(linear=True, holomorphic=False, node="NegViewBackward0", d_input=lambda g: -g)
def neg_view(input):
    """The negatives, as a view."""
    return turned(input, np.negative)


@elementwise(
    linear=True,
    holomorphic=False,
    d_input=lambda g: conj_physical(g),
)
def conj_physical(input):
    """The complex conjugates, always in memory of their own."""
    return np.conjugate(input) if input.dtype.kind == "c" else input.copy()


def resolve_conj(input):
    """The tensor itself, or a copy of a view that conjugates.

    >>> import rushlight as torch
    >>> torch.resolve_conj(torch.tensor([1j]).conj()).is_conj()
    False
    """
    return resolved(input, np.conjugate)


def resolve_neg(input):
    """The tensor itself, or a copy of a view that negates."""
    return resolved(input, np.negative)


def is_conj(input):
    """Whether the tensor is a view that conjugates.

    >>> import rushlight as torch
    >>> torch.is_conj(torch.tensor([1j]).conj())
    True
    """
    return is_turned(input, np.conjugate)


def is_neg(input):
    """Whether the tensor is a view that negates: the imaginary part of a conjugate is one."""
    return is_turned(input, np.negative)


# Pairs --------------------------------------------------------------------------------------------


def _check_view_as_real(input):
    if input.dtype.kind != "c":
        raise RuntimeError("view_as_real is only supported for complex tensors")
    if input.__class__ is Turned:
        raise RuntimeError(
            "view_as_real doesn't work on unresolved conjugated tensors.  To resolve the conjugate "
            "tensor so you can view it as real, use self.resolve_conj(); however, be warned that "
            "the resulting tensor will NOT alias the original."
        )


@view(
    linear=True,
    holomorphic=False,
    check=_check_view_as_real,
    d_input=lambda g: _as_complex(g),
)
def view_as_real(input):
    """Complex numbers as pairs (real, imaginary) in a new last dimension, as a view.

    >>> import rushlight as torch
    >>> torch.view_as_real(torch.tensor([1 + 2j]))
    tensor([[1., 2.]])
    """
    from rushlight.ops.shape.parts import strided

    _check_view_as_real(input)
    pairs = strided(input, (*input.shape, 1), (*input.strides, input.itemsize))
    return pairs.view(input.real.dtype)


def _check_view_as_complex(input):
    from rushlight.ops.shape.parts import bytes_before

    if input.dtype.kind != "f":
        raise RuntimeError(
            "view_as_complex is only supported for half, float and double tensors, but got a "
            f"tensor of scalar type: {dtypes.of(input).title}"
        )
    if input.dtype == np.float16:
        raise RuntimeError(
            "view_as_complex of half tensors needs complex32, which NumPy hasn't got"
        )
    if not input.ndim:
        raise RuntimeError("Input tensor must have one or more dimensions")
    if input.shape[-1] != 2:
        raise RuntimeError("Tensor must have a last dimension of size 2")
    if input.size and input.strides[-1] != input.itemsize:
        raise RuntimeError("Tensor must have a last dimension with stride 1")
    if bytes_before(input) % (2 * input.itemsize):
        raise RuntimeError("Tensor must have a storage_offset divisible by 2")
    if any(s % (2 * input.itemsize) for n, s in zip(input.shape, input.strides[:-1]) if n > 1):
        raise RuntimeError("Tensor must have a stride divisible by 2 for all but last dimension")


@view(
    linear=True,
    holomorphic=False,
    check=_check_view_as_complex,
    d_input=lambda g: _as_real(g),
)
def view_as_complex(input):
    """Pairs in the last dimension as complex numbers, as a view.

    >>> import rushlight as torch
    >>> torch.view_as_complex(torch.tensor([[1.0, 2.0]]))
    tensor([1.+2.j])
    """
    _check_view_as_complex(input)
    return input.view(np.result_type(input, 1j))[..., 0]


@opaque(linear=True, holomorphic=False, takes_out=False, d_input=lambda g: _as_real(g))
def _as_complex(input):
    """Pairs in the last dimension as complex numbers, copied."""
    return _to_complex(input[..., 0], input[..., 1])


@opaque(linear=True, holomorphic=False, takes_out=False, d_input=lambda g: _as_complex(g))
def _as_real(input):
    """Complex numbers as pairs in a new last dimension, copied."""
    return np.stack([input.real, input.imag], -1)
