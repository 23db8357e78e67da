"""Products of matrices, and what is built on them."""

from __future__ import annotations

import math

import numpy as np

from rushlight import dtypes
from rushlight.kernels.fused import LEAST, Fused
from rushlight.ops.deprecated import deprecated
from rushlight.ops.elementwise.arithmetic import _add
from rushlight.ops.fast import float32, float64, sum_to
from rushlight.ops.op import opaque, recorded_as
from rushlight.ops.output import write_out
from rushlight.ops.reduction.sums import _sum
from rushlight.ops.refused import refuse, require_tensors
from rushlight.ops.shape.views import _reshape, _squeeze, _t, _transpose, _unsqueeze
from rushlight.ops.shapes import broadcast_shapes, ordered

__all__ = [
    "addbmm",
    "addmm",
    "addmv",
    "addr",
    "baddbmm",
    "bmm",
    "chain_matmul",
    "dot",
    "linear",
    "matmul",
    "mm",
    "mv",
    "rmatmul",
    "vdot",
]


def _check_same_dtype(input, other):
    if input.dtype != other.dtype:
        raise RuntimeError(
            "expected m1 and m2 to have the same dtype, but got: "
            f"{dtypes.c_name(dtypes.of(input))} != {dtypes.c_name(dtypes.of(other))}"
        )


def _check_same_scalars(input, other):
    if input.dtype != other.dtype:
        one, two = (dtypes.of(x).title for x in (input, other))
        raise RuntimeError(f"expected scalar type {one} but found {two}")


def _check_mm(input, mat2):
    if input.ndim != 2 or mat2.ndim != 2:
        which = "self" if input.ndim != 2 else "mat2"
        raise RuntimeError(f"{which} must be a matrix")
    if input.shape[1] != mat2.shape[0]:
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied ({_by(input.shape)} and {_by(mat2.shape)})"
        )
    _check_same_dtype(input, mat2)


def _by(shape):
    return "x".join(map(str, shape))


@opaque(
    result="same",
    refuses=("b", "addmm_impl_cpu_"),
    check=_check_mm,
    d_input=lambda g, mat2: mm(g, _t(mat2)),
    d_mat2=lambda g, input: mm(_t(input), g),
)
def mm(input, mat2):
    """Product of two matrices, (n, k) and (k, m)."""
    if input.ndim != 2 or mat2.ndim != 2 or input.dtype is not mat2.dtype:
        _check_mm(input, mat2)
    if _is_for_blas(input, mat2):
        return input.dot(mat2)
    if input.shape[1] == 1 and input.dtype.kind != "b":  # twice as fast as NumPy's product
        return np.multiply(input, mat2)
    return np.matmul(input, mat2)


def _is_for_blas(input, other):
    """Whether `input.dot(other)` is the product, the same to the bit: it begins 1.5 us sooner."""
    if input.__class__ is not np.ndarray or other.__class__ is not np.ndarray:
        return False
    return input.dtype is float32 or input.dtype is float64


def _check_linear(input, weight, bias):
    if weight.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {weight.ndim}D")
    if weight.ndim == 1 and input.ndim == 2:
        _check_mv(input, weight)
    columns = input.shape[-1] if input.ndim else 1
    if weight.shape[-1] != columns:
        rows = int(np.prod(input.shape[:-1]))
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied ({rows}x{columns} and "
            f"{_by(weight.shape[::-1])})"
        )
    for other in (weight, bias):
        if other is not None and input.dtype != other.dtype:
            _refuse_dtypes(input, other, bias)
    rows = (*input.shape[:-1], *weight.shape[:-1])
    if bias is not None and bias.ndim and bias.shape[-1] not in (1, weight.shape[0]):
        raise RuntimeError(
            f"The expanded size of the tensor ({rows[-1]}) must match the existing size "
            f"({bias.shape[-1]}) at non-singleton dimension {len(rows) - 1}.  Target sizes: "
            f"{list(rows)}.  Tensor sizes: {list(bias.shape)}"
        )


