"""Compiled loops: they compute what NumPy's way computes, and are used once they have earned it."""

import itertools

import numpy as np
import pytest

import rushlight as torch
from rushlight import kernels
from rushlight.kernels import blas, direct, neighbors, order, places, scans, tiles, twister, windows
from rushlight.ops.reduction import sort
from rushlight.random import stream

F = torch.nn.functional


def _loops():
    modules = (neighbors, order, places, scans, tiles, twister, windows)
    return [value for m in modules for value in vars(m).values() if isinstance(value, kernels.Loop)]


@pytest.fixture(params=["python", "numba"])
def with_loops(request, monkeypatch):
    """All loops are used from now on: as the Python that they are, or compiled."""
    if request.param == "numba":
        pytest.importorskip("numba")
    for each in _loops():
        monkeypatch.setattr(each, "_usable", True)
        compiled = each.compiled if request.param == "numba" else each.function
        monkeypatch.setattr(each, "compiled", compiled or each.compile())
    monkeypatch.setattr(kernels, "LEAST", 1)
    monkeypatch.setattr(direct, "_LEAST", 1)
    monkeypatch.setattr(kernels, "SHARED", 8)
    return request.param


def _both_ways(function, *shapes, indices=()):
    """The outputs and gradients of `function` on random inputs."""
    torch.manual_seed(0)
    inputs = [torch.randn(*shape, requires_grad=True) for shape in shapes]
    out = function(*inputs, *indices)
    (out * torch.linspace(-1, 1, out.numel()).reshape(out.shape)).sum().backward()
    return [out.detach().numpy(), *(x.grad.numpy() for x in inputs)]


_INDEX = torch.tensor([[0, 2, 2, 1], [3, 3, 0, 1], [1, 0, 2, 2]])
CASES = {
    "max_pool2d": (lambda x: F.max_pool2d(x, 2), (2, 3, 6, 7)),
    "max_pool2d, overlapping": (lambda x: F.max_pool2d(x, 3, 2, 1), (2, 3, 7, 6)),
    "max_pool2d, dilated": (lambda x: F.max_pool2d(x, 2, 1, 1, dilation=2), (1, 2, 7, 6)),
    "max_pool2d, ceil": (lambda x: F.max_pool2d(x, (2, 3), 2, ceil_mode=True), (1, 2, 7, 6)),
    "depthwise": (lambda x, w: F.conv2d(x, w, padding=1, groups=3), (2, 3, 6, 5), (3, 1, 3, 3)),
    "depthwise, strided": (
        lambda x, w: F.conv2d(x, w, stride=(2, 1), dilation=(1, 2), groups=3),
        *((2, 3, 9, 8), (6, 1, 3, 2)),
    ),
    "depthwise, several each": (
        lambda x, w: F.conv2d(x, w, stride=(2, 1), padding=(1, 2), dilation=2, groups=3),
        *((2, 3, 9, 8), (6, 1, 3, 3)),
    ),
    "conv2d": (lambda x, w: F.conv2d(x, w, padding=1), (2, 3, 6, 5), (4, 3, 3, 3)),
    "conv2d, strided, in groups": (
        lambda x, w: F.conv2d(x, w, stride=(1, 2), dilation=(2, 1), groups=2),
        *((2, 4, 9, 8), (6, 2, 3, 2)),
    ),
    "conv2d, dilated": (
        lambda x, w, b: F.conv2d(x, w, b, padding=(1, 2), dilation=(1, 2)),
        *((2, 3, 6, 9), (5, 3, 3, 2), (5,)),
    ),
    "conv2d, to many": (
        lambda x, w, b: F.conv2d(x, w, b, stride=2, padding=1, groups=2),
        *((2, 8, 9, 6), (34, 4, 3, 3), (34,)),
    ),
    "conv2d, steps longer than the kernel": (
        lambda x, w: F.conv2d(x, w, stride=(2, 1), padding=3),
        *((2, 5, 9, 6), (4, 5, 1, 2)),
    ),
    "conv2d, to rows that lie apart": (
        lambda x, w: F.conv2d(x, w, stride=(2, 1), padding=1),
        *((1, 9, 4, 2), (4, 9, 3, 3)),
    ),
    "conv2d, in several pieces": (
        lambda x, w: F.conv2d(x, w, padding=1),
        *((1, 60, 26, 25), (9, 60, 3, 3)),
    ),
    "conv1d": (lambda x, w: F.conv1d(x, w, padding=3), (2, 4, 33), (4, 4, 5)),
    "conv3d": (
        lambda x, w, b: F.conv3d(x, w, b, stride=(1, 2, 1), padding=1),
        *((2, 4, 3, 6, 5), (6, 4, 2, 3, 1), (6,)),
    ),
    "conv_transpose2d": (
        lambda x, w: F.conv_transpose2d(x, w, stride=2, padding=1, output_padding=1),
        *((2, 4, 5, 6), (4, 7, 3, 3)),
    ),
    "grid_sample": (
        lambda x, grid: F.grid_sample(x, grid, align_corners=False),
        *((2, 3, 4, 5), (2, 3, 4, 2)),
    ),
    "gather": (lambda x: x.gather(1, _INDEX), (3, 4)),
    "gather, first": (lambda x: x.gather(0, _INDEX), (4, 4)),
    "scatter_add": (lambda x: torch.zeros(3, 4).scatter_add(1, _INDEX, x), (3, 4)),
    "cumsum": (lambda x: x.cumsum(1), (6, 5)),
    "cumsum, first": (lambda x: x.cumsum(0), (4, 3)),
    "cumsum, middle": (lambda x: x.cumsum(1), (2, 3, 4)),
    "embedding": (lambda w: F.embedding(_INDEX.repeat(2, 3), w), (5, 6)),
}


