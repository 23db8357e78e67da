"""Functions of the elements and sums of large arrays as native code: what NumPy computes."""

import os
from types import SimpleNamespace

import numpy as np
import pytest

import rushlight as torch
from rushlight import kernels
from rushlight.kernels import elements, fused, memory, sums


@pytest.fixture
def at_once(monkeypatch):
    pytest.importorskip("llvmlite")
    monkeypatch.setattr(kernels, "_choice", "1")


def _numbers(*shape, dtype="f4"):
    return np.random.default_rng(0).standard_normal(shape).astype(dtype)


def _chain(x, y, slope):
    return np.exp(-x * x) * y + slope


def test_one_code_for_all_sizes_and_shapes(at_once):
    function = elements.Elements(_chain)
    for shape in [(20_000,), (200, 110), (30_000,), (10, 50, 61)]:
        x, y = _numbers(2, *shape)
        np.testing.assert_allclose(
            function(x, y, 0.5), _chain(x, y, np.float32(0.5)), rtol=2e-5, atol=1e-6
        )
    assert len(function.families) == 1 and not function.native


def test_small_and_large_arrays_have_code_of_their_own(at_once):
    function = elements.Elements(_chain)
    for size in (5_000, 300_000, 5_001, 299_999):
        x, y = _numbers(2, size)
        np.testing.assert_allclose(
            function(x, y, 0.5), _chain(x, y, np.float32(0.5)), rtol=2e-5, atol=1e-6
        )
    few, many = function.families.values()
    assert [each.runner(each.template.free.example).shared for each in (few, many)] == [False, True]


def test_numbers_in_arrays_and_arrays_that_were_expanded(at_once):
    x, one = _numbers(150, 100), np.float32([[2.5]])
    expanded = np.broadcast_to(one, x.shape)
    function = elements.Elements(np.multiply)
    for other in (one, expanded, np.asarray(one[0, 0])):
        np.testing.assert_array_equal(function(x, other), x * 2.5)
        if other.shape == x.shape:
            np.testing.assert_array_equal(function(other, x), x * 2.5)
    rows = np.broadcast_to(x[:, :1], x.shape)
    np.testing.assert_array_equal(function(x, rows), x * rows)
    np.testing.assert_array_equal(function(rows, x), x * rows)
    np.testing.assert_array_equal(function(x, x[0]), x * x[0])


def test_results_lie_in_memory_as_numpys_do(at_once):
    function, x = elements.Elements(np.multiply), _numbers(150, 100).T
    assert function(x, x).strides == (x * x).strides
    assert not function.families and not function.native


def test_no_code_for_what_gives_back_an_argument(at_once):
    function, x = elements.Elements(lambda g: g), _numbers(5000)
    assert function(x) is x and function(x) is x


def test_the_size_in_a_function_of_the_elements_is_seen(at_once):
    function, x = elements.Elements(lambda x: x / x.size), _numbers(5000)
    for each in (x, x[:4000], x[:3000]):
        np.testing.assert_array_equal(function(each), each / each.size)


def test_code_is_made_once_all_sizes_together_have_paid(monkeypatch):
    pytest.importorskip("llvmlite")
    monkeypatch.setattr(kernels, "_choice", "")
    monkeypatch.setattr(kernels, "PRICE", 10_000)
    function, counts = elements.Elements(np.negative), []
    for size in (4_000, 4_001, 4_002, 4_003):
        function(_numbers(size))
        counts.append(len(function.families))
    assert counts == [0, 0, 1, 1]


def test_huge_arrays_are_worked_on_in_pieces_without_native_code(monkeypatch):
    monkeypatch.setattr(kernels, "_choice", "0")
    monkeypatch.setattr(elements, "HUGE", 10_000)
    monkeypatch.setattr(elements, "PIECE", 3_000)
    seen = []
    function = elements.Elements(lambda x, y, slope: seen.append(x.size) or _chain(x, y, slope))
    x, y = _numbers(2, 100, 110)
    np.testing.assert_array_equal(function(x, y, 0.5), _chain(x, y, 0.5))
    np.testing.assert_array_equal(function(x, y[:1, :1], 0.5), _chain(x, y[0, 0], 0.5))
    assert seen == 2 * [1, 3_000, 3_000, 3_000, 2_000]
    np.testing.assert_array_equal(function(x, y[0], 0.5), _chain(x, y[0], 0.5))
    assert seen[-1] == 11_000
    assert elements.Elements(lambda g: g)(x) is x


