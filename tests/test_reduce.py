"""Sums, means, variances, norms, softmax, extremes, running totals, quantiles.

What PyTorch printed, and what it refused.
"""

import re

import pytest
from expressions import evaluate

import rushlight as rl

#: expressions, and what PyTorch prints for them
VALUES = [
    ("m.sum()", "tensor(17.)"),
    ("m.sum(0)", "tensor([5., 9., 3.])"),
    ("m.sum((0, 1))", "tensor(17.)"),
    ("m.sum(-1, keepdim=True)", "tensor([[9.],\n        [8.]])"),
    ("m.sum(dtype=torch.float64)", "tensor(17., dtype=torch.float64)"),
    ("i.sum()", "tensor(1)"),
    ("b.sum()", "tensor(2)"),
    ("u.sum()", "tensor(203)"),
    ("u.sum(dtype=torch.uint8)", "tensor(203, dtype=torch.uint8)"),
    ("h.sum()", "tensor(-0.5000, dtype=torch.float16)"),
    ("e.sum()", "tensor(0.)"),
    ("s.sum(0)", "tensor(3.)"),
    ("s.sum(-1)", "tensor(3.)"),
    ("m.sum(())", "tensor(17.)"),
    ("m.mean()", "tensor(2.8333)"),
    ("m.mean(1)", "tensor([3.0000, 2.6667])"),
    ("m.mean((0, 1), keepdim=True)", "tensor([[2.8333]])"),
    ("e.mean()", "tensor(nan)"),
    ("i.mean(dtype=torch.float32)", "tensor(0.3333)"),
    ("h.mean()", "tensor(-0.2500, dtype=torch.float16)"),
    ("torch.full((5000,), 20.0, dtype=torch.float16).mean()", "tensor(20., dtype=torch.float16)"),
    ("c.mean()", "tensor(0.5000+0.7500j)"),
    ("torch.nansum(n[:2])", "tensor(1.)"),
    ("torch.nanmean(n[:2])", "tensor(1.)"),
    ("m.prod()", "tensor(0.)"),
    ("m.prod(1)", "tensor([15.,  0.])"),
    ("i.prod()", "tensor(0)"),
    ("b.prod()", "tensor(0)"),
    ("e.prod()", "tensor(1.)"),
    ("m.var()", "tensor(3.7667)"),
    ("m.std(1)", "tensor([2.0000, 2.3094])"),
    ("m.std(unbiased=False)", "tensor(1.7717)"),
    ("m.var(0, correction=0)", "tensor([2.2500, 0.2500, 2.2500])"),
    ("m.var(1, True, True)", "tensor([[4.0000],\n        [5.3333]])"),
    ("m.var(dim=1, keepdim=True)", "tensor([[4.0000],\n        [5.3333]])"),
    ("torch.var_mean(m, 1)", "(tensor([4.0000, 5.3333]), tensor([3.0000, 2.6667]))"),
    ("torch.std_mean(m)", "(tensor(1.9408), tensor(2.8333))"),
    ("c.var()", "tensor(3.6250)"),
    ("m.norm()", "tensor(8.1854)"),
    ("m.norm(1)", "tensor(17.)"),
    ('m.norm(float("inf"))', "tensor(5.)"),
    ("m.norm(2, 1)", "tensor([5.9161, 5.6569])"),
    ("m.norm(dim=0, keepdim=True)", "tensor([[4.1231, 6.4031, 3.0000]])"),
    ("m.norm(0)", "tensor(5.)"),
    ("m.norm(p=3, dim=1)", "tensor([5.3485, 5.0397])"),
    ("c.norm()", "tensor(2.2913)"),
    ("e.norm()", "tensor(0.)"),
    ("torch.logsumexp(m, 1)", "tensor([5.1429, 4.7023])"),
    ("torch.logsumexp(m, (0, 1))", "tensor(5.6398)"),
    ("torch.logsumexp(i, 0)", "tensor(3.0550)"),
    ('torch.logsumexp(torch.tensor([-float("inf"), -float("inf")]), 0)', "tensor(-inf)"),
    ("m.softmax(1)", "tensor([[0.0159, 0.8668, 0.1173],\n        [0.4955, 0.4955, 0.0091]])"),
    ("m.softmax(0)", "tensor([[0.0474, 0.7311, 0.9526],\n        [0.9526, 0.2689, 0.0474]])"),
    ("s.softmax(0)", "tensor(1.)"),
    ("torch.softmax(i, 0, dtype=torch.float32)", "tensor([0.9465, 0.0064, 0.0471])"),
    ("torch.softmax(h, 0)", "tensor([0.9707, 0.0293], dtype=torch.float16)"),
    (
        "m.log_softmax(1)",
        "tensor([[-4.1429, -0.1429, -2.1429],\n        [-0.7023, -0.7023, -4.7023]])",
    ),
    (
        "torch.log_softmax(m, -1, dtype=torch.float64)",
        "tensor([[-4.1429, -0.1429, -2.1429],\n        [-0.7023, -0.7023, -4.7023]], dtype=torch.float64)",
    ),
    ("torch.zeros(0, 3).softmax(1)", "tensor([], size=(0, 3))"),
    ("b.any()", "tensor(True)"),
    ("b.all()", "tensor(False)"),
    ("m.any(1)", "tensor([True, True])"),
    ("m.all(1)", "tensor([ True, False])"),
    ("m.all(dim=0, keepdim=True)", "tensor([[ True,  True, False]])"),
    ("u.any()", "tensor(1, dtype=torch.uint8)"),
    ("e.all()", "tensor(True)"),
    ("torch.count_nonzero(m)", "tensor(5)"),
    ("torch.count_nonzero(m, 1)", "tensor([3, 2])"),
    ("m.max()", "tensor(5.)"),
    ("m.min()", "tensor(0.)"),
    ("m.max(1)", "torch.return_types.max(\nvalues=tensor([5., 4.]),\nindices=tensor([1, 0]))"),
    (
        "m.min(0)",
        "torch.return_types.min(\nvalues=tensor([1., 4., 0.]),\nindices=tensor([0, 1, 1]))",
    ),
    (
        "m.max(1, keepdim=True)",
        "torch.return_types.max(\nvalues=tensor([[5.],\n        [4.]]),\nindices=tensor([[1],\n        [0]]))",
    ),
    ("m.max(dim=0).indices", "tensor([1, 0, 0])"),
    ("torch.max(x, y)", "tensor([2.0000, 3.0000, 0.2500])"),
    ("n.max()", "tensor(nan)"),
    ("n.max(0)", "torch.return_types.max(\nvalues=tensor(nan),\nindices=tensor(0))"),
    ("i.max()", "tensor(3)"),
    ("b.max()", "tensor(True)"),
    ("m.argmax()", "tensor(1)"),
    ("m.argmax(1)", "tensor([1, 0])"),
    ("m.argmin(dim=0, keepdim=True)", "tensor([[0, 1, 1]])"),
    ("n.argmax()", "tensor(0)"),
    ("m.amax(1)", "tensor([5., 4.])"),
    ("m.amax()", "tensor(5.)"),
    ("m.amin((0, 1))", "tensor(0.)"),
    ("torch.aminmax(m)", "torch.return_types.aminmax(\nmin=tensor(0.),\nmax=tensor(5.))"),
    (
        "torch.aminmax(m, dim=1)",
        "torch.return_types.aminmax(\nmin=tensor([1., 0.]),\nmax=tensor([5., 4.]))",
    ),
    ("m.median()", "tensor(3.)"),
    (
        "m.median(1)",
        "torch.return_types.median(\nvalues=tensor([3., 4.]),\nindices=tensor([2, 0]))",
    ),
    ("n.median()", "tensor(nan)"),
    ("n.nanmedian()", "tensor(1.)"),
    ("n.nanmedian(0)", "torch.return_types.nanmedian(\nvalues=tensor(1.),\nindices=tensor(1))"),
    (
        "torch.mode(torch.tensor([2, 1, 2, 1]))",
        "torch.return_types.mode(\nvalues=tensor(1),\nindices=tensor(3))",
    ),
    (
        "m.mode(0)",
        "torch.return_types.mode(\nvalues=tensor([1., 4., 0.]),\nindices=tensor([0, 1, 1]))",
    ),
    ("m.cumsum(1)", "tensor([[1., 6., 9.],\n        [4., 8., 8.]])"),
    ("i.cumsum(0)", "tensor([3, 1, 1])"),
    ("b.cumsum(0)", "tensor([1, 1, 2])"),
    (
        "m.cumsum(0, dtype=torch.float64)",
        "tensor([[1., 5., 3.],\n        [5., 9., 3.]], dtype=torch.float64)",
    ),
    ("m.cumprod(1)", "tensor([[ 1.,  5., 15.],\n        [ 4., 16.,  0.]])"),
    (
        "m.cummax(1)",
        "torch.return_types.cummax(\nvalues=tensor([[1., 5., 5.],\n        [4., 4., 4.]]),\nindices=tensor([[0, 1, 1],\n        [0, 1, 1]]))",
    ),
    (
        "m.cummin(1)",
        "torch.return_types.cummin(\nvalues=tensor([[1., 1., 1.],\n        [4., 4., 0.]]),\nindices=tensor([[0, 0, 0],\n        [0, 1, 2]]))",
    ),
    (
        "n.cummax(0)",
        "torch.return_types.cummax(\nvalues=tensor([nan, nan, nan, nan]),\nindices=tensor([0, 0, 0, 0]))",
    ),
    ("m.logcumsumexp(1)", "tensor([[1.0000, 5.0181, 5.1429],\n        [4.0000, 4.6931, 4.7023]])"),
    ("torch.quantile(m, 0.4)", "tensor(3.)"),
    (
        "torch.quantile(m, torch.tensor([0.25, 0.75]), dim=1)",
        "tensor([[2., 2.],\n        [4., 4.]])",
    ),
    (
        'torch.quantile(m, 0.4, dim=0, keepdim=True, interpolation="higher")',
        "tensor([[4., 5., 3.]])",
    ),
    ("torch.quantile(n, 0.5)", "tensor(nan)"),
    ("torch.nanquantile(n[:2], 0.5)", "tensor(1.)"),
    ("torch.histc(m, 4, 0, 5)", "tensor([2., 0., 1., 3.])"),
    ("torch.histc(torch.tensor([1.0, 1.0]), 3)", "tensor([0., 2., 0.])"),
    ("torch.bincount(torch.tensor([1, 1, 3]), minlength=6)", "tensor([0, 2, 0, 1, 0, 0])"),
    (
        "torch.bincount(torch.tensor([1, 1, 3]), torch.tensor([0.5, 0.5, 2.0]))",
        "tensor([0., 1., 0., 2.])",
    ),
    ("torch.diff(m)", "tensor([[ 4., -2.],\n        [ 0., -4.]])"),
    ("torch.diff(m, dim=0)", "tensor([[ 3., -1., -3.]])"),
    ("torch.diff(b)", "tensor([True, True])"),
    ("torch.diff(x, n=2)", "tensor([5.7500])"),
    (
        "torch.diff(x, prepend=torch.tensor([0.0]), append=torch.tensor([9.0]))",
        "tensor([ 1.5000, -3.5000,  2.2500,  8.7500])",
    ),
    (
        "torch.gradient(torch.tensor([1.0, 2.0, 4.0, 8.0]))",
        "(tensor([1.0000, 1.5000, 3.0000, 4.0000]),)",
    ),
    (
        "torch.gradient(m, spacing=2.0, dim=1)",
        "(tensor([[ 2.0000,  0.5000, -1.0000],\n        [ 0.0000, -1.0000, -2.0000]]),)",
    ),
    (
        "torch.gradient(torch.tensor([1.0, 2.0, 4.0, 8.0]), edge_order=2)",
        "(tensor([0.5000, 1.5000, 3.0000, 5.0000]),)",
    ),
    (
        "torch.gradient(torch.tensor([1.0, 2.0, 4.0, 8.0]), spacing=(torch.tensor([1.0, 2.0, 3.0, 5.0]),))",
        "(tensor([1.0000, 1.5000, 2.0000, 2.0000]),)",
    ),
    ("torch.trapezoid(m)", "tensor([7., 6.])"),
    ("torch.trapezoid(m, dx=2)", "tensor([14., 12.])"),
    ("torch.trapezoid(m, torch.tensor([1.0, 2.0, 4.0]))", "tensor([11.,  8.])"),
    ("torch.cumulative_trapezoid(m)", "tensor([[3., 7.],\n        [4., 6.]])"),
    ("r.sum()", "tensor(3., grad_fn=<SumBackward0>)"),
    ("r.sum(0)", "tensor(3., grad_fn=<SumBackward1>)"),
    ("r.mean()", "tensor(1.5000, grad_fn=<MeanBackward0>)"),
    ("r.mean(0)", "tensor(1.5000, grad_fn=<MeanBackward1>)"),
    ("r.prod()", "tensor(2., grad_fn=<ProdBackward0>)"),
    ("r.prod(0)", "tensor(2., grad_fn=<ProdBackward1>)"),
    ("r.var()", "tensor(0.5000, grad_fn=<VarBackward0>)"),
    ("r.std(0)", "tensor(0.7071, grad_fn=<StdBackward0>)"),
    ("r.norm()", "tensor(2.2361, grad_fn=<LinalgVectorNormBackward0>)"),
    ("r.max()", "tensor(2., grad_fn=<MaxBackward1>)"),
    (
        "r.max(0)",
        "torch.return_types.max(\nvalues=tensor(2., grad_fn=<MaxBackward0>),\nindices=tensor(1))",
    ),
    ("r.amax()", "tensor(2., grad_fn=<AmaxBackward0>)"),
    ("r.median()", "tensor(1., grad_fn=<MedianBackward0>)"),
    ("r.softmax(0)", "tensor([0.2689, 0.7311], grad_fn=<SoftmaxBackward0>)"),
    ("r.log_softmax(0)", "tensor([-1.3133, -0.3133], grad_fn=<LogSoftmaxBackward0>)"),
    ("r.logsumexp(0)", "tensor(2.3133, grad_fn=<LogsumexpBackward0>)"),
    ("r.cumsum(0)", "tensor([1., 3.], grad_fn=<CumsumBackward0>)"),
    (
        "r.cummin(0)",
        "torch.return_types.cummin(\nvalues=tensor([1., 1.], grad_fn=<CumminBackward0>),\nindices=tensor([0, 0]))",
    ),
]

