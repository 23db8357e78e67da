"""Printed tensors against PyTorch's own, on arrays, options and histories drawn by Hypothesis."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
hypothesis = pytest.importorskip("hypothesis")
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import rushlight as rl
from rushlight.printing import printoptions

DTYPES = ["?", "u1", "i1", "i2", "i4", "i8", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"]

# Values at which the style changes, and any others of the dtype.
TURNING_POINTS = [0, -0.0, 1, -3, 0.5, 1e-4, 1e-5, 1000, 1001, 1e8, 1e9, 9.99995, 1e38]
TURNING_POINTS += [float("nan"), float("inf"), -float("inf")]

options = st.fixed_dictionaries(
    {},
    optional={
        "precision": st.integers(0, 8),
        "threshold": st.sampled_from([0, 3, 10, 50, float("inf")]),
        "edgeitems": st.integers(0, 4),
        "linewidth": st.sampled_from([1, 10, 40, 79, 80, 81, 120]),
        "sci_mode": st.booleans(),
    },
)


@st.composite
def printable(draw):
    """An array of any dtype and shape, half of them made of values where the style changes."""
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    shape = draw(arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=9))
    elements = None
    if dtype.kind in "fc" and draw(st.booleans()):
        elements = st.sampled_from(np.array(TURNING_POINTS).astype(dtype).tolist())
    return draw(arrays.arrays(dtype, shape, elements=elements))


@hypothesis.settings(max_examples=300, deadline=None)
@hypothesis.given(printable(), options, st.integers(0, 2))
@pytest.mark.filterwarnings("ignore:overflow encountered in cast:RuntimeWarning")
def test_repr(array, options, history):
    with torch._tensor_str.printoptions(**options):
        expected = repr(with_history(torch.from_numpy(array.copy()), history))
    with printoptions(**options):
        assert repr(with_history(rl.from_numpy(array.copy()), history)) == expected


def with_history(tensor, history):
    if not history or not (tensor.dtype.is_floating_point or tensor.dtype.is_complex):
        return tensor
    tensor.requires_grad_()
    return tensor if history == 1 else tensor[None]


@hypothesis.given(st.sampled_from(["", ".4f", ">8", "d", "e", "zz", "+.2g"]), st.data())
def test_format(spec, data):
    number = data.draw(st.sampled_from([1.5, -2, True, 3.25 - 1j, 1e-30, float("nan")]))
    assert outcome(rl.tensor(number), spec) == outcome(torch.tensor(number), spec)
    assert outcome(rl.tensor([number]), spec) == outcome(torch.tensor([number]), spec)


def outcome(tensor, spec):
    try:
        return format(tensor, spec)
    except Exception as error:
        return type(error), str(error)
