"""Machine code found by the Program that it was made of."""

import numpy as np
import pytest

from rushlight.compile.native import emit, fuse
from rushlight.compile.native.layout import fingerprint
from rushlight.compile.programs.program import Builder

pytest.importorskip("llvmlite")


def program(number=2.0, shape=(3, 4), name="x", call=None):
    b = Builder()
    x = b.input(shape, "float32", name)
    y = b.elementwise("multiply", x, number)
    if call is not None:
        (y,) = b.call("call", call, (y,), (), {}, (np.ones(shape, "f4"),))
    return b.finish(b.reduce("add", b.elementwise("tanh", y), (1,)))


def test_fingerprints_tell_programs_apart_but_not_their_names():
    assert fingerprint(program()) == fingerprint(program(name="other"))
    different = [program(), program(-0.0), program(0.0), program(shape=(4, 3)), program(3.0)]
    assert len({fingerprint(x) for x in different}) == len(different)
    assert fingerprint(program(call=np.sort)) is None


def test_a_second_start_plans_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv("RUSHLIGHT_CACHE_DIR", str(tmp_path))
    x = np.arange(12, dtype="f4").reshape(3, 4)
    (expected,) = program().run(x)
    first = emit.Code(program()).at()
    with monkeypatch.context() as patched:
        patched.setattr(fuse, "fuse", None)
        found = emit.Code(program()).at()
        np.testing.assert_allclose(found(x)[0], expected, 1e-6)
    np.testing.assert_array_equal(found(x)[0], first(x)[0])
    assert found.source == first.source
    for file in tmp_path.iterdir():
        file.write_bytes(b"damaged")
    np.testing.assert_array_equal(emit.Code(program()).at()(x)[0], first(x)[0])
