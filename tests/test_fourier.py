"""Fourier transforms, of whole signals and of windows.

What PyTorch printed, and what it refused.
"""

import re

import pytest
from expressions import evaluate

#: expressions, and what PyTorch prints for them
VALUES = [
    ("torch.fft.fft(x)", "tensor([-0.2500+0.0000j,  2.3750+1.9486j,  2.3750-1.9486j])"),
    ("torch.fft.ifft(c)", "tensor([0.5000+0.7500j, 0.5000+1.2500j])"),
    ("torch.fft.rfft(x, n=4)", "tensor([-0.2500+0.j,  1.2500+2.j,  3.7500+0.j])"),
    ("torch.fft.irfft(c, n=3)", "tensor([0.3333, 0.6220, 0.0447])"),
    ("torch.fft.hfft(c, n=3)", "tensor([1.0000, 0.1340, 1.8660])"),
    ("torch.fft.ihfft(x)", "tensor([-0.0833-0.0000j,  0.7917-0.6495j])"),
    (
        'torch.fft.fft(x, norm="ortho")',
        "tensor([-0.1443+0.0000j,  1.3712+1.1250j,  1.3712-1.1250j])",
    ),
    ("torch.fft.fft(i)", "tensor([1.+0.0000j, 4.+1.7321j, 4.-1.7321j])"),
    ("torch.fft.fft(b)", "tensor([2.0000+0.0000j, 0.5000+0.8660j, 0.5000-0.8660j])"),
    ("torch.fft.fft2(m, s=(2, 2))", "tensor([[14.+0.j, -4.+0.j],\n        [-2.+0.j, -4.+0.j]])"),
    (
        "torch.fft.rfftn(m)",
        "tensor([[17.+0.0000j, -1.-5.1962j],\n        [ 1.+0.0000j, -5.+1.7321j]])",
    ),
    (
        "torch.fft.irfftn(torch.fft.rfftn(m), s=(2, 3)).round(decimals=3)",
        "tensor([[1., 5., 3.],\n        [4., 4., 0.]])",
    ),
    (
        "torch.fft.ifftn(m, dim=(0,))",
        "tensor([[ 2.5000+0.j,  4.5000+0.j,  1.5000+0.j],\n        [-1.5000+0.j,  0.5000+0.j,  1.5000+0.j]])",
    ),
    (
        "torch.fft.hfft2(torch.fft.ihfft2(m), s=(2, 3)).round(decimals=3)",
        "tensor([[1., 5., 3.],\n        [4., 4., 0.]])",
    ),
    ("torch.fft.fftn(m, s=(1, -1))", "tensor([[ 9.+0.0000j, -3.-1.7321j, -3.+1.7321j]])"),
    ("torch.fft.fftfreq(5)", "tensor([ 0.0000,  0.2000,  0.4000, -0.4000, -0.2000])"),
    ("torch.fft.rfftfreq(5, 2.0)", "tensor([0.0000, 0.1000, 0.2000])"),
    ("torch.fft.fftshift(m)", "tensor([[0., 4., 4.],\n        [3., 1., 5.]])"),
    ("torch.fft.ifftshift(x)", "tensor([-2.0000,  0.2500,  1.5000])"),
    ("torch.fft.fft(x.double()).dtype", "torch.complex128"),
    ("torch.fft.fft(c).abs()", "tensor([1.8028, 2.6926])"),
    (
        "torch.stft(torch.arange(8.0), 4, window=torch.ones(4), return_complex=True).shape",
        "torch.Size([3, 9])",
    ),
    (
        "torch.stft(torch.arange(8.0), 4, window=torch.hann_window(4), center=False, return_complex=True)",
        "tensor([[ 4.+0.j,  6.+0.j,  8.+0.j, 10.+0.j, 12.+0.j],\n        [-2.+1.j, -3.+1.j, -4.+1.j, -5.+1.j, -6.+1.j],\n        [ 0.+0.j,  0.+0.j,  0.+0.j,  0.+0.j,  0.+0.j]])",
    ),
    (
        "torch.arange(8.0).stft(4, 2, window=torch.ones(4), return_complex=False).shape",
        "torch.Size([3, 5, 2])",
    ),
    (
        "torch.istft(torch.stft(torch.arange(8.0), 4, window=torch.hann_window(4), return_complex=True), 4, window=torch.hann_window(4), length=8)",
        "tensor([0., 1., 2., 3., 4., 5., 6., 7.])",
    ),
]

