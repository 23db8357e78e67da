"""Derivatives of functions: values, structures, nesting, modes, refusals, users' Functions."""

import numpy as np
import pytest

import rushlight as rl
import rushlight.func
import rushlight.nn
from rushlight.func import (
    functional_call,
    grad,
    grad_and_value,
    hessian,
    jacfwd,
    jacrev,
    jvp,
    linearize,
    vjp,
    vmap,
)

F = rl.nn.functional


def same(found, expected, tolerance=1e-6):
    assert found.dtype is expected.dtype
    assert found.shape == expected.shape
    np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=tolerance, atol=tolerance)


X = rl.tensor([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]])


def test_grad():
    same(grad(lambda x: (x**3).sum())(X), 3 * X**2)
    same(grad(grad(rl.sin))(rl.tensor(0.5)), -rl.sin(rl.tensor(0.5)))
    found, value = grad_and_value(lambda x: (x * x).sum())(X)
    same(found, 2 * X)
    same(value, (X * X).sum())
    _one, (value, aux) = grad_and_value(lambda x: (x.sum(), x * 2), has_aux=True)(X)
    same(aux, X * 2)
    assert not aux.requires_grad


def test_arguments_of_grad():
    f = lambda a, b: (a * b).sum()
    same(grad(f, argnums=-1)(X, X * 3), X)
    one, other = grad(f, argnums=(0, 1))(X, X * 3)
    same(one, X * 3)
    same(other, X)
    found = grad(lambda d: (d["a"] ** 2).sum() + d["b"][0].sum())({"a": X, "b": [X]})
    same(found["a"], 2 * X)
    same(found["b"][0], rl.ones(2, 3))
    same(grad(lambda a, b: a.sum(), argnums=1)(X, X), rl.zeros(2, 3))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: grad(lambda x: x)(X), RuntimeError, "return a scalar Tensor, got tensor with 2 d"),
        (lambda: grad(lambda x: 1.0)(X), RuntimeError, "to return a Tensor, got <class 'float'>"),
        (
            lambda: grad(rl.sum, has_aux=True)(X),
            RuntimeError,
            r"\(output, aux\) if has_aux is True",
        ),
        (lambda: grad(rl.sum)(X.long()), RuntimeError, "only Tensors of floating point dtype can"),
        (lambda: grad(rl.sum, 1)(X), RuntimeError, "Got argnum=1, but only 1 positional inputs"),
        (lambda: grad(rl.sum, (0, 0))(X), RuntimeError, r"must be unique, got \(0, 0\)"),
        (lambda: grad(rl.sum, ())(X), RuntimeError, "argnums must be non-empty"),
        (lambda: grad(rl.sum, "a")(X), RuntimeError, "argnums must be int or Tuple"),
        (lambda: grad(lambda a, b: a.sum(), 1)(X, 3.0), ValueError, "transform API must be Tensor"),
        (
            lambda: grad(lambda x: x.requires_grad_().sum())(X),
            RuntimeError,
            "Tensor.requires_grad_",
        ),
        (
            lambda: grad(lambda x: x.mul_(2).sum())(X.clone()),
            RuntimeError,
            "a leaf Variable that r",
        ),
        (
            lambda: grad(lambda x: (x.sum().backward(), x.sum())[1])(X),
            RuntimeError,
            "inside a func",
        ),
        (lambda: vjp(lambda x: 1, X), RuntimeError, "to return only tensors, got unsupported type"),
        (lambda: vjp(rl.sin, 1), ValueError, "transform API must be Tensor"),
        (lambda: vjp(rl.sin, X)[1]((X, X)), RuntimeError, r"cotangents: \(\*, \*\), primal output"),
        (lambda: vjp(rl.sin, X)[1](X[0]), RuntimeError, r"Mismatch in shape: grad_output\[0\] has"),
        (lambda: jvp(rl.sin, X, X), RuntimeError, "Expected primals to be a tuple"),
        (lambda: jvp(rl.sin, (X,), (X, X)), RuntimeError, "to have the same python structure"),
        (lambda: jvp(rl.sin, (X,), (X[0],)), RuntimeError, "that has a different size than that"),
        (
            lambda: jvp(rl.sin, (X.long(),), (X,)),
            ValueError,
            "Expected primal to be floating point",
        ),
        (
            lambda: jvp(lambda x: rl.ones(2), (X,), (X,), strict=True),
            RuntimeError,
            "The output of f is independent of the inputs",
        ),
        (lambda: jacrev(rl.sin, chunk_size=0), ValueError, "`chunk_size` should be greater than 0"),
        (lambda: linearize(rl.sin, X)[1](X[0]), RuntimeError, "tangent:0 with shape torch.Size"),
        (
            lambda: linearize(rl.sin, X)[1](X, X),
            RuntimeError,
            "to have the same argspec as the pri",
        ),
    ],
)
def test_refusals(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_vjp_is_called_again():
    _y, pull = vjp(lambda a, b: {"s": a * b, "t": a}, X, X + 1)
    first = pull({"s": X, "t": X})
    second = pull({"s": X, "t": X})
    same(first[0], X * (X + 1) + X)
    same(second[1], X * X)
    rows = vmap(lambda v: pull({"s": v, "t": v})[0])(rl.ones(4, 2, 3))
    same(rows[2], X + 2)


def test_jvp():
    _y, t, aux = jvp(lambda a, b: (a * b, a), (X, X), (X, rl.ones(2, 3)), has_aux=True)
    same(t, X * X + X)
    same(aux, X)
    _value, tangent = jvp(lambda a: (a, rl.ones(2)), (X,), (X,))
    same(tangent[1], rl.zeros(2))


def test_linearize():
    calls = []

    def f(x):
        calls.append(x)
        return rl.sin(x) * x

    _y, push = linearize(f, X)
    same(push(X), jvp(f, (X,), (X,))[1])
    same(push(2 * X), 2 * push(X))
    assert len(calls) == 2


def test_jacobians():
    f = lambda x: rl.stack([x.prod(), (x * x).sum()])
    x = X[1]
    expected = rl.tensor([[20.0, 15.0, 12.0], [6.0, 8.0, 10.0]])
    same(jacrev(f)(x), expected)
    same(jacfwd(f)(x), expected)
    same(jacrev(f, chunk_size=1)(x), expected)
    same(jacrev(jacfwd(f))(x), jacfwd(jacrev(f))(x))
    same(hessian(lambda x: (x**3).sum())(x), rl.diag(6 * x))
    nested, _aux = jacrev(lambda x: ((x.sum(), {"q": x[0]}), x), has_aux=True)(x)
    same(nested[0], rl.ones(3))
    same(nested[1]["q"], rl.tensor([1.0, 0.0, 0.0]))
    found = jacfwd(lambda a, b: a * b, argnums=(0, 1))(x, x)
    same(found[1], rl.diag(x))


def test_a_jacobian_of_a_thousand_outputs_is_one_pass():
    calls = []
    weight, x = rl.randn(1000, 3), rl.randn(3, requires_grad=True)

    class Watched(rl.autograd.Function):
        generate_vmap_rule = True

        @staticmethod
        def forward(x):
            return x.clone()

        @staticmethod
        def setup_context(ctx, inputs, output):
            pass

        @staticmethod
        def backward(ctx, g):
            calls.append(g.shape)
            return g

    same(jacrev(lambda x: weight @ Watched.apply(x))(x.detach()), weight, 1e-5)
    assert len(calls) == 1


def test_per_sample_gradients():
    model = rl.nn.Sequential(rl.nn.Linear(2, 4), rl.nn.Tanh(), rl.nn.Linear(4, 1))
    params = {name: p.detach() for name, p in model.named_parameters()}
    x, y = rl.randn(6, 2), rl.randn(6, 1)

    def loss(params, x, y):
        return F.mse_loss(functional_call(model, params, (x,)), y)

    found = vmap(grad(loss), in_dims=(None, 0, 0))(params, x, y)
    for i in range(6):
        model.zero_grad()
        F.mse_loss(model(x[i]), y[i]).backward()
        for name, p in model.named_parameters():
            same(found[name][i], p.grad, 1e-5)


def test_grad_mode():
    x = X.clone().requires_grad_()
    weight = rl.ones(3, requires_grad=True)
    assert grad(lambda a: (a * weight).sum() * a.sum())(X).requires_grad
    with rl.no_grad():
        found = grad(lambda a: (a * weight).sum() * a.sum())(X)
    assert not found.requires_grad
    assert not grad(lambda a: (a.detach() * a).sum())(x).requires_grad

    def half(a):
        with rl.no_grad():
            c = a * 2
        return (c * a).sum()

    same(grad(half)(X), 2 * X)
    assert not grad(half)(x).requires_grad
    grad(lambda a: (a**3).sum())(x).sum().backward()
    same(x.grad, 6 * X)


def test_how_a_followed_tensor_is_written():
    texts = []
    grad(lambda a: (texts.append(repr(a)), a)[1])(rl.tensor(2.0))
    assert texts == ["GradTrackingTensor(lvl=1, value=\n    tensor(2.)\n)"]
    assert grad(lambda a: a * a.item())(rl.tensor(3.0)).item() == 3.0


class Square(rl.autograd.Function):
    """x * x, with everything that transforms ask for."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x):
        return x * x

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx, g):
        return g * 2 * ctx.saved_tensors[0]

    @staticmethod
    def jvp(ctx, t):
        return 2 * ctx.saved_tensors[0] * t


class OwnRule(Square):
    generate_vmap_rule = False
    seen = []

    @staticmethod
    def vmap(info, in_dims, x):
        OwnRule.seen.append((info.batch_size, info.randomness, in_dims))
        return OwnRule.apply(x), in_dims[0]


@pytest.mark.parametrize("function", [Square, OwnRule])
def test_functions_of_the_user(function):
    f = function.apply
    same(grad(lambda x: f(x).sum())(X), 2 * X)
    same(vmap(f)(X), X * X)
    same(vmap(grad(lambda x: f(x).sum()))(X), 2 * X)
    same(grad(lambda x: vmap(f)(x).sum())(X), 2 * X)
    same(jvp(f, (X,), (X,))[1], 2 * X * X)
    same(jacfwd(f)(X[1]), rl.diag(2 * X[1]))
    same(jacrev(f)(X[1]), rl.diag(2 * X[1]))
    same(hessian(lambda x: f(x).sum())(X[1]), 2 * rl.eye(3))
    if function is OwnRule:
        assert OwnRule.seen[0] == (2, "error", (0,))


def test_what_functions_of_the_user_lack():
    class Old(rl.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, g):
            return g

    class Plain(rl.autograd.Function):
        forward = staticmethod(lambda x: x * 1)
        setup_context = staticmethod(lambda ctx, inputs, output: None)
        backward = staticmethod(lambda ctx, g: g)

    class Both(OwnRule):
        generate_vmap_rule = True

    with pytest.raises(RuntimeError, match="it must override the setup_context staticmethod"):
        grad(lambda x: Old.apply(x).sum())(X)
    with pytest.raises(RuntimeError, match="vmap over Plain, but it does not have vmap support"):
        vmap(Plain.apply)(X)
    with pytest.raises(NotImplementedError, match="You must implement the jvp function"):
        jvp(Plain.apply, (X,), (X,))
    with pytest.raises(RuntimeError, match="both generate_vmap_rule=True and an overridden vmap"):
        vmap(Both.apply)(X)


def test_functional_call():
    layer = rl.nn.Linear(3, 1)
    state = {"weight": rl.ones(1, 3), "bias": rl.zeros(1)}
    same(functional_call(layer, state, (X,)), X.sum(1, keepdim=True))
    same(
        functional_call(layer, ({"weight": rl.ones(1, 3)}, {"bias": rl.zeros(1)}), X),
        X.sum(1, keepdim=True),
    )
    assert isinstance(layer.weight, rl.nn.Parameter)
    with pytest.raises(RuntimeError, match="Missing key\\(s\\): 'bias'"):
        functional_call(layer, {"weight": rl.ones(1, 3)}, (X,), strict=True)
    with pytest.raises(ValueError, match="appeared in multiple dictionaries"):
        functional_call(layer, (state, state), (X,))
    with pytest.raises(ValueError, match="Expected parameter_and_buffer_dicts to be a dict"):
        functional_call(layer, 3, X)


def test_tied_weights():
    class Tied(rl.nn.Module):
        def __init__(self):
            super().__init__()
            self.a = rl.nn.Linear(2, 2, bias=False)
            self.b = rl.nn.Linear(2, 2, bias=False)
            self.b.weight = self.a.weight

        def forward(self, x):
            return self.b(self.a(x))

    model, x = Tied(), rl.ones(1, 2)
    same(functional_call(model, {"a.weight": 2 * rl.eye(2)}, (x,)), 4 * x)
