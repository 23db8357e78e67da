"""Products: shared out among threads by rows, columns or matrices, whatever their layout."""

import numpy as np
import pytest

from rushlight.compile.native import products
from rushlight.compile.native.emit import build
from rushlight.compile.programs.program import Builder
from rushlight.kernels import blas

pytest.importorskip("llvmlite")
if not blas.product("f"):
    pytest.skip("NumPy's BLAS isn't known here", allow_module_level=True)


def program(a, b, flags):
    builder = Builder()
    operands = [builder.input(x.shape, x.dtype) for x in (a, b)]
    turned = {"transpose_a": flags[0], "transpose_b": flags[1]}
    return builder.finish(builder.matmul(*operands, **turned))


@pytest.mark.parametrize("flags", [(False, False), (True, False), (False, True), (True, True)])
@pytest.mark.parametrize("shape", [(90, 40, 30), (30, 40, 90), (1, 600, 50), (70, 600, 1)])
@pytest.mark.parametrize("stack", [(), (3,), (2, 5)])
@pytest.mark.parametrize("shared", [False, True])
def test_products_in_parts(flags, shape, stack, shared, monkeypatch):
    monkeypatch.setattr(products, "SHARED", 1000 if shared else 10**12)
    m, k, n = shape
    rng = np.random.default_rng(0)
    a = rng.normal(size=(*stack, *((k, m) if flags[0] else (m, k)))).astype("f4")
    b = rng.normal(size=(*stack, *((n, k) if flags[1] else (k, n)))).astype("f4")
    made = program(a, b, flags)
    run = build(made)
    assert bool(run.code.module.shared) is shared
    np.testing.assert_allclose(run(a, b)[0], made.run(a, b)[0], rtol=1e-4, atol=1e-4)


def test_the_blas_has_its_threads_back():
    if not blas.can_be_told():
        pytest.skip("this BLAS doesn't tell")
    get = blas.thread_functions()[0]
    before = get()
    a = np.ones((64, 64), "f4")
    build(program(a, a, (False, False)))(a, a)
    assert get() == before
