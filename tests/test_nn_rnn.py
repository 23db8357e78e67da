"""Recurrent layers and packed sequences, beside PyTorch's, and by differences."""

from __future__ import annotations

import re

import numpy as np
import pytest

import rushlight as rl
from rushlight.nn.utils import rnn as sequences

nn = rl.nn

KINDS = {
    "rnn": ("RNN", {}),
    "rnn_relu": ("RNN", {"nonlinearity": "relu", "num_layers": 2, "batch_first": True}),
    "lstm": ("LSTM", {}),
    "lstm_deep": ("LSTM", {"num_layers": 3, "bidirectional": True, "bias": False}),
    "lstm_projected": ("LSTM", {"proj_size": 2, "num_layers": 2, "bidirectional": True}),
    "gru": ("GRU", {"batch_first": True}),
    "gru_deep": ("GRU", {"num_layers": 2, "bidirectional": True}),
    "gru_dropout": ("GRU", {"num_layers": 2, "dropout": 0.5}),
    "lstm_dropout": ("LSTM", {"num_layers": 3, "dropout": 0.3, "batch_first": True}),
}


def make(torch, name):
    kind, options = KINDS[name]
    torch.manual_seed(7)
    return getattr(torch.nn, kind)(3, 4, **options)


def flat(result):
    """The Tensors in nested tuples; packed sequences by their data."""
    if isinstance(result, (tuple, list)):
        return [x for each in result for x in flat(each)]
    return [result] if hasattr(result, "detach") else []


def assert_close(mine, theirs, atol=1e-6):
    for a, b in zip(flat(mine), flat(theirs), strict=True):
        assert tuple(a.shape) == tuple(b.shape)
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), atol=atol, rtol=1e-4)


def numbers(*shape):
    return np.random.default_rng(5).standard_normal(shape).astype(np.float32)


def first_state(torch, layer, batch):
    count = layer.num_layers * (2 if layer.bidirectional else 1)
    sizes = [layer.proj_size or layer.hidden_size, layer.hidden_size]
    state = [torch.tensor(numbers(count, *batch, size), requires_grad=True) for size in sizes]
    return tuple(state) if layer.mode == "LSTM" else state[0]


def run(torch, name, shape, given, backward=True):
    layer = make(torch, name)
    x = torch.tensor(numbers(*shape), requires_grad=True)
    batch = () if len(shape) == 2 else (shape[0 if layer.batch_first else 1],)
    state = first_state(torch, layer, batch) if given else None
    torch.manual_seed(3)
    result = layer(x, state)
    sum((each * each).sum() for each in flat(result)).backward()
    leaves = [x, *layer.parameters(), *(flat(state) if given else [])]
    return result, [leaf.grad for leaf in leaves]


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported")
@pytest.mark.parametrize(("shape", "given"), [((4, 5, 3), True), ((4, 3), False)])
@pytest.mark.parametrize("name", KINDS)
def test_values_and_gradients_are_pytorchs(name, shape, given):
    torch = pytest.importorskip("torch")
    assert_close(run(rl, name, shape, given), run(torch, name, shape, given), 1e-5)


@pytest.mark.parametrize("name", KINDS)
def test_parameters_begin_as_pytorchs(name):
    torch = pytest.importorskip("torch")
    mine, theirs = make(rl, name), make(torch, name)
    assert list(mine.state_dict()) == list(theirs.state_dict())
    assert repr(mine) == repr(theirs)
    for a, b in zip(mine.parameters(), theirs.parameters(), strict=True):
        assert np.array_equal(a.detach().numpy(), b.detach().numpy())


@pytest.mark.parametrize(("lengths", "given"), [([6, 4, 4, 1], False), ([2, 6, 3, 5], True)])
@pytest.mark.parametrize("name", [n for n in KINDS if "dropout" not in n])
def test_packed_sequences_are_pytorchs(name, lengths, given):
    torch = pytest.importorskip("torch")

    def packed(library):
        layer = make(library, name)
        x = library.tensor(numbers(6, 4, 3), requires_grad=True)
        rnn = library.nn.utils.rnn
        pack = rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
        output, state = layer(pack, first_state(library, layer, (4,)) if given else None)
        padded, back = rnn.pad_packed_sequence(output, batch_first=True, total_length=7)
        sum((each * each).sum() for each in flat((padded, state))).backward()
        return pack, output, state, padded, back, x.grad, [p.grad for p in layer.parameters()]

    assert_close(packed(rl), packed(torch), 1e-5)


