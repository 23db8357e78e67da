"""Windows."""

import pytest

import rushlight as rl

windows = rl.signal.windows


@pytest.mark.parametrize(
    ("made", "values"),
    [
        (lambda: windows.hann(5), [0, 0.5, 1, 0.5, 0]),
        (lambda: windows.hann(4, sym=False), [0, 0.5, 1, 0.5]),
        (lambda: windows.hamming(3), [0.08, 1, 0.08]),
        (lambda: windows.bartlett(5), [0, 0.5, 1, 0.5, 0]),
        (lambda: windows.blackman(3), [0, 1, 0]),
        (lambda: windows.cosine(3), [0.5, 1, 0.5]),
        (lambda: windows.exponential(3), [0.3679, 1, 0.3679]),
        (lambda: windows.gaussian(3), [0.6065, 1, 0.6065]),
        (lambda: windows.kaiser(3, beta=0), [1, 1, 1]),
        (lambda: windows.nuttall(3), [0.0003628, 1, 0.0003628]),
        (lambda: windows.hann(1), [1]),
        (lambda: windows.hann(0), []),
        (lambda: rl.hann_window(4), [0, 0.5, 1, 0.5]),
        (lambda: rl.hamming_window(2, periodic=False), [0.08, 0.08]),
    ],
)
def test_values(made, values):
    assert made().tolist() == pytest.approx(values, abs=1e-4)


def test_refusals():
    with pytest.raises(
        ValueError, match="hann requires non-negative window length, got M=-1|gener"
    ):
        windows.hann(-1)
    with pytest.raises(ValueError, match="Tau must be positive, got: 0 instead"):
        windows.exponential(3, tau=0)
    with pytest.raises(ValueError, match="expects float32 or float64 dtypes, got: torch.int64"):
        windows.kaiser(3, dtype=rl.int64)