def _without_loops():
    for each in _loops():
        each._usable = False


@pytest.mark.parametrize("name", CASES)
def test_computes_what_numpys_way_computes(name, with_loops):
    function, *shapes = CASES[name]
    by_loops = _both_ways(function, *shapes)
    _without_loops()
    for ours, plain in zip(by_loops, _both_ways(function, *shapes), strict=True):
        scale = max(1, np.abs(plain).max())
        np.testing.assert_allclose(ours, plain, rtol=2e-5, atol=2e-6 * scale)


def test_nan_is_the_greatest(with_loops):
    x = torch.zeros(1, 1, 2, 4)
    x[0, 0, 1, 2] = float("nan")
    values, places = F.max_pool2d(x, 2, return_indices=True)
    assert values[0, 0, 0, 0] == 0 and values[0, 0, 0, 1].isnan()
    assert places.tolist() == [[[[0, 6]]]]


def test_an_infinite_window_has_a_place(with_loops):
    x = torch.full((1, 1, 2, 2), -float("inf"))
    values, places = F.max_pool2d(x, 2, return_indices=True)
    assert values.item() == -float("inf") and places.item() == 0


_SPECIAL = [float("nan"), 0.0, -0.0, float("inf"), -float("inf"), 1.5, 1.5, -2.0]


@pytest.mark.parametrize("dtype", ["float32", "float16", "int32", "uint8", "bool"])
@pytest.mark.parametrize("descending", [False, True])
def test_packed_order_is_numpys_stable_order(dtype, descending, monkeypatch):
    torch.manual_seed(0)
    drawn = torch.tensor(_SPECIAL)[torch.randint(0, 8, (40, 30))].numpy()
    array = np.nan_to_num(drawn, posinf=90, neginf=80) if "float" not in dtype else drawn
    array = abs(array).astype(dtype) if dtype == "uint8" else array.astype(dtype)
    for dim in (0, 1):
        assert order.packs(np.moveaxis(array, dim, -1))
        packed = sort.order_of(array, dim, descending)
        with monkeypatch.context() as only_numpy:
            only_numpy.setattr(sort, "packs", lambda array: False)
            np.testing.assert_array_equal(packed, sort.order_of(array, dim, descending))