@pytest.mark.parametrize("kind", ["RNNCell", "LSTMCell", "GRUCell"])
@pytest.mark.parametrize("batch", [(), (2,)])
def test_cells_are_pytorchs(kind, batch):
    torch = pytest.importorskip("torch")

    def cell(library):
        library.manual_seed(1)
        layer = getattr(library.nn, kind)(3, 4)
        x = library.tensor(numbers(*batch, 3))
        state = layer(x)
        state = layer(x, state)
        sum((each * each).sum() for each in flat(state)).backward()
        return state, [p.grad for p in layer.parameters()]

    assert_close(cell(rl), cell(torch))


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_derivatives_of_both_orders_by_differences(kind):
    layer = getattr(nn, kind)(2, 2, bidirectional=True, dtype=rl.float64)
    x = rl.randn(2, 1, 2, dtype=rl.float64, requires_grad=True)
    weights = list(layer.parameters())[:3]

    def function(x, *weights):
        names = [name for name, _ in layer.named_parameters()]
        return rl.func.functional_call(layer, dict(zip(names, weights, strict=False)), (x,))[0]

    assert rl.autograd.gradcheck(function, (x, *weights))
    assert rl.autograd.gradgradcheck(function, (x, *weights))


def test_lstm_as_recorded():
    layer = nn.LSTM(1, 1)
    for weight in layer.parameters():
        nn.init.constant_(weight, 0.5)
    output, (h, c) = layer(rl.tensor([[[1.0]], [[-1.0]]]))
    assert output.flatten().tolist() == pytest.approx([0.5143859, 0.5002008], abs=1e-6)
    assert h.item() == output[-1].item()
    assert c.item() == pytest.approx(0.9390500, abs=1e-6)


def test_packing_and_unpacking():
    parts = [rl.tensor([1.0, 2.0, 3.0]), rl.tensor([4.0]), rl.tensor([5.0, 6.0])]
    packed = sequences.pack_sequence(parts, enforce_sorted=False)
    assert packed.data.tolist() == [1, 5, 4, 2, 6, 3]
    assert packed.batch_sizes.tolist() == [3, 2, 1]
    assert packed.sorted_indices.tolist() == [0, 2, 1]
    assert packed.unsorted_indices.tolist() == [0, 2, 1]
    unpacked = sequences.unpack_sequence(packed)
    assert [each.tolist() for each in unpacked] == [each.tolist() for each in parts]
    padded, lengths = sequences.pad_packed_sequence(packed, padding_value=-1.0)
    assert padded.tolist() == [[1, 4, 5], [2, -1, 6], [3, -1, -1]]
    assert lengths.tolist() == [3, 1, 2]
    assert packed.double().data.dtype is rl.float64


def test_padding_on_the_left():
    parts = [rl.tensor([1, 2]), rl.tensor([3])]
    padded = sequences.pad_sequence(parts, True, padding_value=9, padding_side="left")
    assert padded.tolist() == [[1, 2], [9, 3]]


def zeros(*shape):
    return rl.zeros(shape)


