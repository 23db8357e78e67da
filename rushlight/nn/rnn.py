"""Recurrent layers and their cells."""

from __future__ import annotations

import math
import warnings

from rushlight import ops
from rushlight.nn import functional as F
from rushlight.nn import init, recurrence
from rushlight.nn.module import Module
from rushlight.nn.parameter import Parameter
from rushlight.nn.utils.rnn import PackedSequence
from rushlight.ops.layers import recurrent

__all__ = ["GRU", "LSTM", "RNN", "GRUCell", "LSTMCell", "RNNBase", "RNNCell", "RNNCellBase"]


# One time step: what comes from the input, the state before, the weights -> the state after -------


def _step(nonlinearity):
    def step(x, state, weight, bias, projection):
        return (nonlinearity(x + ops.linear(state[0], weight, bias)),)

    return step


def _lstm_step(x, state, weight, bias, projection):
    hidden, cell = state
    gates = _as_precise(x + ops.linear(hidden, weight, bias), cell)
    cell = recurrent.lstm_memory(gates, cell)
    hidden = recurrent.lstm_output(gates, cell)
    return (hidden if projection is None else ops.linear(hidden, projection)), cell


def _gru_step(x, state, weight, bias, projection):
    hidden = state[0]
    from_hidden = _as_precise(ops.linear(hidden, weight, bias), hidden)
    return (recurrent.gru_step(_as_precise(x, hidden), from_hidden, hidden),)


def _as_precise(gates, state):
    """The gates in the dtype of the state, where autocast made them less precise."""
    return gates if gates._array.dtype is state._array.dtype else gates.to(state.dtype)


#: for each mode, its step and how many gates it has
_MODES = {
    "RNN_TANH": (_step(ops.tanh), 1),
    "RNN_RELU": (_step(ops.relu), 1),
    "LSTM": (_lstm_step, 4),
    "GRU": (_gru_step, 3),
}


def _run(step, inputs, state, weights):
    """All steps forwards; sequences that have ended leave the batch. Outputs and last state."""
    outputs, ended = [], []
    for x in inputs:
        count = x.shape[0]
        if count < state[0].shape[0]:
            ended.append([each[count:] for each in state])
            state = [each[:count] for each in state]
        state = step(x, state, *weights)
        outputs.append(state[0])
    if ended:
        ended.append(state)
        state = [ops.cat(parts[::-1]) for parts in zip(*ended, strict=True)]
    return outputs, state


def _run_back(step, inputs, first, weights):
    """All steps backwards; sequences join the batch where they end."""
    outputs = []
    state = [each[: inputs[-1].shape[0]] for each in first]
    for x in reversed(inputs):
        before, count = state[0].shape[0], x.shape[0]
        if count > before:
            joining = [each[before:count] for each in first]
            state = [ops.cat(pair) for pair in zip(state, joining, strict=True)]
        state = step(x, state, *weights)
        outputs.append(state[0])
    return outputs[::-1], state


def _whole_lstm(from_input, state, weight, bias, backwards):
    """All steps of an LSTM as one Node. Outputs and last state."""
    from_input = from_input.flip(0) if backwards else from_input
    outputs, cell = recurrence.LSTMSequence.apply(from_input, *state, weight, bias)
    end = outputs[-1], cell
    return (outputs.flip(0) if backwards else outputs), end


def _whole_gru(from_input, state, weight, bias, backwards):
    """All steps of a GRU as one Node. Outputs and last state."""
    from_input = from_input.flip(0) if backwards else from_input
    outputs = recurrence.GRUSequence.apply(from_input, *state, weight, bias)
    return (outputs.flip(0) if backwards else outputs), (outputs[-1],)


def _whole_plain(mode):
    """All steps of a plain layer as one Node: a function that gives outputs and last state."""

    def whole(from_input, state, weight, bias, backwards):
        from_input = from_input.flip(0) if backwards else from_input
        outputs = recurrence.RNNSequence.apply(from_input, *state, weight, bias, mode)
        return (outputs.flip(0) if backwards else outputs), (outputs[-1],)

    return whole


_WHOLE = {"LSTM": _whole_lstm, "GRU": _whole_gru}
_WHOLE |= {mode: _whole_plain(mode) for mode in ("RNN_TANH", "RNN_RELU")}


