"""The array API standard: names and values, beside NumPy, whose namespace follows it."""

import numpy as np
import pytest

import rushlight as rl

XP = rl.ones(1).__array_namespace__()

F = [[1.5, -2.0, 3.0], [0.5, 4.0, -1.0]]
I = [[3, 1, 2], [6, 5, 4]]
V = [1.0, 2.0, 3.0]

CALLS = {
    **{
        name: lambda xp, f, i, v, name=name: getattr(xp, name)(f)
        for name in (
            "abs acosh asinh atan ceil cos cosh exp expm1 floor isfinite isinf isnan negative "
            "positive real reciprocal round sign signbit sin sinh square tan tanh trunc max min sum "
            "prod mean std var any all argmax argmin matrix_transpose flip count_nonzero"
        ).split()
        if name != "acosh"
    },
    **{
        name: lambda xp, f, i, v, name=name: getattr(xp, name)(f, v)
        for name in (
            "add atan2 copysign divide equal floor_divide greater greater_equal hypot less "
            "less_equal logaddexp maximum minimum multiply nextafter not_equal remainder subtract "
            "matmul"
        ).split()
        if name != "matmul"
    },
    "bits": lambda xp, f, i, v: xp.bitwise_xor(xp.bitwise_left_shift(i, i), xp.bitwise_invert(i)),
    "maximum_number": lambda xp, f, i, v: xp.maximum(f, 2.0),
    "sum_axis": lambda xp, f, i, v: xp.sum(f, axis=1, keepdims=True),
    "sum_axes": lambda xp, f, i, v: xp.sum(i, axis=(0, 1)),
    "prod_axes": lambda xp, f, i, v: xp.prod(f, axis=(0, 1)),
    "std_correction": lambda xp, f, i, v: xp.std(f, axis=0, correction=1),
    "cumulative_sum": lambda xp, f, i, v: xp.cumulative_sum(f, axis=1, include_initial=True),
    "cumulative_prod": lambda xp, f, i, v: xp.cumulative_prod(v),
    "concat": lambda xp, f, i, v: xp.concat([f, f], axis=1),
    "concat_flat": lambda xp, f, i, v: xp.concat([f, v], axis=None),
    "expand_dims": lambda xp, f, i, v: xp.expand_dims(f, axis=(0, -1)),
    "permute_dims": lambda xp, f, i, v: xp.permute_dims(f, (1, 0)),
    "repeat": lambda xp, f, i, v: xp.repeat(f, 2, axis=1),
    "roll": lambda xp, f, i, v: xp.roll(f, 1, axis=1),
    "stack": lambda xp, f, i, v: xp.stack([v, v], axis=1),
    "tile": lambda xp, f, i, v: xp.tile(v, (2, 1)),
    "unstack": lambda xp, f, i, v: xp.unstack(f, axis=1)[1],
    "moveaxis": lambda xp, f, i, v: xp.moveaxis(f, 0, 1),
    "take": lambda xp, f, i, v: xp.take(f, i[0] - 1, axis=1),
    "take_along_axis": lambda xp, f, i, v: xp.take_along_axis(f, i % 3, axis=1),
    "sort": lambda xp, f, i, v: xp.sort(f, axis=0),
    "argsort": lambda xp, f, i, v: xp.argsort(f, axis=1),
    "nonzero": lambda xp, f, i, v: xp.nonzero(f > 0)[1],
    "searchsorted": lambda xp, f, i, v: xp.searchsorted(v, v - 0.5),
    "where": lambda xp, f, i, v: xp.where(f > 0, f, v),
    "clip": lambda xp, f, i, v: xp.clip(f, 0.0, 2.0),
    "astype": lambda xp, f, i, v: xp.astype(f, xp.int32),
    "eye": lambda xp, f, i, v: xp.eye(2, 3, k=1),
    "linspace": lambda xp, f, i, v: xp.linspace(0, 1, 5, endpoint=False),
    "meshgrid": lambda xp, f, i, v: xp.meshgrid(v, v)[0],
    "tril": lambda xp, f, i, v: xp.tril(f, k=-1),
    "triu": lambda xp, f, i, v: xp.triu(f, k=1),
    "diff": lambda xp, f, i, v: xp.diff(f),
    "values": lambda xp, f, i, v: xp.sort(xp.unique_values(i % 3)),
    "all_indices": lambda xp, f, i, v: xp.unique_all(i % 3).indices,
    "all_inverse": lambda xp, f, i, v: xp.unique_all(i % 3).inverse_indices,
    "counts": lambda xp, f, i, v: xp.unique_counts(i % 3).counts,
    "vecdot": lambda xp, f, i, v: xp.vecdot(f, f),
    "tensordot": lambda xp, f, i, v: xp.tensordot(f, f, axes=2),
    "outer": lambda xp, f, i, v: xp.linalg.outer(v, v),
    "trace": lambda xp, f, i, v: xp.linalg.trace(f, offset=1),
    "diagonal": lambda xp, f, i, v: xp.linalg.diagonal(f),
    "vector_norm": lambda xp, f, i, v: xp.linalg.vector_norm(f, axis=1),
    "matrix_norm": lambda xp, f, i, v: xp.linalg.matrix_norm(f),
    "squeeze": lambda xp, f, i, v: xp.squeeze(xp.expand_dims(f, axis=0), axis=0),
    "broadcast_arrays": lambda xp, f, i, v: xp.broadcast_arrays(f, v)[1],
}


@pytest.mark.parametrize("name", CALLS)
def test_values_are_those_of_the_standard(name):
    theirs = CALLS[name](np, np.array(F), np.array(I), np.array(V))
    float64 = {"dtype": rl.float64}
    mine = CALLS[name](XP, rl.tensor(F, **float64), rl.tensor(I), rl.tensor(V, **float64))
    assert tuple(mine.shape) == theirs.shape
    np.testing.assert_allclose(mine.numpy(), theirs, rtol=1e-6)
    if name not in ("linspace", "eye"):  # there the default dtype decides
        assert mine.dtype == rl.from_numpy(np.array(theirs)).dtype


def test_dtypes_and_inspection():
    assert XP.isdtype(XP.int8, ("bool", "signed integer")) and not XP.isdtype(XP.uint8, "bool")
    with pytest.raises(ValueError, match="unrecognized data type kind: 'odd'"):
        XP.isdtype(XP.int8, "odd")
    assert XP.result_type(XP.int8, XP.uint8) == XP.int16
    assert XP.result_type(rl.ones(1), 2.5) == XP.float32
    info = XP.__array_namespace_info__()
    assert set(info.dtypes(kind="real floating")) == {"float32", "float64"}
    assert info.default_dtypes()["real floating"] == XP.float32
    assert info.devices() == [info.default_device()]
    assert info.capabilities()["boolean indexing"]
    assert XP.__array_api_version__ == "2024.12"
    with pytest.raises(ValueError, match="Unrecognized array API version: '1999'"):
        rl.ones(1).__array_namespace__(api_version="1999")


def test_refusals():
    with pytest.raises(ValueError, match="squeezed dimensions must have size 1"):
        XP.squeeze(rl.ones(2), 0)
    with pytest.raises(ValueError, match="axis must be specified"):
        XP.cumulative_sum(rl.ones(2, 2))
    with pytest.raises(ValueError, match="axis must be specified when ndim > 1"):
        XP.take(rl.ones(2, 2), rl.arange(1))
    with pytest.raises(ValueError, match="nonzero\\(\\) does not support zero-dimensional arrays"):
        XP.nonzero(rl.tensor(1.0))
    with pytest.raises(AttributeError):
        _ = XP.no_such_function
