"""Differences of neighbours, numerical derivatives and integrals along a dimension."""

from __future__ import annotations

from rushlight import dtypes
from rushlight.ops.creation.copies import clone
from rushlight.ops.elementwise.arithmetic import _sub, mul
from rushlight.ops.elementwise.compare import logical_xor
from rushlight.ops.output import write_out
from rushlight.ops.reduction.scan import cumsum
from rushlight.ops.reduction.sums import floating, sum
from rushlight.ops.shape.join import cat
from rushlight.ops.shapes import normalize_dim, normalize_dims
from rushlight.tensor import NUMBER_TYPES, Tensor

__all__ = ["cumulative_trapezoid", "diff", "gradient", "trapezoid", "trapz"]


def _part(input, dim, start, stop):
    """The elements from `start` to `stop` along `dim`, as a view."""
    return input[(slice(None),) * dim + (slice(start, stop),)]


def _check_joined(input, other, dim):
    """Refuse what is put before or behind, if it has another shape than `input` has."""
    if other.ndim != input.ndim:
        raise RuntimeError("diff expects prepend or append to be the same dimension as input")
    for d, (one, two) in enumerate(zip(input.shape, other.shape, strict=True)):
        if d != dim and one != two:
            raise RuntimeError(
                "diff expects the shape of tensor to prepend or append to match that of input "
                f"except along the differencing dimension; input.size({d}) = {one}, but got "
                f"tensor.size({d}) = {two}"
            )


def diff(input, n=1, dim=-1, prepend=None, append=None, *, out=None):
    """The n-th differences of neighbours along `dim`: x[i + 1] - x[i].

    >>> import rushlight as torch
    >>> torch.diff(torch.tensor([1, 4, 9]))
    tensor([3, 5])
    """
    if not input.ndim:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    dim = normalize_dim(dim, input.ndim)
    if n == 0:
        result = clone(input)
        if isinstance(out, Tensor) and out.dtype is not input.dtype:
            raise RuntimeError(
                f"expected scalar_type {input.dtype.title} but found {out.dtype.title}"
            )
        return result if out is None else write_out("diff", result, (input,), out)
    joined = [x for x in (prepend, input, append) if x is not None]
    for other in (prepend, append):
        if other is not None:
            _check_joined(input, other, dim)
    result = input if len(joined) == 1 else cat(joined, dim)
    for _ in range(min(n, result.shape[dim])):
        later, earlier = _part(result, dim, 1, None), _part(result, dim, None, -1)
        is_bool = result._array.dtype.kind == "b"
        result = logical_xor(later, earlier) if is_bool else _sub(later, earlier)
    return result if out is None else write_out("diff", result, (input,), out)


# Derivatives --------------------------------------------------------------------------------------


def gradient(input, *, spacing=1, dim=None, edge_order=1):
    """Numerical derivatives along the dimensions `dim`, one tensor for each.

    Central differences inside, one-sided ones (of order `edge_order`) at the ends.

    Args:
        spacing: the distance between neighbours: one number, one for each dimension, or for each
            dimension a tensor of coordinates.

    >>> import rushlight as torch
    >>> torch.gradient(torch.tensor([1.0, 2.0, 4.0, 8.0]))
    (tensor([1.0000, 1.5000, 3.0000, 4.0000]),)
    """
    dims = normalize_dims(dim, input.ndim)
    if input.dtype is dtypes.bool_:
        raise RuntimeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or "
            "`logical_xor()` operator instead."
        )
    if edge_order not in (1, 2):
        raise RuntimeError("torch.gradient only supports edge_order=1 and edge_order=2.")
    if any(input.shape[d] < edge_order + 1 for d in dims):
        raise RuntimeError(
            "torch.gradient expected each dimension size to be at least edge_order+1"
        )
    spacings = _spacings(input, spacing, dim, dims)
    return tuple(
        _derivative(floating(input), d, h, edge_order) for d, h in zip(dims, spacings, strict=True)
    )