#: expressions, and the error that PyTorch raises for them
ERRORS = [
    ('torch.fft.fft(x, norm="x")', RuntimeError, 'Invalid normalization mode: "x"'),
    ("torch.fft.fft(h)", RuntimeError, "Unsupported dtype Half"),
    ("torch.fft.rfft(c)", RuntimeError, "rfft expects a real input tensor, but got ComplexFloat"),
    (
        "torch.fft.rfftn(c[None])",
        RuntimeError,
        "rfftn expects a real-valued input tensor, but got ComplexFloat",
    ),
    ("torch.fft.ihfft(c)", RuntimeError, "ihfft expects a real input tensor, but got ComplexFloat"),
    (
        "torch.fft.ihfft2(c[None])",
        RuntimeError,
        "Only supports floating-point dtypes, but found: ComplexFloat",
    ),
    ("torch.fft.fft(s)", IndexError, "Dimension specified as -1 but tensor has no dimensions"),
    ("torch.fft.fft(x, n=0)", RuntimeError, "Invalid number of data points (0) specified"),
    ("torch.fft.irfft(c[:1])", RuntimeError, "Invalid number of data points (0) specified"),
    (
        "torch.fft.fftn(m, s=(1, 2, 3))",
        RuntimeError,
        "Got shape with 3 values but input tensor only has 2 dimensions.",
    ),
    (
        "torch.fft.fftn(m, s=(1, 2), dim=(0,))",
        RuntimeError,
        "When given, dim and shape arguments must have the same length",
    ),
    ("torch.fft.fftn(m, dim=(0, 0))", RuntimeError, "FFT dims must be unique"),
    ("torch.fft.fftn(m, s=(1, -2))", RuntimeError, "Invalid number of data points (-2) specified"),
    ("torch.fft.rfftn(s)", RuntimeError, "rfftn must transform at least one axis"),
    (
        "torch.fft.fft(x, out=torch.empty(3))",
        RuntimeError,
        "fft expects a complex output tensor, but got Float",
    ),
    (
        "torch.fft.irfft(c, out=torch.empty(2, dtype=torch.complex64))",
        RuntimeError,
        "irfft expects a floating point output tensor, but got ComplexFloat",
    ),
    (
        "torch.fft.fftfreq(-1)",
        RuntimeError,
        "Trying to create tensor with negative dimension -1: [-1]",
    ),
    (
        "torch.fft.fftfreq(4, dtype=torch.int64)",
        RuntimeError,
        "fftfreq requires a floating point or complex dtype",
    ),
    (
        "torch.stft(x, 2)",
        RuntimeError,
        "stft requires the return_complex parameter be given for real inputs, and will further require that return_complex=True in a future PyTorch release.",
    ),
    (
        "torch.stft(x, 9, center=False, return_complex=True)",
        RuntimeError,
        "stft(torch.FloatTensor[3], n_fft=9, hop_length=2, win_length=9, window=None, normalized=0, onesided=None, return_complex=1, align_to_window=None) : expected 0 < n_fft < 3, but got n_fft=9",
    ),
    (
        "torch.stft(x, 2, hop_length=0, return_complex=True)",
        RuntimeError,
        "stft(torch.FloatTensor[5], n_fft=2, hop_length=0, win_length=2, window=None, normalized=0, onesided=None, return_complex=1, align_to_window=None) : expected hop_length > 0, but got hop_length=0",
    ),
    (
        "torch.stft(x, 2, window=torch.ones(3), return_complex=True)",
        RuntimeError,
        "stft(torch.FloatTensor[5], n_fft=2, hop_length=0, win_length=2, window=torch.FloatTensor{[3]}, normalized=0, onesided=None, return_complex=1, align_to_window=None) : expected hop_length > 0, but got hop_length=0",
    ),
    (
        "torch.stft(x, 2, center=True, align_to_window=True, return_complex=True)",
        RuntimeError,
        "stft align_to_window should only be set when center = false",
    ),
    (
        "torch.stft(c, 2, onesided=True, center=False)",
        RuntimeError,
        "stft(CPUComplexFloatType[2], n_fft=2, hop_length=0, win_length=2, window=None, normalized=0, onesided=1, return_complex=None, align_to_window=None) : expected hop_length > 0, but got hop_length=0",
    ),
    (
        "torch.stft(i, 2, center=False, return_complex=True)",
        RuntimeError,
        "stft(torch.LongTensor[3], n_fft=2, hop_length=0, win_length=2, window=None, normalized=0, onesided=None, return_complex=1, align_to_window=None) : expected a tensor of floating point or complex values",
    ),
    (
        "torch.istft(m, 4)",
        RuntimeError,
        "istft requires a complex-valued input tensor matching the output from stft with return_complex=True.",
    ),
    (
        "torch.istft(torch.ones(3, 4, dtype=torch.complex64), 6)",
        RuntimeError,
        "istft(CPUComplexFloatType[3, 4], n_fft=6, hop_length=1, win_length=6, window=None, center=1, normalized=0, onesided=None, length=None, return_complex=0) : expected the frequency dimension (3rd to the last) of the input tensor to match n_fft / 2 + 1 when onesided=True, but got 3",
    ),
    (
        "torch.istft(torch.ones(3, 4, dtype=torch.complex64), 4, hop_length=5)",
        RuntimeError,
        "istft(CPUComplexFloatType[3, 4], n_fft=4, hop_length=5, win_length=4, window=None, center=1, normalized=0, onesided=None, length=None, return_complex=0) : expected 0 < hop_length <= win_length",
    ),
    (
        "torch.istft(torch.ones(3, 4, dtype=torch.complex64), 4, window=torch.zeros(4))",
        RuntimeError,
        "istft(CPUComplexFloatType[3, 4], n_fft=4, hop_length=1, win_length=4, window=torch.FloatTensor{[4]}, center=1, normalized=0, onesided=None, length=None, return_complex=0) window overlap add min: 1",
    ),
    (
        "torch.istft(torch.ones(3, 0, dtype=torch.complex64), 4)",
        RuntimeError,
        "istft(CPUComplexFloatType[3, 0], n_fft=4, hop_length=1, win_length=4, window=None, center=1, normalized=0, onesided=None, length=None, return_complex=0) : input tensor cannot be empty.",
    ),
]


@pytest.mark.parametrize(("expression", "printed"), VALUES)
def test_values(expression, printed):
    assert repr(evaluate(expression)) == printed


@pytest.mark.parametrize(("expression", "kind", "message"), ERRORS)
def test_errors(expression, kind, message):
    with pytest.raises(kind, match="^" + re.escape(message)):
        evaluate(expression)