def run_layers(mode, data, state, weights, num_layers, dropout, into_steps, from_steps):
    """Outputs of the last layer, and the last states; the product with the input is one for all.

    Args:
        mode: a key of `_MODES`.
        data: what the first layer takes, of all steps.
        state: the first states, each (layers * directions, B, H).
        weights: for each layer and direction: weight_ih, weight_hh, bias_ih, bias_hh, weight_hr.
        num_layers: how many layers; there may be two directions for each.
        dropout: probability, between layers.
        into_steps, from_steps: how data is split into steps, and put together.
    """
    step, _ = _MODES[mode]
    directions = len(weights) // num_layers
    firsts = list(zip(*(ops.unbind(each) for each in state), strict=True))
    last = []
    for layer in range(num_layers):
        both = []
        for direction in range(directions):
            weight_ih, weight_hh, bias_ih, *others = weights[layer * directions + direction]
            from_input = ops.linear(data, weight_ih, bias_ih)
            later = [weight_hh, *others]
            first = firsts[layer * directions + direction]
            whole = _WHOLE.get(mode) if into_steps is ops.unbind else None
            if whole and recurrence.applies(from_input, first, later):
                outputs, end = whole(from_input, first, *later[:2], backwards=direction)
            else:
                run = _run_back if direction else _run
                outputs, end = run(step, into_steps(from_input), first, later)
                outputs = from_steps(outputs)
            both.append(outputs)
            last.append(end)
        data = both[0] if directions == 1 else ops.cat(both, -1)
        if dropout and layer < num_layers - 1:
            data = F.dropout(data, dropout)
    return data, tuple(ops.stack(each) for each in zip(*last, strict=True))