@pytest.mark.parametrize("largest", [False, True])
def test_best_without_sorting_the_others(largest):
    x = torch.randn(6, 200, generator=torch.Generator().manual_seed(0))
    whole = x.sort(1, descending=largest)
    best = x.topk(5, largest=largest)
    assert torch.equal(best.indices, whole.indices[:, :5])
    assert torch.equal(best.values, whole.values[:, :5])
    equal = x.round()  # the last of the best has equals
    expected = equal.sort(1, descending=largest).values[:, :5]
    assert torch.equal(equal.topk(5, largest=largest).values, expected)


@pytest.mark.parametrize("largest", [False, True])
def test_best_of_rows(largest, with_loops):
    x = torch.tensor(_SPECIAL)[torch.randint(0, 8, (4, 80))]
    for k in (1, 7, 20):
        best, whole = x.topk(k, largest=largest), x.sort(1, descending=largest, stable=True)
        assert torch.equal(best.indices, whole.indices[:, :k])


def test_permutations_are_the_same(with_loops):
    drawn = torch.randperm(2000, generator=torch.Generator().manual_seed(3))
    _without_loops()
    assert torch.equal(drawn, torch.randperm(2000, generator=torch.Generator().manual_seed(3)))


@pytest.mark.parametrize("count", [3, 700, 2000])
def test_uniform_numbers_are_the_same(count, with_loops):
    """Draws of all kinds in turn: the loop leaves the stream where NumPy's way leaves it."""

    def drawn():
        g = torch.Generator().manual_seed(5)
        pieces = [f(count, generator=g) for _ in range(2) for f in (torch.rand, torch.randn)]
        return torch.cat([*pieces, torch.randperm(20, generator=g).float()])

    by_loops = drawn()
    _without_loops()
    assert torch.equal(by_loops, drawn())


def test_unknown_memory_is_left_alone(monkeypatch):
    monkeypatch.setattr(kernels, "LEAST", 1)
    monkeypatch.setattr(twister.words, "_usable", True)
    monkeypatch.setattr(twister.words, "compiled", twister.words.function)
    monkeypatch.setattr(stream.np, "array_equal", lambda *arrays: False)
    drawn = torch.rand(40, generator=torch.Generator().manual_seed(1))
    monkeypatch.undo()
    assert torch.equal(drawn, torch.rand(40, generator=torch.Generator().manual_seed(1)))


def test_positions_out_of_range_are_refused(with_loops):
    with pytest.raises(RuntimeError, match="index 9 is out of bounds for dimension 1 with size 4"):
        torch.zeros(3, 4).gather(1, torch.full((3, 4), 9))
    with pytest.raises(RuntimeError, match="index -1 is out of bounds for dimension 0 with size 3"):
        torch.zeros(3, 4).gather(0, torch.full((3, 4), -1))
    with pytest.raises(IndexError, match="index out of range in self"):
        F.embedding(torch.full((40,), 9), torch.zeros(5, 6))