def test_remembered_sizes_are_bounded(at_once, monkeypatch):
    monkeypatch.setattr(fused, "MOST_READY", 3)
    function = elements.Elements(np.negative)
    for size in range(4_000, 4_010):
        x = _numbers(size)
        np.testing.assert_array_equal(function(x), -x)
    assert len(function.ready) <= 3


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize(
    ("shape", "dim"),
    [
        ((300, 500), 1),
        ((300, 500), None),
        ((300, 500), -1),
        ((2, 150, 500), (2, 1)),
        ((3, 65_536), (1,)),
        ((3, 50_001), 1),
        ((151_003,), 0),
        ((300, 500), 0),
        ((15_000, 10), 1),
    ],
)
def test_large_sums(shape, dim, dtype, at_once):
    x = _numbers(*shape, dtype=dtype)
    t = torch.from_numpy(x).requires_grad_()
    exact = x.astype("f8").sum(dim)
    tolerance = dict(rtol=0, atol=2e-3 if dtype == "f4" else 1e-10)
    for keepdim in (False, True):
        total, mean = t.sum(dim, keepdim=keepdim), t.mean(dim, keepdim=keepdim)
        kept = x.astype("f8").sum(dim, keepdims=keepdim)
        assert total.shape == mean.shape == kept.shape and total.numpy(force=True).dtype == x.dtype
        np.testing.assert_allclose(total.detach().numpy(), kept, **tolerance)
        np.testing.assert_allclose(mean.detach().numpy() * x.size / exact.size, kept, **tolerance)


def test_errors_of_large_sums_grow_slowly(at_once):
    x = np.full(3_000_000, 0.1, "f4")
    assert abs(float(sums.large_sum(x, None)) / (x.astype("f8").sum()) - 1) < 1e-6


def test_sums_of_other_orders_are_numpys(at_once):
    x = _numbers(300, 500)
    assert sums.large_sum(x.T, None) is None and sums.large_sum(x, 0) is None
    np.testing.assert_allclose(torch.from_numpy(x.T).sum(1).numpy(), x.sum(0), atol=1e-3)


def test_gradients_of_large_arrays(at_once):
    x, y = (torch.from_numpy(_numbers(400, 400)).requires_grad_() for _ in range(2))
    bias = torch.from_numpy(_numbers(400)).requires_grad_()
    ((x * y - x / (y * y + 2) + bias) * -x).sum(1).mean().backward()
    wide = [t.detach().double().requires_grad_() for t in (x, y, bias)]
    a, b, c = wide
    ((a * b - a / (b * b + 2) + c) * -a).sum(1).mean().backward()
    for t, expected in zip((x, y, bias), wide, strict=True):
        torch.testing.assert_close(t.grad.double(), expected.grad, rtol=1e-4, atol=1e-6)
        assert t.grad.is_contiguous()


def test_nothing_is_kept_of_eager_results(at_once):
    function, x = fused.Fused(np.exp), _numbers(300, 500)
    first = function(x)
    address = first.ctypes.data
    (native,) = function.native.values()
    assert not any(output.given for output in native.outputs)
    assert function(x).ctypes.data != address


@pytest.mark.parametrize("told", [False, True])
def test_freed_memory_is_kept_unless_the_c_library_was_told_otherwise(told, monkeypatch):
    calls = []
    library = SimpleNamespace(mallopt=lambda *given: calls.append(given))
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda name: library)
    monkeypatch.setattr(memory.os, "environ", {"MALLOC_TRIM_THRESHOLD_": "1000"} if told else {})
    memory.keep_freed.__wrapped__()
    assert calls == ([] if told or os.name != "posix" else [(-3, 32 << 20), (-1, 256 << 20)])


def test_long_work_on_large_arrays_keeps_memory_without_native_code(monkeypatch):
    kept = []
    monkeypatch.setattr(memory, "_worked", 0)
    monkeypatch.setattr(memory, "keep_freed", lambda: kept.append(True))
    memory.note_work(memory.LONG_ENOUGH - 1)
    assert not kept
    memory.note_work(1)
    assert kept