class RNNBase(Module):
    """What the recurrent layers share: parameters, layers, directions, packed sequences.

    Args:
        mode: "RNN_TANH", "RNN_RELU", "LSTM" or "GRU".
        input_size: size of an element of a sequence.
        hidden_size: size of the state, H.
        num_layers: each takes the outputs of the one below.
        bias: whether there are biases.
        batch_first: input and output are (B, T, *) in place of (T, B, *).
        dropout: probability, between layers.
        bidirectional: go both ways; outputs are twice as wide.
        proj_size: for an LSTM, size to which the state is reduced, if not 0.
    """

    def __init__(
        self, mode, input_size, hidden_size, num_layers=1, bias=True, batch_first=False,
        dropout=0.0, bidirectional=False, proj_size=0, device=None, dtype=None,
    ):  # fmt: skip
        super().__init__()
        _check_dropout(dropout, num_layers)
        _check_sizes(bias, batch_first, input_size, hidden_size, num_layers, proj_size)
        if mode not in _MODES:
            raise ValueError(f"Unrecognized RNN mode: {mode}")
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        self._all_weights = []
        for layer in range(num_layers):
            for suffix in self._suffixes(layer):
                self._add_weights(layer, suffix, device, dtype)
        self.reset_parameters()

    def _suffixes(self, layer):
        return [f"_l{layer}", f"_l{layer}_reverse"][: 1 + self.bidirectional]

    def _add_weights(self, layer, suffix, device, dtype):
        rows = _MODES[self.mode][1] * self.hidden_size
        out = self.proj_size or self.hidden_size
        columns = self.input_size if layer == 0 else out * (1 + self.bidirectional)
        shapes = {"weight_ih": (rows, columns), "weight_hh": (rows, out)}
        if self.bias:
            shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
        if self.proj_size:
            shapes["weight_hr"] = (self.proj_size, self.hidden_size)
        for name, shape in shapes.items():
            setattr(self, name + suffix, Parameter(ops.empty(shape, device=device, dtype=dtype)))
        self._all_weights.append([name + suffix for name in shapes])

    def reset_parameters(self):
        """Draw all weights anew: uniform numbers within 1 / sqrt(hidden_size)."""
        bound = 1.0 / math.sqrt(self.hidden_size)
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    @property
    def all_weights(self):
        """For each layer and direction, the list of its parameters."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    @property
    def _flat_weights_names(self):
        return [name for names in self._all_weights for name in names]

    @property
    def _flat_weights(self):
        return [weight for weights in self.all_weights for weight in weights]

    def flatten_parameters(self):
        """Nothing to do: PyTorch arranges the weights for the GPU here."""

    def extra_repr(self):
        parts = [f"{self.input_size}, {self.hidden_size}"]
        defaults = {
            "proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0,
            "bidirectional": False,
        }  # fmt: skip
        for name, default in defaults.items():
            value = getattr(self, name)
            if value != default:
                parts.append(f"{name}={value}")
        return ", ".join(parts)

    # Forward

    def forward(self, input, hx=None):
        """Outputs of the last layer at all steps, and the state after the last step.

        Args:
            input: (T, B, input_size), or (T, input_size), or a PackedSequence.
            hx: the state before the first step, (layers * directions, B, H); zeros by default.
        """
        if isinstance(input, PackedSequence):
            return self._forward_packed(input, hx)
        if input.dim() not in (2, 3):
            tensor = " tensor" if self.mode.startswith("RNN") else ""
            raise ValueError(
                f"{self._get_name()}: Expected input to be 2D or 3D, got {input.dim()}D{tensor} "
                "instead"
            )
        batched = input.dim() == 3
        self._check_state_ndim(hx, batched)
        state = None if hx is None else self._as_tuple(hx)
        if not batched:
            input = input.unsqueeze(1)
            state = None if state is None else tuple(each.unsqueeze(1) for each in state)
        elif self.batch_first:
            input = input.transpose(0, 1)
        self._check_input(input)
        if not input.shape[0]:
            raise RuntimeError("Expected sequence length to be larger than 0 in RNN")
        state = self._first_state(input, input.shape[1], state)
        output, state = self._layers(input, state, ops.unbind, ops.stack)
        if not batched:
            output, state = output.squeeze(1), tuple(each.squeeze(1) for each in state)
        elif self.batch_first:
            output = output.transpose(0, 1)
        return output, self._as_given(state)

    def _forward_packed(self, input, hx):
        sizes = input.batch_sizes.tolist()
        state = None if hx is None else self._as_tuple(hx)
        if state is not None and input.sorted_indices is not None:
            state = tuple(each.index_select(1, input.sorted_indices) for each in state)
        self._check_input(input.data)
        state = self._first_state(input.data, sizes[0], state)
        output, state = self._layers(input.data, state, lambda x: ops.split(x, sizes), ops.cat)
        if input.unsorted_indices is not None:
            state = tuple(each.index_select(1, input.unsorted_indices) for each in state)
        return PackedSequence(output, *input[1:]), self._as_given(state)

    def _as_tuple(self, hx):
        return (hx,)

    def _as_given(self, state):
        return state[0]

    def _layers(self, data, state, into_steps, from_steps):
        dropout = self.dropout if self.training else 0.0
        weights = list(map(self._weights_of, self._all_weights))
        return run_layers(
            self.mode, data, state, weights, self.num_layers, dropout, into_steps, from_steps
        )

    def _weights_of(self, names):
        """(weight_ih, weight_hh, bias_ih, bias_hh, weight_hr) of one layer and direction."""
        found = [self._parameters[name] for name in names]
        return (
            found[:2]
            + (found[2:4] if self.bias else [None, None])
            + [found[-1] if self.proj_size else None]
        )

    # What is refused

    def _check_input(self, input):
        weight = self.weight_ih_l0
        if input.dtype is not weight.dtype:
            raise ValueError(
                f"RNN input dtype ({input.dtype}) does not match weight dtype ({weight.dtype}). "
                f"Convert input: input.to({weight.dtype}), or convert model: "
                f"model.to({input.dtype})"
            )
        if input.shape[-1] != self.input_size:
            raise RuntimeError(
                "input.size(-1) must be equal to input_size. "
                f"Expected {self.input_size}, got {input.shape[-1]}"
            )

    def _state_sizes(self):
        return [self.hidden_size]

    def _first_state(self, input, batch, state):
        """The state given, whose shapes are checked, or zeros."""
        count = self.num_layers * (1 + self.bidirectional)
        shapes = [(count, batch, size) for size in self._state_sizes()]
        if state is None:
            return tuple(input.detach().new_zeros(shape) for shape in shapes)
        for i, (each, shape) in enumerate(zip(state, shapes, strict=True)):
            if tuple(each.shape) != shape:
                which = f"hidden[{i}]" if len(shapes) > 1 else "hidden"
                raise RuntimeError(f"Expected {which} size {shape}, got {list(each.shape)}")
        return state

    def _check_state_ndim(self, hx, batched):
        wanted = 3 if batched else 2
        if hx is not None and hx.dim() != wanted:
            raise RuntimeError(
                f"For {'' if batched else 'un'}batched {wanted}-D input, hx should also be "
                f"{wanted}-D but got {hx.dim()}-D tensor"
            )


def _check_dropout(dropout, num_layers):
    number = isinstance(dropout, (int, float)) and not isinstance(dropout, bool)
    if not number or not 0 <= dropout <= 1:
        raise ValueError(
            "dropout should be a number in range [0, 1] representing the probability of an "
            "element being zeroed"
        )
    if dropout > 0 and num_layers == 1:
        warnings.warn(
            "dropout option adds dropout after all but last recurrent layer, so non-zero dropout "
            f"expects num_layers greater than 1, but got dropout={dropout} and "
            f"num_layers={num_layers}",
            stacklevel=4,
        )


def _check_sizes(bias, batch_first, input_size, hidden_size, num_layers, proj_size):
    for name, value in {"bias": bias, "batch_first": batch_first}.items():
        if not isinstance(value, bool):
            raise TypeError(f"{name} should be of type bool, got: {type(value).__name__}")
    for name, size in {"input_size": input_size, "hidden_size": hidden_size}.items():
        if not isinstance(size, int):
            raise TypeError(f"{name} should be of type int, got: {type(size).__name__}")
        if size <= 0:
            raise ValueError(f"{name} must be greater than zero")
    if num_layers <= 0:
        raise ValueError("num_layers must be greater than zero")
    if proj_size < 0:
        raise ValueError("proj_size should be a positive integer or zero to disable projections")
    if proj_size >= hidden_size:
        raise ValueError("proj_size has to be smaller than hidden_size")


_NO_PROJECTION = "proj_size argument is only supported for LSTM, not RNN or GRU"


class RNN(RNNBase):
    """h_t = tanh(W_ih x_t + b_ih + W_hh h_(t-1) + b_hh), or relu in place of tanh.

    Args as `RNNBase` from `input_size` on, with `nonlinearity` "tanh" or "relu" after
    `num_layers`.

    Source: J. Elman, "Finding structure in time" (1990).

    >>> import rushlight as torch
    >>> output, h = torch.nn.RNN(3, 4)(torch.randn(5, 2, 3))
    >>> output.shape, h.shape
    (torch.Size([5, 2, 4]), torch.Size([1, 2, 4]))
    """

    def __init__(
        self, input_size, hidden_size, num_layers=1, nonlinearity="tanh", bias=True,
        batch_first=False, dropout=0.0, bidirectional=False, device=None, dtype=None, **others,
    ):  # fmt: skip
        if "proj_size" in others:
            raise ValueError(_NO_PROJECTION)
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(
                f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'."
            )
        super().__init__(
            f"RNN_{nonlinearity.upper()}", input_size, hidden_size, num_layers, bias, batch_first,
            dropout, bidirectional, device=device, dtype=dtype, **others,
        )  # fmt: skip
        self.nonlinearity = nonlinearity


class LSTM(RNNBase):
    """Long short-term memory: c_t = f c_(t-1) + i g, h_t = o tanh(c_t).

    i, f, o are sigmoids, and g a tanh, of affine maps of x_t and h_(t-1). Returns output, (h, c).

    Args as `RNNBase` from `input_size` on.

    Source: S. Hochreiter, J. Schmidhuber, "Long short-term memory" (1997).

    >>> import rushlight as torch
    >>> output, (h, c) = torch.nn.LSTM(3, 4, num_layers=2)(torch.randn(5, 2, 3))
    >>> output.shape, c.shape
    (torch.Size([5, 2, 4]), torch.Size([2, 2, 4]))
    """

    def __init__(self, *args, **kwargs):
        super().__init__("LSTM", *args, **kwargs)

    def _state_sizes(self):
        return [self.proj_size or self.hidden_size, self.hidden_size]

    def _as_tuple(self, hx):
        return tuple(hx)

    def _as_given(self, state):
        return state

    def _check_state_ndim(self, hx, batched):
        wanted = 3 if batched else 2
        if hx is not None and (hx[0].dim() != wanted or hx[1].dim() != wanted):
            raise RuntimeError(
                f"For {'' if batched else 'un'}batched {wanted}-D input, hx and cx should also be "
                f"{wanted}-D but got ({hx[0].dim()}-D, {hx[1].dim()}-D) tensors"
            )


class GRU(RNNBase):
    """Gated recurrent unit: h_t = (1 - z) n + z h_(t-1).

    r and z are sigmoids of affine maps of x_t and h_(t-1), n = tanh(W x_t + b + r (V h + c)).

    Args as `RNNBase` from `input_size` on.

    Source: K. Cho et al., "Learning phrase representations using RNN encoder-decoder for
    statistical machine translation" (2014).

    >>> import rushlight as torch
    >>> output, h = torch.nn.GRU(3, 4, bidirectional=True)(torch.randn(5, 2, 3))
    >>> output.shape, h.shape
    (torch.Size([5, 2, 8]), torch.Size([2, 2, 4]))
    """

    def __init__(self, *args, **kwargs):
        if "proj_size" in kwargs:
            raise ValueError(_NO_PROJECTION)
        super().__init__("GRU", *args, **kwargs)


# Cells --------------------------------------------------------------------------------------------


class RNNCellBase(Module):
    """What the cells share: weights for one time step."""

    def __init__(self, input_size, hidden_size, bias, num_chunks, device=None, dtype=None):
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        rows = num_chunks * hidden_size

        def parameter(*shape):
            return Parameter(ops.empty(shape, device=device, dtype=dtype))

        self.weight_ih = parameter(rows, input_size)
        self.weight_hh = parameter(rows, hidden_size)
        for name in ("bias_ih", "bias_hh"):
            self.register_parameter(name, parameter(rows) if bias else None)
        self.reset_parameters()

    def reset_parameters(self):
        """Draw all weights anew: uniform numbers within 1 / sqrt(hidden_size)."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def extra_repr(self):
        parts = [f"{self.input_size}, {self.hidden_size}"]
        if self.bias is not True:
            parts.append(f"bias={self.bias}")
        nonlinearity = getattr(self, "nonlinearity", "tanh")
        if nonlinearity != "tanh":
            parts.append(f"nonlinearity={nonlinearity}")
        return ", ".join(parts)

    def _advance(self, mode, input, state, states=1):
        """One step from a state (or from zeros), for a batch or for one sample."""
        name = self._get_name()
        if input.dim() not in (1, 2):
            raise ValueError(f"{name}: Expected input to be 1D or 2D, got {input.dim()}D instead")
        for i, each in enumerate(state or ()):
            if each.dim() not in (1, 2):
                which = f"hx[{i}]" if states > 1 else "hidden"
                raise ValueError(
                    f"{name}: Expected {which} to be 1D or 2D, got {each.dim()}D instead"
                )
        batched = input.dim() == 2
        if not batched:
            input = input.unsqueeze(0)
            state = state and [each.unsqueeze(0) for each in state]
        if state is None:
            state = [input.detach().new_zeros((input.shape[0], self.hidden_size))] * states
        state = advance(
            mode, input, state, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh
        )
        return state if batched else tuple(each.squeeze(0) for each in state)