def _refuse_dtypes(input, other, bias):
    if bias is None:
        _check_same_dtype(input, other)
    if other is bias:
        _refuse_added(bias, input)
    raise RuntimeError(
        "mat1 and mat2 must have the same dtype, but got "
        f"{dtypes.of(input).title} and {dtypes.of(other).title}"
    )


def _refuse_added(input, mat):
    raise RuntimeError(
        "self and mat2 must have the same dtype, but got "
        f"{dtypes.of(input).title} and {dtypes.of(mat).title}"
    )


def _linear_node(input, weight, bias):
    """PyTorch multiplies matrices, and makes them of other shapes (and back) by views."""
    if weight.ndim == 2 and input.ndim == 2:
        return "MmBackward0" if bias is None else "AddmmBackward0"
    if bias is not None:
        return "ViewBackward0"
    return "UnsafeViewBackward0" if input.ndim > 2 else "SqueezeBackward4"


def _linear_input(g, weight, input_shape):
    """The gradient of `linear` in its input."""
    if weight.ndim == 2 and g.ndim < 3:
        return mm(g, weight) if g.ndim == 2 else mv(_t(weight), g)
    weight = as_rows(weight)
    return _reshape(mm(_by_outputs(g, weight.shape[0]), weight), shape=input_shape)


def _linear_weight(g, input, weight_shape):
    """The gradient of `linear` in its weight."""
    if len(weight_shape) == 2 and g.ndim < 3:
        return mm(_t(g), input) if g.ndim == 2 else _outer(g, input)
    rows = 1 if len(weight_shape) == 1 else weight_shape[0]
    return _reshape(mm(_t(_by_outputs(g, rows)), as_rows(input)), shape=weight_shape)


def _linear_bias(g):
    """The gradient of `linear` in its bias."""
    return g if g.ndim == 1 else _sum(as_rows(g), dim=0, keepdim=False)


def as_rows(x):
    """A tensor as a matrix of its last dimension's vectors."""
    if x.ndim == 2:
        return x
    return _reshape(x, shape=(math.prod(x.shape[:-1]), x.shape[-1]))


