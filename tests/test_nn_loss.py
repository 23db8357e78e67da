"""Losses: the numbers that PyTorch 2.13 prints, and what it refuses."""

import pytest

import rushlight as rl
import rushlight.nn.functional as F
from rushlight import nn

A = rl.tensor([[1.0, 2.0, 3.0], [0.0, -1.0, 1.0]])
B = rl.tensor([[0.0, 2.0, 1.0], [1.0, 0.0, 0.0]])
T = rl.tensor([2, 0])
WEIGHT = rl.tensor([0.2, 0.3, 0.5])

RECORDED = [
    (lambda: F.mse_loss(A, B), [1.33333]),
    (lambda: F.l1_loss(A, B), [1.0]),
    (lambda: F.smooth_l1_loss(A, B), [0.58333]),
    (lambda: F.huber_loss(A, B, delta=0.5), [0.39583]),
    (lambda: F.cross_entropy(A, T), [0.90761]),
    (lambda: F.cross_entropy(A, T, label_smoothing=0.1), [0.95761]),
    (lambda: F.cross_entropy(A, T, weight=WEIGHT), [0.69332]),
    (lambda: F.cross_entropy(A, T, ignore_index=0), [0.40761]),
    (lambda: F.cross_entropy(A, B), [2.31521]),
    (lambda: F.nll_loss(A, T), [-1.5]),
    (lambda: F.binary_cross_entropy(A.sigmoid(), B.clamp(0, 1)), [0.63474]),
    (
        lambda: F.binary_cross_entropy_with_logits(A, B, pos_weight=rl.tensor([1.0, 2.0, 3.0])),
        [0.35991],
    ),
    (lambda: F.kl_div(A, B.softmax(1), reduction="batchmean"), [-1.98121]),
    (lambda: F.poisson_nll_loss(A, B), [4.54651]),
    (lambda: F.gaussian_nll_loss(A, B, B + 1), [0.66541]),
    (lambda: F.hinge_embedding_loss(A, B * 0 - 1), [0.5]),
    (lambda: F.soft_margin_loss(A, B * 0 - 1), [1.46807]),
    (lambda: F.margin_ranking_loss(A, B, B * 0 + 1), [0.33333]),
    (lambda: F.cosine_embedding_loss(A, B, rl.tensor([1, -1])), [0.08167]),
    (lambda: F.multi_margin_loss(A, T), [0.33333]),
    (lambda: F.multilabel_margin_loss(A, rl.tensor([[2, -1, 0], [0, 1, -1]])), [0.83333]),
    (lambda: F.multilabel_soft_margin_loss(A, B), [0.30141]),
    (lambda: F.triplet_margin_loss(A, B, B.flip(0)), [0.0]),
    (lambda: F.cosine_similarity(A, B), [0.83666, 0.0]),
    (lambda: F.pairwise_distance(A, B), [2.23607, 1.73205]),
]


@pytest.mark.parametrize("number", range(len(RECORDED)))
def test_loss(number):
    call, expected = RECORDED[number]
    assert call().flatten().tolist() == pytest.approx(expected, abs=2e-5)


def test_the_printed_loss_names_its_operation():
    x = A.clone().requires_grad_()
    assert repr(F.mse_loss(x, B)) == "tensor(1.3333, grad_fn=<MseLossBackward0>)"
    assert repr(F.cross_entropy(x, T)) == "tensor(0.9076, grad_fn=<NllLossBackward0>)"
    assert "BinaryCrossEntropyWithLogitsBackward0" in repr(F.binary_cross_entropy_with_logits(x, B))


def test_reductions():
    each = F.mse_loss(A, B, reduction="none")
    assert each.tolist() == [[1.0, 0.0, 4.0], [1.0, 1.0, 1.0]]
    assert F.mse_loss(A, B, reduction="sum").item() == 8.0
    assert nn.MSELoss(reduction="sum")(A, B).item() == 8.0


def test_the_broadcast_warning():
    text = (
        r"Using a target size \(torch.Size\(\[2, 1\]\)\) that is different to the input size "
        r"\(torch.Size\(\[2, 3\]\)\). This will likely lead to incorrect results due to "
        r"broadcasting. Please ensure they have the same size."
    )
    with pytest.warns(UserWarning, match=text):
        F.mse_loss(A, B[:, :1])


def test_the_old_options():
    with pytest.warns(UserWarning, match="please use reduction='sum' instead."):
        assert F.mse_loss(A, B, size_average=False).item() == 8.0
    with pytest.warns(UserWarning, match="please use reduction='none' instead."):
        assert nn.MSELoss(reduce=False).reduction == "none"


def test_ignored_targets_get_no_gradient():
    x = A.clone().requires_grad_()
    F.cross_entropy(x, T, ignore_index=0).backward()
    assert x.grad[1].tolist() == [0.0, 0.0, 0.0] and repr(x.grad[1]) == "tensor([0., 0., 0.])"
    assert F.cross_entropy(A, rl.tensor([-100, -100])).isnan()


@pytest.mark.filterwarnings("ignore:overflow encountered")
def test_extreme_logits():
    x = rl.tensor([1000.0, -1000.0], requires_grad=True)
    loss = F.binary_cross_entropy_with_logits(x, rl.tensor([0.0, 1.0]))
    loss.backward()
    assert loss.item() == 1000.0 and x.grad.tolist() == [0.5, -0.5]
    assert F.binary_cross_entropy(rl.tensor([0.0]), rl.tensor([1.0])).item() == 100.0


def test_a_weight_is_a_buffer():
    assert list(nn.CrossEntropyLoss(weight=WEIGHT).state_dict()) == ["weight"]
    assert list(nn.BCEWithLogitsLoss(pos_weight=WEIGHT).state_dict()) == ["pos_weight"]


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: F.cross_entropy(A, rl.tensor([5, 0])), IndexError, "Target 5 is out of bounds."),
        (lambda: F.cross_entropy(A, rl.tensor([-1, 0])), IndexError, "Target -1 is out of bounds."),
        (
            lambda: F.cross_entropy(A, rl.tensor([0, 1, 1])),
            ValueError,
            r"Expected input batch_size \(2\) to match target batch_size \(3\).",
        ),
        (
            lambda: F.cross_entropy(A, B.long()),
            RuntimeError,
            "Expected floating point type for target with class probabilities, got Long",
        ),
        (
            lambda: F.cross_entropy(A, rl.tensor([0.0, 1.0])),
            RuntimeError,
            "expected target dtype to be Long or Byte, but got Float",
        ),
        (
            lambda: F.nll_loss(A, B.long()),
            RuntimeError,
            "0D or 1D target tensor expected, multi-target not supported",
        ),
        (
            lambda: F.cross_entropy(A, T, weight=rl.ones(2)),
            RuntimeError,
            "weight tensor should be defined either for all 3 classes or no classes but got",
        ),
        (
            lambda: F.mse_loss(A, rl.ones(4)),
            RuntimeError,
            r"The size of tensor a \(3\) must match the size of tensor b \(4\)",
        ),
        (lambda: F.mse_loss(A, B, reduction="foo"), ValueError, "foo is not a valid value for red"),
        (
            lambda: F.binary_cross_entropy(A, B),
            RuntimeError,
            "all elements of input should be between 0 and 1",
        ),
        (
            lambda: F.binary_cross_entropy_with_logits(A, B[0]),
            ValueError,
            r"Target size \(torch.Size\(\[3\]\)\) must be the same as input size",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:Using a target size")
def test_refusals(call, error, text):
    with pytest.raises(error, match=text):
        call()
