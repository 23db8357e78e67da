"""What a recurrent layer does at each time step, between its products of matrices.

Each is one operation, so that a step leaves few Nodes on the tape.
"""

from __future__ import annotations

import numpy as np

from rushlight.ops.elementwise.unary import tanh
from rushlight.ops.indexing.brackets import slice_dim
from rushlight.ops.layers.activation import sigmoid
from rushlight.ops.op import opaque
from rushlight.ops.shape.join import joining

__all__: list[str] = []


_cat3, _cat4 = joining("cat", 3), joining("cat", 4)


def _side_by_side(*parts):
    """Three or four equal parts joined in the last dimension."""
    dim, size = len(parts[0].shape) - 1, parts[0].shape[-1]
    join = _cat3 if len(parts) == 3 else _cat4
    return join(*parts, dim=dim, bounds=(0, size, 2 * size, 3 * size, 4 * size))


def _part(x, i, count):
    """One of the `count` equal parts of the last dimension."""
    size = x.shape[-1] // count
    return slice_dim(x, len(x.shape) - 1, i * size, (i + 1) * size)


def _logistic(x):
    return 1 / (1 + np.exp(-x))


def _memory_gates(g, gates, cell):
    """The gradient of `lstm_memory` in its gates; the output gate has no part in it."""
    i, f = sigmoid(_part(gates, 0, 4)), sigmoid(_part(gates, 1, 4))
    new = tanh(_part(gates, 2, 4))
    gi = g * i
    return _side_by_side(gi * (1 - i) * new, g * cell * f * (1 - f), gi * (1 - new * new), g * 0)


@opaque(
    node="AddBackward0",
    d_gates=_memory_gates,
    d_cell=lambda g, gates: g * sigmoid(_part(gates, 1, 4)),
)
def lstm_memory(gates, cell):
    """What an LSTM remembers: sigmoid(f) cell + sigmoid(i) tanh(g), the gates being (i, f, g, o).

    Shapes: gates (*, 4 H), cell (*, H).

    Source: S. Hochreiter, J. Schmidhuber, "Long short-term memory" (1997); forget gates: F. Gers
    et al., "Learning to forget" (2000).
    """
    size = cell.shape[-1]
    both = _logistic(gates[..., : 2 * size])
    new = np.tanh(gates[..., 2 * size : 3 * size])
    new *= both[..., :size]
    new += both[..., size:] * cell
    return new


def _output_gates(g, gates, cell):
    """The gradient of `lstm_output` in its gates: only the output gate has a part in it."""
    o = sigmoid(_part(gates, 3, 4))
    last = g * tanh(cell) * o * (1 - o)
    none = g * 0
    return _side_by_side(none, none, none, last)


def _output_cell(g, gates, cell):
    """The gradient of `lstm_output` in the cell."""
    t = tanh(cell)
    return g * sigmoid(_part(gates, 3, 4)) * (1 - t * t)


@opaque(node="MulBackward0", d_gates=_output_gates, d_cell=_output_cell)
def lstm_output(gates, cell):
    """What an LSTM tells: sigmoid(o) tanh(cell), the gates being (i, f, g, o)."""
    result = np.tanh(cell)
    result *= _logistic(gates[..., 3 * cell.shape[-1] :])
    return result


def _gru_parts(input_gates, hidden_gates):
    """The gates r and z, the new state n, and what of the old one came to n through r."""
    r = sigmoid(_part(input_gates, 0, 3) + _part(hidden_gates, 0, 3))
    z = sigmoid(_part(input_gates, 1, 3) + _part(hidden_gates, 1, 3))
    told = _part(hidden_gates, 2, 3)
    return r, z, tanh(_part(input_gates, 2, 3) + r * told), told


def _gru_input_gates(g, input_gates, hidden_gates, hidden):
    """The gradient of `gru_step` in the gates from the input."""
    r, z, n, told = _gru_parts(input_gates, hidden_gates)
    to_n = g * (1 - z) * (1 - n * n)
    return _side_by_side(to_n * told * r * (1 - r), g * (hidden - n) * z * (1 - z), to_n)


def _gru_hidden_gates(g, input_gates, hidden_gates, hidden):
    """The gradient of `gru_step` in the gates from the state."""
    r, z, n, told = _gru_parts(input_gates, hidden_gates)
    to_n = g * (1 - z) * (1 - n * n)
    return _side_by_side(to_n * told * r * (1 - r), g * (hidden - n) * z * (1 - z), to_n * r)


def _gru_hidden(g, input_gates, hidden_gates):
    """The gradient of `gru_step` in the state."""
    return g * sigmoid(_part(input_gates, 1, 3) + _part(hidden_gates, 1, 3))


@opaque(
    node="AddBackward0",
    d_input_gates=_gru_input_gates,
    d_hidden_gates=_gru_hidden_gates,
    d_hidden=_gru_hidden,
)
def gru_step(input_gates, hidden_gates, hidden):
    """The next state of a GRU, (1 - z) n + z hidden.

    The gates, (r, z, n), come from the input and from the state: r = sigmoid(ir + hr), z =
    sigmoid(iz + hz), n = tanh(in + r hn). Shapes: gates (*, 3 H), hidden (*, H).

    Source: K. Cho et al., "Learning phrase representations using RNN encoder-decoder for
    statistical machine translation" (2014), in the form of cuDNN.
    """
    size = hidden.shape[-1]
    gates = _logistic(input_gates[..., : 2 * size] + hidden_gates[..., : 2 * size])
    n = gates[..., :size] * hidden_gates[..., 2 * size :]
    n += input_gates[..., 2 * size :]
    np.tanh(n, n)
    result = hidden - n
    result *= gates[..., size:]
    result += n
    return result