x = zeros(5, 2, 3)
WRONG = [
    (lambda: nn.LSTM(3, 4)(zeros(5, 2, 4)), "input.size(-1) must be equal to input_size. Expected"),
    (lambda: nn.LSTM(3, 4)(zeros(5)), "LSTM: Expected input to be 2D or 3D, got 1D instead"),
    (lambda: nn.RNN(3, 4)(zeros(5)), "RNN: Expected input to be 2D or 3D, got 1D tensor instead"),
    (
        lambda: nn.LSTM(3, 4)(x, (zeros(1, 2, 3), zeros(1, 2, 4))),
        "Expected hidden[0] size (1, 2, 4), got [1, 2, 3]",
    ),
    (lambda: nn.GRU(3, 4)(x, zeros(2, 2, 4)), "Expected hidden size (1, 2, 4), got [2, 2, 4]"),
    (
        lambda: nn.GRU(3, 4)(x, zeros(2, 4)),
        "For batched 3-D input, hx should also be 3-D but got 2-D tensor",
    ),
    (
        lambda: nn.LSTM(3, 4)(x[0], (zeros(1, 2, 4),) * 2),
        "For unbatched 2-D input, hx and cx should also be 2-D but got (3-D, 3-D) tensors",
    ),
    (lambda: nn.GRU(3, 4)(x.double()), "RNN input dtype (torch.float64) does not match weight dt"),
    (lambda: nn.RNN(3, 4, nonlinearity="x"), "Unknown nonlinearity 'x'. Select from 'tanh' or"),
    (lambda: nn.RNN(3, 4, dropout=2.0), "dropout should be a number in range [0, 1] represent"),
    (lambda: nn.RNN(3, 0), "hidden_size must be greater than zero"),
    (lambda: nn.RNN(3, 4, 0), "num_layers must be greater than zero"),
    (lambda: nn.RNN(3, 4.0), "hidden_size should be of type int, got: float"),
    (lambda: nn.LSTM(3, 4, proj_size=4), "proj_size has to be smaller than hidden_size"),
    (lambda: nn.GRU(3, 4, proj_size=2), "proj_size argument is only supported for LSTM, not RNN"),
    (lambda: nn.RNNBase("X", 3, 4), "Unrecognized RNN mode: X"),
    (lambda: nn.LSTMCell(3, 4)(x), "LSTMCell: Expected input to be 1D or 2D, got 3D instead"),
    (lambda: nn.RNNCell(3, 4)(zeros(2, 4)), "input has inconsistent input_size: got 4 expected 3"),
    (
        lambda: nn.RNNCell(3, 4)(zeros(2, 3), zeros(3, 4)),
        "Input batch size 2 doesn't match hidden0 batch size 3",
    ),
    (
        lambda: nn.RNNCell(3, 4)(zeros(2, 3), zeros(2, 3)),
        "hidden0 has inconsistent hidden_size: got 3, expected 4",
    ),
    (
        lambda: sequences.pack_padded_sequence(x, [3, 5]),
        "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True.",
    ),
    (lambda: sequences.pack_padded_sequence(x, [5]), "Expected `len(lengths)` to be equal to batc"),
    (lambda: sequences.pack_padded_sequence(x, [5, 0]), "Length of all samples has to be greater"),
    (lambda: sequences.pad_sequence([]), "received an empty list of sequences"),
    (
        lambda: sequences.pad_packed_sequence(
            sequences.pack_padded_sequence(x, [5, 3]), total_length=3
        ),
        "Expected total_length to be at least the length of the longest sequence in input, but",
    ),
]


@pytest.mark.parametrize(("call", "text"), WRONG)
def test_wrong_arguments(call, text):
    with pytest.raises((ValueError, RuntimeError, TypeError), match=re.escape(text)):
        call()


def test_useless_dropout_warns():
    with pytest.warns(UserWarning, match="dropout option adds dropout after all but last recurr"):
        nn.RNN(3, 4, dropout=0.5)


def test_a_lstm_learns_to_remember():
    rl.manual_seed(0)
    layer, read = nn.LSTM(1, 8), nn.Linear(8, 1)
    optimizer = rl.optim.Adam([*layer.parameters(), *read.parameters()], lr=0.05)
    x = rl.randint(0, 2, (4, 32, 1)).float()
    for _ in range(60):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(read(layer(x)[0][-1]), x[0])
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.02


def test_cells_name_their_nodes_as_pytorch():
    x = rl.ones(2, 3)
    hidden, cell = nn.LSTMCell(3, 4)(x)
    assert (hidden.grad_fn.name(), cell.grad_fn.name()) == ("MulBackward0", "AddBackward0")
    assert nn.GRUCell(3, 4)(x).grad_fn.name() == "AddBackward0"
