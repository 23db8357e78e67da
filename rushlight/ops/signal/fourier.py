"""Discrete Fourier transforms, by NumPy's.

Three kinds of transforms are operations, each of them linear; all others are made of these. The
derivative of a linear map is its adjoint: of a transform in complex numbers the one in the opposite
direction, of that of real numbers the one to real numbers, up to the weights of the half that is
left out because it mirrors the other.
"""

from __future__ import annotations

import math

import numpy as np

from rushlight import dtypes
from rushlight.ops.elementwise.complex_numbers import conjugate
from rushlight.ops.layers.padding import _pad_constant
from rushlight.ops.op import in_dtype, opaque
from rushlight.ops.output import write_out
from rushlight.ops.shape.rearrange import roll
from rushlight.ops.shapes import normalize_dim
from rushlight.tensor import wrap

__all__: list[str] = []


@opaque(
    linear=True,
    holomorphic=False,
    takes_out=False,
    node="FftC2CBackward0",
    d_input=lambda g, dim, scale, forward: _c2c(g, dim=dim, scale=scale, forward=not forward),
)
def _c2c(input, *, dim, scale, forward):
    """scale * sum of x[j] exp(-2 pi i j k / n) over the dimensions (+ if not `forward`)."""
    if forward:
        return np.fft.fftn(input, axes=dim) * scale
    return np.fft.ifftn(input, axes=dim, norm="forward") * scale


@opaque(
    linear=True,
    holomorphic=False,
    takes_out=False,
    node="FftR2CBackward0",
    d_input=lambda g, dim, scale, input_shape: _c2r(
        _weighted(g, dim=dim, size=input_shape[dim], divide=True),
        dim=dim,
        scale=scale,
        size=input_shape[dim],
    ),
)
def _r2c(input, *, dim, scale):
    """The transform of real numbers: its first n // 2 + 1 values, which the others mirror."""
    return np.fft.rfft(input, axis=dim) * scale


@opaque(
    linear=True,
    holomorphic=False,
    takes_out=False,
    node="FftC2RBackward0",
    d_input=lambda g, dim, scale, size: _weighted(
        _r2c(g, dim=dim, scale=scale), dim=dim, size=size, divide=False
    ),
)
def _c2r(input, *, dim, scale, size):
    """The transform, with exp(+), of numbers of which `input` is one half and mirrors the other."""
    return np.fft.irfft(input, size, axis=dim, norm="forward") * scale


