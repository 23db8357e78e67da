"""Grad mode, inference mode and anomaly detection: what PyTorch does was recorded."""

from __future__ import annotations

import pytest

import rushlight as rl
from tests.snippets import programs, recorded, run

TOPIC = "autograd_modes"
EXPECTED = recorded(TOPIC)


@pytest.mark.parametrize(
    ("name", "source"), programs(TOPIC), ids=lambda value: value.partition("\n")[0][:30]
)
def test_recorded(name, source):
    assert run(source, rl) == EXPECTED[name]


def failing():
    x = rl.zeros(1, requires_grad=True)
    return rl.sqrt(x) * 0


def test_anomaly_names_the_forward_line():
    with pytest.warns(UserWarning, match="Error detected in SqrtBackward0") as warned:
        with pytest.raises(RuntimeError, match="returned nan values in its 0th output") as raised:
            with rl.autograd.set_detect_anomaly(True):
                failing().backward()
    for text in (str(warned[0].message), "".join(raised.value.__notes__)):
        assert "return rl.sqrt(x) * 0" in text
    assert str(raised.value) == "Function 'SqrtBackward0' returned nan values in its 0th output."


def test_anomaly_without_forward_information():
    y = failing()
    with pytest.warns(UserWarning, match="No forward pass information available"):
        with pytest.raises(RuntimeError), rl.autograd.set_detect_anomaly(True):
            y.backward()


def test_anomaly_tells_what_induced_the_calculation():
    x = rl.tensor([0.0], requires_grad=True)
    with rl.autograd.set_detect_anomaly(True, check_nan=False):
        (gradient,) = rl.autograd.grad(x**1.5, x, create_graph=True)
    assert gradient.grad_fn.metadata["traceback_"]
    assert gradient.grad_fn.metadata["parent_"] is not None


def test_detect_anomaly_warns():
    with pytest.warns(UserWarning, match="Anomaly Detection has been enabled"):
        with rl.autograd.detect_anomaly():
            assert rl.is_anomaly_enabled()
    assert not rl.is_anomaly_enabled()


def test_decorated_class_warns():
    with pytest.warns(FutureWarning, match="Decorating classes is deprecated"):

        @rl.no_grad()
        class Made:
            def __init__(self):
                self.recording = rl.is_grad_enabled()

    assert not Made().recording


def test_inference_mode_leaves_other_threads_alone():
    with rl.inference_mode():
        x = rl.ones(2) * 2
        assert x.is_inference() and not x.requires_grad
    assert not (rl.ones(2) * 2).is_inference()
    with pytest.raises(RuntimeError, match="Inplace update to inference tensor outside"):
        x.add_(1)
    assert x.tolist() == [2.0, 2.0]
