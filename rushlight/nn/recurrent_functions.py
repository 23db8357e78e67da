"""Recurrent layers and cells as functions: `torch.lstm` and its like, also found in `torch._VF`."""

from __future__ import annotations

from rushlight import ops
from rushlight.nn.rnn import advance, run_layers

__all__ = [
    "gru",
    "gru_cell",
    "lstm",
    "lstm_cell",
    "rnn_relu",
    "rnn_relu_cell",
    "rnn_tanh",
    "rnn_tanh_cell",
]


def _layers(mode, *arguments, **named):
    """Outputs and last states of all layers, of a padded batch or of a packed one."""
    names = ("input", "hx", "params", "has_biases", "num_layers", "dropout", "train")
    packed = (len(arguments) > 3 and not isinstance(arguments[3], (bool, int))) or "data" in named
    if packed:
        names = ("data", "batch_sizes", *names[1:], "bidirectional")
    else:
        names = (*names, "bidirectional", "batch_first")
    given = dict(zip(names, arguments), **named)
    run = _packed if packed else _padded
    return run(mode, **given)


def _padded(mode, input, batch_first, **options):
    data = input.transpose(0, 1) if batch_first else input
    output, state = _run(mode, ops.unbind, ops.stack, data, **options)
    return (output.transpose(0, 1) if batch_first else output, *state)


def _packed(mode, data, batch_sizes, **options):
    sizes = batch_sizes.tolist()
    output, state = _run(mode, lambda x: ops.split(x, sizes), ops.cat, data, **options)
    return (output, *state)


def _run(
    mode, into_steps, from_steps, data, hx, params, has_biases, num_layers, dropout, train,
    bidirectional,
):  # fmt: skip
    weights = _grouped(params, has_biases, num_layers * (1 + bidirectional))
    dropout = dropout if train else 0.0
    return run_layers(mode, data, hx, weights, num_layers, dropout, into_steps, from_steps)


def _grouped(params, has_biases, count):
    """For each layer and direction: weight_ih, weight_hh, bias_ih, bias_hh, weight_hr."""
    size = len(params) // count
    groups = [list(params[i * size : (i + 1) * size]) for i in range(count)]
    plain = 4 if has_biases else 2
    return [
        group[:2] + (group[2:4] if has_biases else [None, None])
        + [group[plain] if len(group) > plain else None]
        for group in groups
    ]  # fmt: skip


def lstm(*arguments, **named):
    """All layers of an LSTM: (output, h, c).

    Takes (input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first),
    or of a packed batch (data, batch_sizes, hx, params, has_biases, num_layers, dropout, train,
    bidirectional). `params` are the weights of all layers and directions, in the layer's order.

    >>> import rushlight as torch
    >>> layer, x, h = torch.nn.LSTM(3, 4), torch.randn(5, 2, 3), torch.zeros(1, 2, 4)
    >>> weights = [*layer.parameters()]
    >>> output, _, _ = torch.lstm(x, [h, h], weights, True, 1, 0.0, True, False, False)
    >>> torch.equal(output, layer(x)[0])
    True
    """
    return _layers("LSTM", *arguments, **named)


def gru(*arguments, **named):
    """All layers of a GRU: (output, h). Arguments as for `lstm`, with one state."""
    return _one_state("GRU", arguments, named)


def rnn_tanh(*arguments, **named):
    """All layers of a plain layer with tanh: (output, h). Arguments as for `lstm`, one state."""
    return _one_state("RNN_TANH", arguments, named)


def rnn_relu(*arguments, **named):
    """All layers of a plain layer with relu: (output, h). Arguments as for `lstm`, one state."""
    return _one_state("RNN_RELU", arguments, named)


def _one_state(mode, arguments, named):
    if "hx" in named:
        return _layers(mode, *arguments, **{**named, "hx": (named["hx"],)})
    place = 1 if isinstance(arguments[3], (bool, int)) else 2
    before, hx, after = arguments[:place], arguments[place], arguments[place + 1 :]
    return _layers(mode, *before, (hx,), *after, **named)


def lstm_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None):
    """One step of an LSTM: (h, c), from a batch and the state (h, c) before."""
    return advance("LSTM", input, hx, w_ih, w_hh, b_ih, b_hh)


def gru_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None):
    """One step of a GRU."""
    return advance("GRU", input, (hx,), w_ih, w_hh, b_ih, b_hh)[0]


def rnn_tanh_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None):
    """One step of a plain layer with tanh."""
    return advance("RNN_TANH", input, (hx,), w_ih, w_hh, b_ih, b_hh)[0]


def rnn_relu_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None):
    """One step of a plain layer with relu."""
    return advance("RNN_RELU", input, (hx,), w_ih, w_hh, b_ih, b_hh)[0]