def _by_outputs(g, count):
    """The gradient of `linear`'s output, as a matrix with a column for each row of the weight."""
    return _reshape(g, shape=(math.prod(g.shape) // max(count, 1), count))


@opaque(
    node=_linear_node,
    order={"AddmmBackward0": (2, 0, 1)},
    refuses=("b", "addmm_impl_cpu_"),
    check=_check_linear,
    d_input=_linear_input,
    d_weight=_linear_weight,
    d_bias=_linear_bias,
)
def linear(input, weight, bias=None):
    """Affine map of the last dimension: `input @ weight.T + bias`.

    Shapes: input (*, in), weight (out, in), bias (out), output (*, out).
    """
    if input.dtype is not weight.dtype or weight.ndim > 2:
        _check_linear(input, weight, bias)
    result = _one_product(input, weight.T)
    if bias is not None:
        if bias.dtype is not result.dtype:
            _refuse_added(bias, input)
        result += bias
    return result


def _one_product(input, matrix):
    """`np.matmul`, which would multiply each of a stack of matrices by itself."""
    if input.ndim == 2 == matrix.ndim and _is_for_blas(input, matrix):
        return input.dot(matrix)
    if input.__class__ is not np.ndarray or input.ndim < 3 or matrix.ndim != 2:
        product = np.matmul(input, matrix)
        return ordered(product) if input.ndim > 2 else product
    rows = input.reshape(math.prod(input.shape[:-1]), input.shape[-1])
    return np.matmul(rows, matrix).reshape(*input.shape[:-1], matrix.shape[-1])


def flipped(x):
    """The transposes of stacked matrices."""
    return _transpose(x, dim0=-2, dim1=-1)


def _check_matmul(input, other):
    if input.shape[-1] != other.shape[-2]:
        if other.ndim == 2:
            rows = math.prod(input.shape[:-1]), input.shape[-1]
            raise RuntimeError(
                f"mat1 and mat2 shapes cannot be multiplied ({_by(rows)} and {_by(other.shape)})"
            )
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: "
            f"[{input.shape[0]}, {input.shape[-1]}] but got: [{other.shape[0]}, {other.shape[-2]}]."
        )
    if other.ndim == 2 < input.ndim:
        _check_same_dtype(input, other)
    _check_same_scalars(input, other)
    broadcast_shapes(input.shape[:-2], other.shape[:-2])


@opaque(
    result="same",
    node="UnsafeViewBackward0",
    check=_check_matmul,
    d_input=lambda g, other, input_shape: sum_to(_matmul(g, flipped(other)), input_shape),
    d_other=lambda g, input, other_shape: sum_to(_matmul(flipped(input), g), other_shape),
)
def _matmul(input, other):
    """Products of stacked matrices, (..., n, k) and (..., k, m), whose stacks broadcast."""
    return _one_product(input, other)


def _check_dot(input, tensor):
    if input.ndim != 1 or tensor.ndim != 1:
        raise RuntimeError(f"1D tensors expected, but got {input.ndim}D and {tensor.ndim}D tensors")
    if input.dtype != tensor.dtype:
        raise RuntimeError(
            f"dot : expected both vectors to have same dtype, but found {dtypes.of(input).title} "
            f"and {dtypes.of(tensor).title}"
        )
    if input.shape != tensor.shape:
        raise RuntimeError(
            f"inconsistent tensor size, expected tensor [{input.shape[0]}] and src "
            f"[{tensor.shape[0]}] to have the same number of elements, but got {input.shape[0]} "
            f"and {tensor.shape[0]} elements respectively"
        )


@opaque(
    result="same",
    refuses=("b", "dot"),
    check=_check_dot,
    d_input=lambda g, tensor: g * tensor,
    d_tensor=lambda g, input: g * input,
)
def dot(input, tensor):
    """Product of two vectors: the sum of their elements' products."""
    if input.ndim != 1 or tensor.ndim != 1 or input.dtype is not tensor.dtype:
        _check_dot(input, tensor)
    return np.dot(input, tensor)


def _check_mv(input, vec):
    if input.ndim != 2 or vec.ndim != 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got 1, {input.ndim}, {vec.ndim}")
    if input.shape[1] != vec.shape[0]:
        raise RuntimeError(
            f"size mismatch, got input ({input.shape[0]}), mat ({_by(input.shape)}), "
            f"vec ({vec.shape[0]})"
        )
    if input.dtype != vec.dtype:
        names = [dtypes.of(x).title for x in (vec, input)]
        raise RuntimeError(
            "addmv input tensors must have the same dtype, but got "
            f"{names[0]}, {names[1]}, and {names[0]}"
        )


@opaque(
    result="same",
    refuses=("b", "addmv_impl_cpu"),
    check=_check_mv,
    d_input=lambda g, vec: _unsqueeze(g, dim=1) * vec,
    d_vec=lambda g, input: mv(_t(input), g),
)
def mv(input, vec):
    """Product of a matrix (n, k) and a vector (k)."""
    if input.ndim != 2 or vec.ndim != 1 or input.dtype is not vec.dtype:
        _check_mv(input, vec)
    return input.dot(vec) if _is_for_blas(input, vec) else np.matmul(input, vec)


@opaque(
    takes_out=False,
    d_input=lambda g, vec2: mv(g, vec2),
    d_vec2=lambda g, input: mv(_t(g), input),
)
def _outer(input, vec2):
    """Product of a column (n) and a row (m)."""
    return np.multiply(input[:, np.newaxis], vec2)


@opaque(
    takes_out=False,
    d_input=lambda g, vec2: _squeeze(_matmul(g, _unsqueeze(vec2, dim=2)), dim=(2,)),
    d_vec2=lambda g, input: _squeeze(_matmul(flipped(g), _unsqueeze(input, dim=2)), dim=(2,)),
)
def _outer_of_samples(input, vec2):
    """Products of columns, the rows of (size, n), and rows, those of (size, m): (size, n, m)."""
    large = input.size * vec2.shape[1] >= LEAST
    return (_products if large else _products.function)(input, vec2)


class _Products(Fused):
    """What native code is worth is counted by what it makes, not by what it reads."""

    def _paid(self, kind, elements):
        rows_shape = kind[0][1][0]
        return super()._paid(kind, elements * rows_shape[1])


@_Products
def _products(columns, rows):
    return np.multiply(columns[:, :, np.newaxis], rows[:, np.newaxis])


def matmul(input, other, *, out=None):
    """Matrix product: of vectors, matrices, or stacks of matrices, which broadcast.

    >>> import rushlight as torch
    >>> torch.matmul(torch.eye(2), torch.tensor([3.0, 4.0]))
    tensor([3., 4.])
    """
    require_tensors("matmul", input=input, other=other)
    dims = input._array.ndim, other._array.ndim
    if dims == (2, 2):
        return mm(input, other, out=out)
    if 0 in dims:
        raise RuntimeError(
            f"both arguments to matmul need to be at least 1D, but they are {dims[0]}D and "
            f"{dims[1]}D"
        )
    if dims == (1, 1):
        return dot(input, other, out=out)
    if dims == (2, 1):
        return mv(input, other, out=out)
    if 1 in dims:
        result = _matmul_by_vector(input, other, dims)
        return result if out is None else write_out("mm", result, (input, other), out)
    return _matmul(input, other, out=out)


def _matmul_by_vector(input, other, dims):
    """A product of a vector and a stack of matrices, either way round."""
    if dims[0] == 1:
        return _squeeze(matmul(_unsqueeze(input, dim=0), other), dim=(dims[1] - 2,))
    return _squeeze(matmul(input, _unsqueeze(other, dim=1)), dim=(dims[0] - 1,))


def rmatmul(input, other):
    """`other @ input`."""
    return matmul(other, input)


def vdot(input, other, *, out=None):
    """Product of two vectors, the first conjugated."""
    return recorded_as(
        dot(input.conj() if input.is_complex() else input, other, out=out), "VdotBackward0"
    )


def _check_bmm(input, mat2):
    for name, x in (("batch1", input), ("batch2", mat2)):
        if x.ndim != 3:
            raise RuntimeError(f"{name} must be a 3D tensor")
    if input.shape[0] != mat2.shape[0] or input.shape[2] != mat2.shape[1]:
        raise RuntimeError(
            "Expected size for first two dimensions of batch2 tensor to be: "
            f"[{input.shape[0]}, {input.shape[2]}] but got: [{mat2.shape[0]}, {mat2.shape[1]}]."
        )
    _check_same_scalars(input, mat2)


@opaque(
    result="same",
    refuses=("b", "bmm"),
    d_input=lambda g, mat2: _matmul(g, flipped(mat2)),
    d_mat2=lambda g, input: _matmul(flipped(input), g),
)
def bmm(input, mat2):
    """Products of stacked matrices, (b, n, k) and (b, k, m)."""
    _check_bmm(input, mat2)
    return np.matmul(input, mat2)


def _check_addmm(input, mat1, mat2, **numbers):
    for name, x in (("mat1", mat1), ("mat2", mat2)):
        if x.ndim != 2:
            raise RuntimeError(f"{name} must be a matrix, got {x.ndim}-D tensor")
    for one, other in ((input, mat2), (mat1, mat2)):
        if one.dtype != other.dtype:
            _refuse_added(one, other)
    _check_mm(mat1, mat2)
    shape = mat1.shape[0], mat2.shape[1]
    if input.ndim > 2 or any(
        n not in (1, size) for n, size in zip(input.shape[::-1], shape[::-1], strict=False)
    ):
        dim = 1 if input.shape[-1] not in (1, shape[1]) else 0
        raise RuntimeError(
            f"The expanded size of the tensor ({shape[dim]}) must match the existing size "
            f"({input.shape[dim - 2]}) at non-singleton dimension {dim}.  Target sizes: "
            f"{list(shape)}.  Tensor sizes: {list(input.shape)}"
        )


@opaque(
    node="AddmmBackward0",
    refuses=("b", "addmm_impl_cpu_"),
    check=_check_addmm,
    d_input=lambda g, input_shape, beta: sum_to(g, input_shape) * beta,
    d_mat1=lambda g, mat2, alpha: mm(g, _t(mat2)) * alpha,
    d_mat2=lambda g, mat1, alpha: mm(_t(mat1), g) * alpha,
)
def _addmm(input, mat1, mat2, *, beta, alpha):
    """`beta * input + alpha * (mat1 @ mat2)`; with beta 0, not even nans of `input` count."""
    _check_addmm(input, mat1, mat2)
    product = np.matmul(mat1, mat2)
    if alpha != 1:
        product *= product.dtype.type(alpha)
    if beta != 0:
        product += input if beta == 1 else input * product.dtype.type(beta)
    return product


def addmm(input, mat1, mat2, *, beta=1, alpha=1, out=None):
    """`beta * input + alpha * (mat1 @ mat2)`; `input` broadcasts.

    >>> import rushlight as torch
    >>> torch.addmm(torch.ones(2), torch.eye(2), torch.eye(2))
    tensor([[2., 1.],
            [1., 2.]])
    """
    return _addmm(input, mat1, mat2, beta=beta, alpha=alpha, out=out)


def addmv(input, mat, vec, *, beta=1, alpha=1, out=None):
    """`beta * input + alpha * (mat @ vec)`."""
    rows = mat.shape[:1]
    if tuple(input.shape) not in ((), (1,), tuple(rows)):
        raise RuntimeError(
            f"size mismatch, got input ({_by(input.shape)}), mat ({_by(mat.shape)}), "
            f"vec ({_by(vec.shape)})"
        )
    return _add_product("addmv", input, mv(mat, vec), beta, alpha, out)


def addr(input, vec1, vec2, *, beta=1, alpha=1, out=None):
    """`beta * input + alpha * outer(vec1, vec2)`."""
    for name, x in (("vec1", vec1), ("vec2", vec2)):
        if x.ndim != 1:
            raise RuntimeError(f"addr: Expected 1-D argument {name}, but got {x.ndim}-D")
    return _add_product("addr", input, _unsqueeze(vec1, dim=1) * vec2, beta, alpha, out)


def baddbmm(input, batch1, batch2, *, beta=1, alpha=1, out=None):
    """`beta * input + alpha * (batch1 @ batch2)`, for stacks of matrices."""
    refuse("b", "baddbmm", batch1)
    return _add_product("baddbmm", input, bmm(batch1, batch2), beta, alpha, out)


def addbmm(input, batch1, batch2, *, beta=1, alpha=1, out=None):
    """`beta * input + alpha * sum of batch1[i] @ batch2[i]`."""
    refuse("b", "addmm_impl_cpu_", batch1)
    total = _sum(bmm(batch1, batch2), dim=0)
    if batch1._array.dtype.kind in "iu":
        total = total.to(batch1.dtype)
    return _add_product("addbmm", input, total, beta, alpha, out)


def _add_product(name, input, product, beta, alpha, out):
    """`beta * input + alpha * product`; with beta 0, `input` doesn't count, not even its nans."""
    if product._array.dtype.kind in "bui":
        kind = bool if product._array.dtype.kind == "b" else int
        beta, alpha = kind(beta), kind(alpha)
    scaled = product if alpha == 1 else product * alpha
    if beta == 0:
        target = broadcast_shapes(tuple(input.shape), tuple(product.shape))
        result = scaled.expand(target)
    else:
        result = _add(scaled, input if beta == 1 else input * beta)
    if out is not None:
        return write_out(name, result, (input, product), out)
    return recorded_as(result, f"{name.capitalize()}Backward0")


def chain_matmul(*matrices, out=None):
    """The product of several matrices."""
    deprecated("chain_matmul")
    result = matrices[0]
    for matrix in matrices[1:]:
        result = mm(result, matrix)
    return result
