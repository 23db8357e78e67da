"""Native code: each Program does what its meaning says."""

import numpy as np
import pytest
from programs import WRITTEN, Drawn, compare, descent, numbers, softmax

import rushlight as torch
from rushlight.compile.native import llvm
from rushlight.compile.passes import loops
from rushlight.compile.programs.program import Builder, Instruction
from tests.compiling import close, strictly

pytestmark = pytest.mark.skipif(not llvm.available(), reason="needs llvmlite")

if llvm.available():
    from rushlight.compile.native.emit import build


@pytest.mark.parametrize("make", WRITTEN)
def test_written_programs(make):
    compare(*make(), build)


@pytest.mark.parametrize("seed", range(25))
def test_drawn_programs(seed):
    drawn = Drawn(seed)
    compare(drawn.program, drawn.arrays, build)


def test_softmax_is_one_loop():
    run = build(softmax()[0])
    assert [item.shape for item in run.fusion.items] == [(8, 33)]


def test_update_is_in_place():
    run = build(descent()[0])
    assert run.code.plan.copies == []


def test_results_belong_to_the_caller():
    program, arrays = softmax()
    run = build(program)
    first = run(*arrays)
    kept = [x.copy() for x in first]
    run(arrays[0] + 1)
    for x, y in zip(first, kept):
        np.testing.assert_array_equal(x, y)


def test_vectors_and_stacks_of_matrices():
    b = Builder()
    a, v = b.input((3, 4, 5), "float64", "a"), b.input((5,), "float64", "v")
    w = b.input((4,), "float64", "w")
    program = b.finish(b.matmul(a, v), b.matmul(w, a), b.matmul(v, v))
    draw = np.random.default_rng(0)
    compare(program, [draw.normal(size=s) for s in ((3, 4, 5), (5,), (4,))], build)


def test_sum_along_middle_axes():
    b = Builder()
    x = b.input((4, 3, 5, 6), "float32", "x")
    program = b.finish(
        b.reduce("add", x, (0, 2, 3)), b.reduce("maximum", x, (1,)), b.reduce("multiply", x, (0,))
    )
    compare(program, [numbers()(4, 3, 5, 6)], build)


def test_numbers_may_be_python_floats():
    run, made = build(descent()[0]), numbers()
    x, w, bias = made(8, 5), made(5, 4), made(4)
    by_array, by_number = [x, w.copy(), bias.copy()], [x, w.copy(), bias.copy()]
    run(*by_array, np.array(0.25))
    run(*by_number, 0.25)
    for a, b in zip(by_array, by_number):
        np.testing.assert_array_equal(a, b)


def test_large_results_are_given_out_again_only_when_forgotten():
    b = Builder()
    x = b.input((100, 100), "float32", "x")
    run = build(b.finish(b.elementwise("negative", x)))
    source = numbers()(100, 100)
    (first,) = run(source)
    (second,) = run(source + 1)
    view, kept = second[:1], (first.copy(), second.copy())
    address = first.ctypes.data
    np.testing.assert_array_equal(first, kept[0])
    del first, second
    (third,) = run(source + 2)
    assert third.ctypes.data == address
    (fourth,) = run(source + 3)
    np.testing.assert_array_equal(view, kept[1][:1])
    assert not np.shares_memory(third, fourth)


def test_loops_are_shared_among_threads(monkeypatch):
    monkeypatch.setattr("rushlight.compile.native.fuse.SHARED", 10)
    for make in WRITTEN:
        compare(*make(), build)
    for seed in range(200, 215):
        drawn = Drawn(seed)
        compare(drawn.program, drawn.arrays, build)


def test_threads_after_a_fork():
    os = pytest.importorskip("os")
    if not hasattr(os, "fork"):
        pytest.skip("no fork here")
    from rushlight.compile.native import threads

    b = Builder()
    x = b.input((1000, 100), "float32", "x")
    run = build(b.finish(b.elementwise("exp", x)))
    source = numbers()(1000, 100)
    (wanted,) = run(source)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("warnings.warn", lambda *a, **k: None)  # of threads that a fork loses
        child = os.fork()
    if child == 0:
        (got,) = run(source)
        os._exit(0 if np.array_equal(got, wanted) else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert threads.pool().memory


def test_number_of_threads_is_heeded():
    import rushlight as torch
    from rushlight.compile.native import threads

    b = Builder()
    x = b.input((1000, 100), "float32", "x")
    run = build(b.finish(b.elementwise("exp", x)))
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        run(numbers()(1000, 100))
        assert threads.count() == 1
        torch.set_num_threads(64)
        run(numbers()(1000, 100))
        assert threads.count() == threads.available()
    finally:
        torch.set_num_threads(before)


def test_a_loop_over_time_that_is_written_out_is_few_functions(monkeypatch):
    monkeypatch.setattr(loops, "SHORTEST", 1000)
    steps, x = 70, torch.randn(70, 3, 2)
    w, u = torch.randn(2, 4, requires_grad=True), torch.randn(4, 4, requires_grad=True)

    def step(x):
        h, total = torch.zeros(3, 4), 0
        for t in range(steps):
            h = torch.tanh(x[t] @ w + h @ u)
            total = total + h.sum() * 1.01
        return total, *torch.autograd.grad(total, [w, u])

    compiled = strictly(step, backend="native")
    for _ in range(3):
        close(compiled(x), step(x), 1e-4, 1e-4)
    module = compiled.last.runner.code.module
    assert len(module.segments) > 1 and not any(isinstance(s, Instruction) for s in module.segments)
    assert len(module.functions) < steps / 2 < len(module.fusion.items)