def _spacings(input, spacing, dim, dims):
    """The distances for each dimension."""
    if spacing is None or isinstance(spacing, NUMBER_TYPES):
        return [1 if spacing is None else spacing] * len(dims)
    if len(spacing) != len(dims):
        if dim is None:
            raise RuntimeError(
                "torch.gradient expected spacing to be unspecified, a scalar, or a list of length "
                f"equal to 'self.dim() = {input.ndim}', since dim argument was not given, but got "
                f"a list of length {len(spacing)}"
            )
        raise RuntimeError(
            "torch.gradient expected spacing to be unspecified, a scalar or it's spacing and dim "
            "arguments to have the same length, but got a spacing argument of length "
            f"{len(spacing)} and a dim argument of length {len(dims)}."
        )
    return list(spacing)


def _derivative(input, dim, spacing, edge_order):
    """The derivative along one dimension.

    With distances a before and b after a point, the parabola through three points has the slope
    (x[-1] * -b / a + x[1] * a / b) / (a + b) + x[0] * (b - a) / (a * b) in the middle.
    """
    count = input.shape[dim]
    if isinstance(spacing, Tensor):
        steps = diff(spacing).reshape((-1,) + (1,) * (input.ndim - 1 - dim))
        a, b = steps[:-1], steps[1:]
        first, last = steps[:2], steps[-2:]
        first_step, second_step, last_step, last_but_one = first[0], first[-1], last[-1], last[0]
    else:
        a = b = first_step = second_step = last_step = last_but_one = spacing
    slopes = diff(input, dim=dim)
    before, after = _part(slopes, dim, None, -1), _part(slopes, dim, 1, None)
    inside = before * (b / (a * (a + b))) + after * (a / (b * (a + b)))
    ends = []
    for at, step, neighbour, beside in (
        (0, first_step, second_step, 1),
        (count - 2, last_step, last_but_one, count - 3),
    ):
        slope = _part(slopes, dim, at, at + 1) / step
        if edge_order == 2:
            other = _part(slopes, dim, beside, beside + 1) / neighbour
            slope = slope + (slope - other) * (step / (step + neighbour))
        ends.append(slope)
    return cat([ends[0], inside, ends[1]], dim)


# Integrals ----------------------------------------------------------------------------------------


def _trapezoids(name, y, x, dx, dim):
    """The areas under the straight lines between neighbours, and the dimension."""
    if not y.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    if any(each is not None and each._array.dtype.kind == "b" for each in (x, y)):
        which = "`y`" if x is None else "`x` or `y`"
        raise RuntimeError(f"{name}: received a bool input for {which}, but bool is not supported")
    dim = normalize_dim(dim, y.ndim)
    sums = _part(y, dim, 1, None) + _part(y, dim, None, -1)
    if x is None:
        return sums * (0.5 * (1 if dx is None else dx)), dim
    if dx is not None:
        raise RuntimeError("trapezoid() received both x and dx: give one of them")
    if x.ndim == 1:
        if x.shape[0] != y.shape[dim]:
            raise RuntimeError("trapezoid: There must be one `x` value for each sample point")
        widths = diff(x).reshape((-1,) + (1,) * (y.ndim - 1 - dim))
    else:
        widths = diff(x, dim=dim - y.ndim)
    return mul(sums, widths) * 0.5, dim


def trapezoid(y, x=None, *, dx=None, dim=-1):
    """The integral along `dim` by the trapezoidal rule, at points `x`, or `dx` apart.

    >>> import rushlight as torch
    >>> torch.trapezoid(torch.tensor([1.0, 2.0, 4.0]))
    tensor(4.5000)
    """
    areas, dim = _trapezoids("trapezoid", y, x, dx, dim)
    return sum(areas, dim)


def cumulative_trapezoid(y, x=None, *, dx=None, dim=-1):
    """The running integral along `dim` by the trapezoidal rule.

    >>> import rushlight as torch
    >>> torch.cumulative_trapezoid(torch.tensor([1.0, 2.0, 4.0]))
    tensor([1.5000, 4.5000])
    """
    areas, dim = _trapezoids("cumulative_trapezoid", y, x, dx, dim)
    return cumsum(areas, dim)


trapz = trapezoid