#: expressions, and the error that PyTorch raises for them
ERRORS = [
    (
        "m.sum(2)",
        IndexError,
        "Dimension out of range (expected to be in range of [-2, 1], but got 2)",
    ),
    ("m.sum((0, 0))", RuntimeError, "dim 0 appears multiple times in the list of dims"),
    ("m.sum((0, -2))", RuntimeError, "dim 0 appears multiple times in the list of dims"),
    (
        "i.mean()",
        RuntimeError,
        "mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: Long",
    ),
    (
        "b.mean()",
        RuntimeError,
        "mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: Bool",
    ),
    (
        "m.mean(dtype=torch.int64)",
        RuntimeError,
        "mean(): could not infer output dtype. Optional dtype must be either a floating point or complex dtype. Got: Long",
    ),
    ("i.std()", RuntimeError, "std and var only support floating point and complex dtypes"),
    (
        "i.norm()",
        RuntimeError,
        "linalg.vector_norm: Expected a floating point or complex tensor as input. Got Long",
    ),
    (
        "i.softmax(0)",
        NotImplementedError,
        "\"softmax_lastdim_kernel_impl\" not implemented for 'Long'",
    ),
    (
        "i.log_softmax(0)",
        NotImplementedError,
        "\"log_softmax_lastdim_kernel_impl\" not implemented for 'Long'",
    ),
    (
        "m.softmax(2)",
        IndexError,
        "Dimension out of range (expected to be in range of [-2, 1], but got 2)",
    ),
    (
        "e.max()",
        RuntimeError,
        "max(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the 'dim' argument.",
    ),
    ("e.max(0)", IndexError, "max(): Expected reduction dim 0 to have non-zero size."),
    (
        "e.argmax()",
        IndexError,
        "argmax(): Expected reduction dim to be specified for input.numel() == 0.",
    ),
    (
        "torch.zeros(2, 0).argmax(1)",
        IndexError,
        "argmax(): Expected reduction dim 1 to have non-zero size.",
    ),
    (
        "e.amax()",
        RuntimeError,
        "amax(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the 'dim' argument.",
    ),
    (
        "torch.zeros(2, 0).amax(1)",
        IndexError,
        "amax(): Expected reduction dim 1 to have non-zero size.",
    ),
    (
        "torch.aminmax(e)",
        RuntimeError,
        "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity.",
    ),
    (
        "m.argmax(3)",
        IndexError,
        "Dimension out of range (expected to be in range of [-2, 1], but got 3)",
    ),
    ("c.max()", NotImplementedError, "\"max_all\" not implemented for 'ComplexFloat'"),
    (
        "m.prod((0, 1))",
        TypeError,
        "prod() received an invalid combination of arguments - got (tuple), but expected one of:",
    ),
    ("torch.quantile(m, 2.0)", RuntimeError, "quantile() q must be in the range [0, 1] but got 2"),
    (
        "torch.quantile(i, 0.5)",
        RuntimeError,
        "quantile() input tensor must be either float or double dtype",
    ),
    ("torch.quantile(e, 0.5)", RuntimeError, "quantile() input tensor must be non-empty"),
    (
        'torch.quantile(m, 0.5, interpolation="best")',
        RuntimeError,
        "quantile() interpolation must be one of linear, lower, higher, midpoint or nearest, but got best",
    ),
    (
        "torch.quantile(m, torch.tensor([0.5]).double())",
        RuntimeError,
        "quantile() q tensor must be same dtype as the input tensor",
    ),
    (
        "torch.histc(m, 0)",
        RuntimeError,
        "torch.histogram(): bins must be > 0, but got 0 for dimension 0",
    ),
    ("torch.histc(m, 4, 3, 1)", RuntimeError, "torch.histc: max must be larger than min"),
    ("torch.histc(i, 4)", NotImplementedError, "\"histogram_cpu\" not implemented for 'Long'"),
    (
        "torch.bincount(torch.tensor([1, -1]))",
        RuntimeError,
        "bincount only supports 1-d non-negative integral inputs.",
    ),
    ("torch.bincount(x)", NotImplementedError, "\"bincount_cpu\" not implemented for 'Float'"),
    ("torch.diff(s)", RuntimeError, "diff expects input to be at least one-dimensional"),
    ("torch.diff(x, n=-1)", RuntimeError, "order must be non-negative but got -1"),
    (
        "torch.gradient(x, edge_order=3)",
        RuntimeError,
        "torch.gradient only supports edge_order=1 and edge_order=2.",
    ),
    (
        "torch.gradient(x[:1])",
        RuntimeError,
        "torch.gradient expected each dimension size to be at least edge_order+1",
    ),
    (
        "torch.trapezoid(m, torch.tensor([1.0, 2.0]))",
        RuntimeError,
        "trapezoid: There must be one `x` value for each sample point",
    ),
    (
        "m.cumsum(2)",
        IndexError,
        "Dimension out of range (expected to be in range of [-2, 1], but got 2)",
    ),
]


@pytest.mark.parametrize(("expression", "printed"), VALUES)
def test_values(expression, printed):
    assert repr(evaluate(expression)) == printed


@pytest.mark.parametrize(("expression", "kind", "message"), ERRORS)
def test_errors(expression, kind, message):
    with pytest.raises(kind, match="^" + re.escape(message)):
        evaluate(expression)


def test_sum_over_many_rows_is_accurate():
    rows = rl.rand(20000, 3, generator=rl.Generator().manual_seed(1))
    exact = rows.double().sum(0)
    assert rl.allclose(rows.sum(0).double(), exact, rtol=5e-7)
    assert rl.allclose(rows.mean(0, keepdim=True).double() * 20000, exact, rtol=5e-7)


def test_dim_must_be_a_number():
    with pytest.raises(TypeError, match=r"^sum\(\) received an invalid combination"):
        rl.ones(2).sum("a")
