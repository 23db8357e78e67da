"""Special functions.

What PyTorch printed, and what it refused.
"""

import re

import pytest
from expressions import evaluate

#: expressions, and what PyTorch prints for them
VALUES = [
    ("torch.erf(x)", "tensor([ 0.9661, -0.9953,  0.2763])"),
    ("torch.erf(i)", "tensor([ 1.0000, -0.9953,  0.0000])"),
    ("torch.erfc(torch.tensor([0.5, 5.0, 10.0]))", "tensor([4.7950e-01, 1.5375e-12, 1.4013e-45])"),
    (
        "torch.erfinv(torch.tensor([0.0, 0.5, -0.99, 1.0, 2.0]))",
        "tensor([ 0.0000,  0.4769, -1.8214,     inf,     nan])",
    ),
    ("torch.lgamma(torch.tensor([0.5, 4.0, -1.0]))", "tensor([0.5724, 1.7918,    inf])"),
    (
        "torch.digamma(torch.tensor([1.0, 0.0, -0.5, 30.0]))",
        "tensor([-0.5772,    -inf,  0.0365,  3.3844])",
    ),
    ("torch.polygamma(1, torch.tensor([1.0, 0.5]))", "tensor([1.6449, 4.9348])"),
    ("torch.polygamma(2, torch.tensor([1.0, 0.5]))", "tensor([ -2.4041, -16.8288])"),
    ("torch.mvlgamma(torch.tensor([2.0, 3.0]), 2)", "tensor([0.4516, 1.5502])"),
    ("torch.logit(torch.tensor([0.5, 0.9, 1.0]))", "tensor([0.0000, 2.1972,    inf])"),
    ("torch.logit(torch.tensor([0.5, 0.9, 1.0]), eps=0.2)", "tensor([0.0000, 1.3863, 1.3863])"),
    ("torch.i0(x)", "tensor([1.6467, 2.2796, 1.0157])"),
    ("torch.special.entr(torch.tensor([0.0, 0.5, -1.0]))", "tensor([0.0000, 0.3466,   -inf])"),
    ("torch.special.erfcx(torch.tensor([0.0, 1.0, 30.0]))", "tensor([1.0000, 0.4276, 0.0188])"),
    ("torch.special.ndtr(x)", "tensor([0.9332, 0.0228, 0.5987])"),
    (
        "torch.special.log_ndtr(torch.tensor([-30.0, 0.0, 5.0]))",
        "tensor([-4.5432e+02, -6.9315e-01, -2.8665e-07])",
    ),
    (
        "torch.special.ndtri(torch.tensor([0.0, 0.5, 1e-6, 1.0]))",
        "tensor([   -inf,  0.0000, -4.7534,     inf])",
    ),
    ("torch.special.expit(x)", "tensor([0.8176, 0.1192, 0.5622])"),
    ("torch.special.psi(y)", "tensor([0.4228, 0.9228,    nan])"),
    ("torch.special.gammaln(y)", "tensor([0.0000, 0.6931,    inf])"),
    ("torch.special.zeta(torch.tensor([2.0]), torch.tensor([1.0]))", "tensor([1.6449])"),
    ("torch.special.xlog1py(x, y)", "tensor([ 1.6479, -2.7726,    -inf])"),
    ("torch.special.chebyshev_polynomial_t(x, 3)", "tensor([  9.0000, -26.0000,  -0.6875])"),
    (
        "torch.special.hermite_polynomial_h(x, torch.tensor([0.0, 1.0, 4.0]))",
        "tensor([ 1.0000, -4.0000,  9.0625])",
    ),
    ("torch.special.legendre_polynomial_p(x, 5)", "tensor([  33.0820, -185.7500,    0.3397])"),
    ("torch.special.laguerre_polynomial_l(x, 2)", "tensor([-0.8750,  7.0000,  0.5312])"),
    ("torch.special.spherical_bessel_j0(x)", "tensor([0.6650, 0.4546, 0.9896])"),
    ("torch.erf(r)", "tensor([0.8427, 0.9953], grad_fn=<ErfBackward0>)"),
    ("torch.lgamma(r)", "tensor([0., 0.], grad_fn=<LgammaBackward0>)"),
    ("torch.polygamma(1, r)", "tensor([1.6449, 0.6449], grad_fn=<PolygammaBackward0>)"),
    ("torch.special.i1e(r)", "tensor([0.2079, 0.2153], grad_fn=<SpecialI1EBackward0>)"),
]

#: expressions, and the error that PyTorch raises for them
ERRORS = [
    ("torch.erf(c)", NotImplementedError, "\"erf_vml_cpu\" not implemented for 'ComplexFloat'"),
    ("torch.polygamma(-1, x)", RuntimeError, "polygamma(n, x) does not support negative n."),
    ("torch.mvlgamma(x, 0)", RuntimeError, "p has to be greater than or equal to 1"),
    ('torch.erf("a")', TypeError, "erf(): argument 'input' (position 1) must be Tensor, not str"),
]


@pytest.mark.parametrize(("expression", "printed"), VALUES)
def test_values(expression, printed):
    assert repr(evaluate(expression)) == printed


@pytest.mark.parametrize(("expression", "kind", "message"), ERRORS)
def test_errors(expression, kind, message):
    with pytest.raises(kind, match="^" + re.escape(message)):
        evaluate(expression)