def advance(mode, input, state, w_ih, w_hh, b_ih, b_hh):
    """The state after one step of a batch.

    Raises:
        RuntimeError: sizes don't fit each other.
    """
    columns, size = w_ih.shape[1], w_hh.shape[1]
    if input.shape[1] != columns:
        raise RuntimeError(
            f"input has inconsistent input_size: got {input.shape[1]} expected {columns}"
        )
    for i, each in enumerate(state):
        if each.shape[0] != input.shape[0]:
            raise RuntimeError(
                f"Input batch size {input.shape[0]} doesn't match hidden{i} batch size "
                f"{each.shape[0]}"
            )
        if each.shape[1] != size:
            raise RuntimeError(
                f"hidden{i} has inconsistent hidden_size: got {each.shape[1]}, expected {size}"
            )
    return _MODES[mode][0](ops.linear(input, w_ih, b_ih), state, w_hh, b_hh, None)


class RNNCell(RNNCellBase):
    """One step of an `RNN`: input (B, input_size) or (input_size,), state (B, H) or (H,).

    >>> import rushlight as torch
    >>> torch.nn.RNNCell(3, 4)(torch.randn(2, 3)).shape
    torch.Size([2, 4])
    """

    def __init__(
        self, input_size, hidden_size, bias=True, nonlinearity="tanh", device=None, dtype=None
    ):
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input, hx=None):
        mode = f"RNN_{self.nonlinearity.upper()}"
        if mode not in _MODES:
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        return self._advance(mode, input, None if hx is None else [hx])[0]


class LSTMCell(RNNCellBase):
    """One step of an `LSTM`: returns (h, c).

    >>> import rushlight as torch
    >>> h, c = torch.nn.LSTMCell(3, 4)(torch.randn(2, 3))
    >>> h.shape
    torch.Size([2, 4])
    """

    def __init__(self, input_size, hidden_size, bias=True, device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input, hx=None):
        return self._advance("LSTM", input, None if hx is None else list(hx), 2)


class GRUCell(RNNCellBase):
    """One step of a `GRU`.

    >>> import rushlight as torch
    >>> torch.nn.GRUCell(3, 4)(torch.randn(2, 3)).shape
    torch.Size([2, 4])
    """

    def __init__(self, input_size, hidden_size, bias=True, device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input, hx=None):
        return self._advance("GRU", input, None if hx is None else [hx])[0]
