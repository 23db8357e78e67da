"""Dual numbers: `autograd.forward_ad`."""

import numpy as np
import pytest

import rushlight as rl
import rushlight.autograd.forward_ad as fwAD
import rushlight.func
import rushlight.nn

X = rl.tensor([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]])


def same(found, expected):
    assert found.dtype is expected.dtype
    found, expected = (x.detach().resolve_conj().numpy() for x in (found, expected))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def tangent(x):
    return fwAD.unpack_dual(x).tangent


def test_tangents_travel():
    with fwAD.dual_level():
        x = fwAD.make_dual(X, X * 2)
        same(tangent((x * x).sum()), (4 * X * X).sum())
        same(tangent(x @ x.t()), 2 * (X @ X.t()) * 2)
        same(tangent(x.exp().log()), 2 * X)
        same(tangent(x[0]), 2 * X[0])
        same(tangent(rl.cat([x, X])), rl.cat([2 * X, 0 * X]))
        same(tangent(x.max(1).values), 2 * X.max(1).values)
        assert tangent(x > 1) is None
        assert tangent(X) is None
        assert tangent(x.detach()) is None
        primal, _found = fwAD.unpack_dual(x)
        same(primal, X)
        assert tangent(primal) is None
    assert fwAD.unpack_dual(x).tangent is None


def test_how_a_dual_tensor_is_written():
    with fwAD.dual_level():
        x = fwAD.make_dual(rl.tensor([1.0, 2.0]), rl.tensor([3.0, 4.0]))
        assert repr(x) == "tensor([1., 2.], tangent=tensor([3., 4.]))"
        assert repr((x * x).sum()) == "tensor(5., tangent=22.0)"
        assert repr(fwAD.unpack_dual(x)) == (
            "UnpackedDualTensor(primal=tensor([1., 2.]), tangent=tensor([3., 4.]))"
        )
    assert repr(x) == "tensor([1., 2.])"


def test_in_place():
    with fwAD.dual_level():
        d = fwAD.make_dual(X, X * 2)
        y = X.clone()
        y.add_(d)
        same(tangent(y), 2 * X)
        y.mul_(2)
        same(tangent(y), 4 * X)
        y.zero_()
        same(tangent(y), 0 * X)
        y = X.clone()
        v = y[0]
        v.mul_(d[0])
        same(tangent(v), 2 * X[0] * X[0])
        same(tangent(y), rl.stack([2 * X[0] * X[0], 0 * X[1]]))
        y = X * 1
        y[1] = d[0]
        same(tangent(y)[1], 2 * X[0])


def test_modes():
    with fwAD.dual_level():
        d = fwAD.make_dual(X, X)
        with rl.no_grad():
            same(tangent(d * d), 2 * X * X)
        with fwAD._set_fwd_grad_enabled(False):
            assert tangent(d * d) is None


def test_forward_over_recorded():
    x = X.clone().requires_grad_()
    with fwAD.dual_level():
        d = fwAD.make_dual(x, X)
        t = tangent((d**3).sum())
        (g,) = rl.autograd.grad(t, x)
    same(g, 6 * X * X)


def test_forward_over_backward():
    with fwAD.dual_level():
        d = fwAD.make_dual(X.clone().requires_grad_(), rl.ones(2, 3))
        (g,) = rl.autograd.grad((d**3 * d.exp()).sum(), d)
        found = tangent(g)
    f = lambda x: (x**3 * x.exp()).sum()
    same(found, rl.func.jvp(rl.func.grad(f), (X,), (rl.ones(2, 3),))[1])


def test_modules():
    layer = rl.nn.Linear(3, 2)
    with fwAD.dual_level():
        out = layer(fwAD.make_dual(X, rl.ones(2, 3)))
        same(tangent(out), rl.ones(2, 3) @ layer.weight.t())


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda d: fwAD.make_dual(X, X[0]), RuntimeError, "that has a different size than that of"),
        (lambda d: fwAD.make_dual(X.long(), X), ValueError, "Expected primal to be floating point"),
        (
            lambda d: fwAD.make_dual(X, X.long()),
            ValueError,
            "Expected tangent to be floating point",
        ),
        (
            lambda d: fwAD.make_dual(d, X),
            RuntimeError,
            "already has a forward gradient at the same",
        ),
        (lambda d: fwAD.make_dual(X, d), RuntimeError, "itself has a forward gradient at the same"),
        (
            lambda d: fwAD.enter_dual_level(),
            RuntimeError,
            "Nested forward mode AD is not supported",
        ),
    ],
)
def test_refusals(call, error, message):
    with fwAD.dual_level():
        with pytest.raises(error, match=message):
            call(fwAD.make_dual(X, X))


def test_refusals_outside():
    with pytest.raises(RuntimeError, match="no level exists, make sure to enter_dual_level"):
        fwAD.make_dual(X, X)
    with pytest.raises(RuntimeError, match="Dual level must be a positive number"):
        fwAD.exit_dual_level()


class Cube(rl.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_forward(x)
        return x**3

    @staticmethod
    def backward(ctx, g):
        return g

    @staticmethod
    def jvp(ctx, t):
        return 3 * ctx.saved_tensors[0] ** 2 * t


class NoJvp(Cube):
    jvp = rl.autograd.Function.jvp


def test_functions_of_the_user():
    with fwAD.dual_level():
        d = fwAD.make_dual(X, rl.ones(2, 3))
        same(tangent(Cube.apply(d)), 3 * X**2)
        with pytest.raises(NotImplementedError, match="You must implement the jvp function"):
            NoJvp.apply(d)


def test_complex_numbers():
    z, t = rl.tensor([1 + 2j, 0.5j]), rl.tensor([1j, 2.0 + 0j])
    with fwAD.dual_level():
        d = fwAD.make_dual(z, t)
        same(tangent(d * d), 2 * z * t)
        same(tangent(d.exp()), z.exp() * t)
        same(tangent(d.conj()), t.conj())
        same(tangent(d.abs()), (z.conj() * t).real / z.abs())