@opaque(
    linear=True,
    holomorphic=False,
    takes_out=False,
    d_input=lambda g, dim, size, divide: _weighted(g, dim=dim, size=size, divide=divide),
)
def _weighted(input, *, dim, size, divide):
    """How many of `size` values each of the first half stands for: times that, or divided by it."""
    weights = np.full(input.shape[dim], 2, input.real.dtype)
    weights[0] = 1
    if size % 2 == 0:
        weights[size // 2 :] = 1
    weights = weights.reshape([-1] + [1] * (input.ndim - 1 - dim))
    return input / weights if divide else input * weights


# Arguments ----------------------------------------------------------------------------------------


def _scale(norm, sizes, forward):
    """By what the sum is multiplied."""
    if norm not in (None, "forward", "backward", "ortho"):
        raise RuntimeError(f'Invalid normalization mode: "{norm}"')
    count = math.prod(sizes)
    if norm == "ortho":
        return 1 / math.sqrt(count)
    return 1 / count if forward == (norm == "forward") else 1.0


def _promoted(input, complex_valued):
    """`input` in a floating-point dtype that is transformed, complex if asked for."""
    dtype = input.dtype if input.dtype.category >= 2 else dtypes.get_default_dtype()
    if dtype.array_dtype.char not in "fdFD":
        raise RuntimeError(f"Unsupported dtype {dtype.title}")
    return in_dtype(input, dtype.to_complex() if complex_valued else dtype)


def _one_dim(input, dim):
    if not input.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    return normalize_dim(dim, input.ndim)


def _dims_and_sizes(input, s, dim):
    """The dimensions, and the sizes to which they are cut or padded; -1 keeps a size."""
    if isinstance(dim, int):
        dim = (dim,)
    s = (s,) if isinstance(s, int) else s
    if dim is not None:
        dims = tuple(_one_dim(input, d) for d in dim)
        if len(set(dims)) != len(dims):
            raise RuntimeError("FFT dims must be unique")
        if s is not None and len(s) != len(dims):
            raise RuntimeError("When given, dim and shape arguments must have the same length")
    elif s is not None and len(s) > input.ndim:
        raise RuntimeError(
            f"Got shape with {len(s)} values but input tensor only has {input.ndim} dimensions."
        )
    else:
        dims = tuple(range(input.ndim - len(s) if s is not None else 0, input.ndim))
    sizes = [-1] * len(dims) if s is None else s
    return dims, [input.shape[d] if n == -1 else n for d, n in zip(dims, sizes, strict=True)]


def _resized(input, dims, sizes):
    """`input` cut, or padded with zeros, to these sizes."""
    if any(size < 1 for size in sizes):
        wrong = next(size for size in sizes if size < 1)
        raise RuntimeError(f"Invalid number of data points ({wrong}) specified")
    pad = [(0, 0)] * input.ndim
    for d, size in zip(dims, sizes, strict=True):
        pad[d] = (0, size - input.shape[d])
    return _pad_constant(input, pad=tuple(pad), value=0) if any(map(any, pad)) else input


def _written(name, result, input, out):
    if out is None:
        return result
    if result.dtype.category != out.dtype.category:
        wanted = "complex" if result.is_complex() else "floating point"
        raise RuntimeError(f"{name} expects a {wanted} output tensor, but got {out.dtype.title}")
    return write_out(f"fft_{name}", result, (input,), out)


# In one dimension ---------------------------------------------------------------------------------


def _complex_transform(name, input, n, dim, norm, out, forward):
    input = _promoted(input, True)
    d = _one_dim(input, dim)
    size = input.shape[d] if n is None else n
    input = _resized(input, (d,), (size,))
    scale = _scale(norm, (size,), forward)
    return _written(name, _c2c(input, dim=(d,), scale=scale, forward=forward), input, out)


def fft(input, n=None, dim=-1, norm=None, *, out=None):
    """The discrete Fourier transform, sum of x[j] exp(-2 pi i j k / n) over j, for each k.

    `norm`: "backward" (the default) multiplies by 1 here and 1/n in the inverse, "forward" the
    other way round, "ortho" by 1/sqrt(n) in both.

    >>> import rushlight as torch
    >>> torch.fft.fft(torch.tensor([1.0, 0.0, 0.0, 1.0]))
    tensor([2.+0.j, 1.+1.j, 0.+0.j, 1.-1.j])
    """
    return _complex_transform("fft", input, n, dim, norm, out, True)


def ifft(input, n=None, dim=-1, norm=None, *, out=None):
    """The inverse of `fft`."""
    return _complex_transform("ifft", input, n, dim, norm, out, False)


def _of_reals(name, input, n, dim, norm, forward):
    if input.is_complex():
        raise RuntimeError(f"{name} expects a real input tensor, but got {input.dtype.title}")
    input = _promoted(input, False)
    d = _one_dim(input, dim)
    size = input.shape[d] if n is None else n
    scale = _scale(norm, (size,), forward)
    result = _r2c(_resized(input, (d,), (size,)), dim=d, scale=scale)
    return result if forward else conjugate(result)


def rfft(input, n=None, dim=-1, norm=None, *, out=None):
    """The first n // 2 + 1 values of `fft` of real numbers; the others mirror them.

    >>> import rushlight as torch
    >>> torch.fft.rfft(torch.tensor([1.0, 0.0, 0.0, 1.0]))
    tensor([2.+0.j, 1.+1.j, 0.+0.j])
    """
    return _written("rfft", _of_reals("rfft", input, n, dim, norm, True), input, out)


def ihfft(input, n=None, dim=-1, norm=None, *, out=None):
    """The inverse of `hfft`: the first half of `ifft` of real numbers."""
    return _written("ihfft", _of_reals("ihfft", input, n, dim, norm, False), input, out)


def _to_reals(input, n, dim, norm, forward):
    input = _promoted(input, True)
    d = _one_dim(input, dim)
    size = 2 * (input.shape[d] - 1) if n is None else n
    if size < 1:
        raise RuntimeError(f"Invalid number of data points ({size}) specified")
    input = _resized(input, (d,), (size // 2 + 1,))
    scale = _scale(norm, (size,), forward)
    return _c2r(conjugate(input) if forward else input, dim=d, scale=scale, size=size)


def irfft(input, n=None, dim=-1, norm=None, *, out=None):
    """The inverse of `rfft`: n real numbers, by default 2 * (size - 1).

    >>> import rushlight as torch
    >>> torch.fft.irfft(torch.tensor([2 + 0j, 1 + 1j, 0j]))
    tensor([1., 0., 0., 1.])
    """
    return _written("irfft", _to_reals(input, n, dim, norm, False), input, out)


def hfft(input, n=None, dim=-1, norm=None, *, out=None):
    """`fft` of n numbers that mirror each other, of which `input` is the first half."""
    return _written("hfft", _to_reals(input, n, dim, norm, True), input, out)


# In several ---------------------------------------------------------------------------------------


def _complex_transforms(input, s, dim, norm, out, forward):
    input = _promoted(input, True)
    dims, sizes = _dims_and_sizes(input, s, dim)
    scale = _scale(norm, sizes, forward)
    input = _resized(input, dims, sizes)
    result = _c2c(input, dim=dims, scale=scale, forward=forward) if dims else input.clone()
    return _written("fftn", result, input, out)


def fftn(input, s=None, dim=None, norm=None, *, out=None):
    """`fft` in several dimensions, all by default; `s` are the sizes."""
    return _complex_transforms(input, s, dim, norm, out, True)


def ifftn(input, s=None, dim=None, norm=None, *, out=None):
    """The inverse of `fftn`."""
    return _complex_transforms(input, s, dim, norm, out, False)


def fft2(input, s=None, dim=(-2, -1), norm=None, *, out=None):
    """`fft` in the last two dimensions."""
    return fftn(input, s, dim, norm, out=out)


def ifft2(input, s=None, dim=(-2, -1), norm=None, *, out=None):
    """The inverse of `fft2`."""
    return ifftn(input, s, dim, norm, out=out)


def _of_reals_in_several(name, input, s, dim, norm, forward):
    if input.is_complex():
        text = f"{name} expects a real-valued input tensor, but got {input.dtype.title}"
        if not forward:
            text = f"Only supports floating-point dtypes, but found: {input.dtype.title}"
        raise RuntimeError(text)
    input = _promoted(input, False)
    dims, sizes = _dims_and_sizes(input, s, dim)
    if not dims:
        raise RuntimeError(f"{name} must transform at least one axis")
    scale = _scale(norm, sizes, forward)
    result = _r2c(_resized(input, dims, sizes), dim=dims[-1], scale=scale)
    result = result if forward else conjugate(result)
    return _c2c(result, dim=dims[:-1], scale=1.0, forward=forward) if dims[1:] else result


def rfftn(input, s=None, dim=None, norm=None, *, out=None):
    """`rfft` in the last of several dimensions, `fft` in the others."""
    return _written("rfftn", _of_reals_in_several("rfftn", input, s, dim, norm, True), input, out)


def ihfftn(input, s=None, dim=None, norm=None, *, out=None):
    """`ihfft` in the last of several dimensions, `ifft` in the others."""
    return _written(
        "ihfftn", _of_reals_in_several("ihfftn", input, s, dim, norm, False), input, out
    )


def rfft2(input, s=None, dim=(-2, -1), norm=None, *, out=None):
    """`rfftn` in the last two dimensions."""
    return rfftn(input, s, dim, norm, out=out)


def ihfft2(input, s=None, dim=(-2, -1), norm=None, *, out=None):
    """`ihfftn` in the last two dimensions."""
    return ihfftn(input, s, dim, norm, out=out)


def _to_reals_in_several(name, input, s, dim, norm, forward):
    input = _promoted(input, True)
    dims, sizes = _dims_and_sizes(input, s, dim)
    if not dims:
        raise RuntimeError(f"{name} must transform at least one axis")
    if s is None or tuple(s)[-1] == -1:
        sizes[-1] = 2 * (input.shape[dims[-1]] - 1)
    if sizes[-1] < 1:
        raise RuntimeError(f"Invalid number of data points ({sizes[-1]}) specified")
    input = _resized(input, dims, [*sizes[:-1], sizes[-1] // 2 + 1])
    scale = _scale(norm, sizes, forward)
    if dims[1:]:
        input = _c2c(input, dim=dims[:-1], scale=scale, forward=forward)
        scale = 1.0
    return _c2r(conjugate(input) if forward else input, dim=dims[-1], scale=scale, size=sizes[-1])


def irfftn(input, s=None, dim=None, norm=None, *, out=None):
    """The inverse of `rfftn`."""
    return _written(
        "irfftn", _to_reals_in_several("irfftn", input, s, dim, norm, False), input, out
    )


def hfftn(input, s=None, dim=None, norm=None, *, out=None):
    """`hfft` in the last of several dimensions, `fft` in the others."""
    return _written("hfftn", _to_reals_in_several("hfftn", input, s, dim, norm, True), input, out)


def irfft2(input, s=None, dim=(-2, -1), norm=None, *, out=None):
    """The inverse of `rfft2`."""
    return irfftn(input, s, dim, norm, out=out)


def hfft2(input, s=None, dim=(-2, -1), norm=None, *, out=None):
    """`hfftn` in the last two dimensions."""
    return hfftn(input, s, dim, norm, out=out)


# Frequencies --------------------------------------------------------------------------------------


def _frequencies(name, numbers, n, d, out, dtype, requires_grad):
    dtype = dtypes.get_default_dtype() if dtype is None else dtype
    if dtype.category < 2:
        raise RuntimeError(f"{name} requires a floating point or complex dtype")
    if n < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {n}: [{n}]")
    array = (numbers * (1.0 / (n * d) if n else 0.0)).astype(dtype.array_dtype)
    result = wrap(array)
    if out is not None:
        return write_out(name, result, (), out)
    result.requires_grad = requires_grad
    return result


def fftfreq(n, d=1.0, *, out=None, dtype=None, layout=None, device=None, requires_grad=False):
    """The frequencies of the n values of `fft`, for samples at a distance of `d`.

    >>> import rushlight as torch
    >>> torch.fft.fftfreq(4)
    tensor([ 0.0000,  0.2500, -0.5000, -0.2500])
    """
    numbers = np.arange(max(n, 0))
    numbers[(n + 1) // 2 :] -= n
    return _frequencies("fftfreq", numbers, n, d, out, dtype, requires_grad)


def rfftfreq(n, d=1.0, *, out=None, dtype=None, layout=None, device=None, requires_grad=False):
    """The frequencies of the values of `rfft`."""
    numbers = np.arange(max(n, 0) // 2 + 1)
    return _frequencies("rfftfreq", numbers, n, d, out, dtype, requires_grad)


def fftshift(input, dim=None):
    """The values reordered, so that frequency 0 comes to the middle of the dimensions.

    >>> import rushlight as torch
    >>> torch.fft.fftshift(torch.fft.fftfreq(4))
    tensor([-0.5000, -0.2500,  0.0000,  0.2500])
    """
    return _shifted(input, dim, lambda size: size // 2)


def ifftshift(input, dim=None):
    """The inverse of `fftshift`."""
    return _shifted(input, dim, lambda size: (size + 1) // 2)


def _shifted(input, dim, shift):
    dims = (dim,) if isinstance(dim, int) else dim
    dims = tuple(range(input.ndim)) if dims is None else tuple(_one_dim(input, d) for d in dims)
    return roll(input, [shift(input.shape[d]) for d in dims], dims) if dims else input.clone()