def _earn(monkeypatch, choice, calls):
    """What a loop says on several calls on half of its price each."""
    made = kernels.Loop(lambda start, stop, x: None)
    monkeypatch.setattr(kernels, "_choice", choice)
    monkeypatch.setattr(kernels, "_worked", kernels.PRICE_OF_NUMBA)
    monkeypatch.setattr(kernels, "is_installed", lambda name: True)
    return [made.earned(kernels.PRICE // 2) for _ in range(calls)]


def test_a_loop_is_used_once_it_has_earned_its_price(monkeypatch):
    assert _earn(monkeypatch, "", 3) == [False, True, True]


def test_the_environment_decides(monkeypatch):
    assert _earn(monkeypatch, "1", 1) == [True]
    assert _earn(monkeypatch, "0", 3) == [False, False, False]


def test_small_arrays_are_never_counted(monkeypatch):
    made = kernels.Loop(lambda start, stop, x: None)
    assert not any(made.earned(kernels.LEAST - 1) for _ in range(10))
    assert made._worked == 0


@pytest.mark.parametrize("count, threads", list(itertools.product([1, 5, 8], [1, 2, 3])))
def test_threads_share_all_rows(count, threads, monkeypatch):
    monkeypatch.setattr(kernels, "get_num_threads", lambda: threads)
    seen = np.zeros(count, np.int64)

    def add(start, stop, seen):
        seen[start:stop] += 1

    kernels.shared(add, count, kernels.SHARED, seen)
    assert seen.tolist() == [1] * count


def test_what_a_thread_raises_arrives():
    def fail(start, stop):
        raise ValueError(f"part {start}")

    with pytest.raises(ValueError, match="part [02]"):
        kernels.shared(fail, 4, kernels.SHARED)


def test_a_part_does_alone_what_it_would_share(monkeypatch):
    monkeypatch.setattr(kernels, "get_num_threads", lambda: 2)
    monkeypatch.setattr(kernels, "SHARED", 1)
    seen = np.zeros((2, 6), np.int64)

    def inner(start, stop, row):
        row[start:stop] += 1

    kernels.shared(lambda a, b: [kernels.shared(inner, 6, 6, seen[i]) for i in range(a, b)], 2, 12)
    assert (seen == 1).all()


def test_products_of_images_are_shared_whole(monkeypatch):
    if not blas.can_be_told():
        pytest.skip("NumPy has another BLAS")
    monkeypatch.setattr(kernels, "get_num_threads", lambda: 2)
    monkeypatch.setattr(kernels, "SHARED", 1)
    count, before = blas.thread_functions()[0], blas.thread_functions()[0]()
    seen = []
    kernels.shared_products(lambda start, stop: seen.append((start, stop, count())), 5, 5)
    assert sorted(seen) == [(0, 2, 1), (2, 5, 1)] and count() == before
    x, weight = torch.randn(5, 2, 6, 6, requires_grad=True), torch.randn(3, 2, 3, 3)
    (g,) = torch.autograd.grad(F.conv2d(x, weight).sin().sum(), x)
    monkeypatch.setattr(kernels, "get_num_threads", lambda: 1)
    (alone,) = torch.autograd.grad(F.conv2d(x, weight).sin().sum(), x)
    torch.testing.assert_close(g, alone)


@pytest.mark.parametrize("n", [501, 3000])
def test_shuffles_where_llvm_is_loaded(n):
    pytest.importorskip("llvmlite")
    from rushlight.compile.native import llvm
    from rushlight.kernels.shuffle import permuted_natively
    from rushlight.random import sampling

    llvm.machine()
    words = np.random.default_rng(0).integers(0, 2**32, n, dtype=np.uint64)
    words[: n // 10] = 2**32 - 1 - np.arange(n // 10, dtype=np.uint64)
    order = permuted_natively(n + 1, lambda count: words.copy())
    assert (order == sampling._permuted_in_blocks(n + 1, lambda count: words.copy())).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_normals_that_threads_share_are_the_same(dtype, monkeypatch):
    def drawn():
        g = torch.Generator().manual_seed(2)
        draws = torch.randn(519, generator=g, dtype=dtype), torch.rand(9, generator=g)
        return draws[0], torch.empty(300, dtype=dtype).uniform_(2, 3, generator=g), draws[1]

    at_once = drawn()
    monkeypatch.setattr(twister.words, "compiled", twister.words.function)
    monkeypatch.setattr(stream, "_PIECE", 16)
    monkeypatch.setattr(stream, "_DRAWN", 256)
    monkeypatch.setattr(kernels, "SHARED", 2)
    monkeypatch.setattr(kernels, "get_num_threads", lambda: 3)
    assert all(map(torch.equal, at_once, drawn()))
