"""A recurrent layer over a whole sequence: one Node, and loops over time in NumPy.

`nn.rnn` runs a layer step by step, each step a few operations, and that is the definition. Where
nothing watches, layers take the way here: the same numbers, but what doesn't depend on the step
before is done for all steps at once, and nothing is recorded within. A backward pass that is to be
differentiated again goes through the definition. In a traced run (`compile`) the loop forwards and
the loop backwards are one instruction each.

Shapes: T steps, batch N, state H; gates (T, N, K H) and weight (K H, H), where K is 4 for an LSTM,
3 for a GRU, 1 for a plain layer.
"""

from __future__ import annotations

import numpy as np

from rushlight import autograd
from rushlight.autograd.function import Function
from rushlight.autograd.tape import modes
from rushlight.kernels.fused import fused_if_large
from rushlight.ops import fast
from rushlight.tensor import wrap

__all__ = ["GRUSequence", "LSTMSequence", "RNNSequence", "applies"]


def applies(inputs, state, weights):
    """Whether a sequence may go this way: steps of one size, and nothing watches operations."""
    _, _, projection = weights
    tensors = (inputs, *state, *(each for each in weights if each is not None))
    return (
        projection is None
        and not fast.is_intercepted(besides=any(_is_traced(x._array) for x in tensors))
        and modes.dual_level < 0
        and inputs.shape[0] > 0
        and all(type(x._array) is np.ndarray or _is_traced(x._array) for x in tensors)
        and all(x._array.dtype.char in "fd" for x in tensors)
    )


def _is_traced(array):
    """Whether it stands for an array in a traced run."""
    return hasattr(array, "called_with")


def _call(loop, *arrays):
    """A loop over time; where one of its arrays is traced, it becomes one instruction."""
    traced = next(filter(_is_traced, arrays), None)
    return loop(*arrays) if traced is None else traced.called_with(loop, arrays)


def _sigmoid(x):
    """1 / (1 + exp(-x))."""
    result = np.negative(x)
    np.exp(result, result)
    result += 1
    return np.reciprocal(result, result)


def _shifted(first, states):
    """The state before each step."""
    return np.concatenate((first[np.newaxis], states[:-1]))


def _product_sum(left, right):
    """The sum over steps and batch of the outer products of rows."""
    return left.reshape(-1, left.shape[-1]).T @ right.reshape(-1, right.shape[-1])


class _Sequence(Function):
    """What both have in common: saving, and second derivatives through the definition."""

    @classmethod
    def differentiate(cls, ctx, gradients, *others):
        """The gradients of `backward` as functions that can be differentiated again."""
        given = ctx.saved_tensors
        wanted = [x for x, need in zip(given, ctx.needs_input_grad) if need]
        outputs = cls.by_steps(*given, *others)
        options = {"create_graph": True, "allow_unused": True}
        found = iter(autograd.grad(outputs, wanted, gradients, **options))
        return tuple(next(found) if need else None for need in ctx.needs_input_grad)


class LSTMSequence(_Sequence):
    """All outputs and the last cell, from the gates' part from the input, state and weights."""

    @staticmethod
    def forward(ctx, from_input, hidden, cell, weight, bias):
        gates = from_input._array + (0 if bias is None else bias._array)
        given = gates, hidden._array, cell._array, weight._array
        ctx.kept = _, out, cells, _ = _call(_lstm_forward, *given)
        ctx.save_for_backward(from_input, hidden, cell, weight, bias)
        return wrap(out), wrap(cells[-1].copy())

    @staticmethod
    def backward(ctx, g_out, g_cell):
        if modes.grad_enabled:
            return LSTMSequence.differentiate(ctx, (g_out, g_cell))
        _, hidden, cell, weight, bias = ctx.saved_tensors
        gates, out, cells, told = ctx.kept
        before = _shifted(cell._array, cells)
        given = g_out._array, g_cell._array, gates, before, told, weight._array
        g_gates, g_hidden, g_first = _call(_lstm_backward, *given)
        g_weight = _product_sum(g_gates, _shifted(hidden._array, out))
        g_bias = None if bias is None else wrap(np.add.reduce(g_gates, axis=(0, 1)))
        return wrap(g_gates), wrap(g_hidden), wrap(g_first), wrap(g_weight), g_bias

    @staticmethod
    def by_steps(from_input, hidden, cell, weight, bias):
        """The same by the definition."""
        from rushlight import ops
        from rushlight.nn.rnn import _lstm_step, _run

        outputs, state = _run(
            _lstm_step, ops.unbind(from_input), (hidden, cell), (weight, bias, None)
        )
        return ops.stack(outputs), state[1]


def _lstm_forward(given, hidden, cell, weight):
    """The gates (i, f, g, o), outputs, cells and tanh(cells)."""
    steps, (batch, size) = len(given), hidden.shape
    out, cells, told = np.empty((3, steps, batch, size), given.dtype)
    gates, product = np.empty_like(given), np.empty(given.shape[1:], given.dtype)
    for t in range(steps):
        np.matmul(hidden, weight.T, product)
        gates[t], cells[t], told[t], out[t] = _lstm_step(product, given[t], cell)
        hidden, cell = out[t], cells[t]
    return gates, out, cells, told


@fused_if_large
def _lstm_step(product, gates, cell):
    """One step after the product: gates, cell, tanh(cell), output."""
    size = cell.shape[-1]
    gates = product + gates
    both, output = _sigmoid(gates[:, : 2 * size]), _sigmoid(gates[:, 3 * size :])
    new = np.tanh(gates[:, 2 * size : 3 * size])
    cell = both[:, size:] * cell + both[:, :size] * new
    told = np.tanh(cell)
    return np.concatenate((both, new, output), axis=1), cell, told, output * told


@fused_if_large
def _lstm_slopes(gates, before, told):
    """What a gradient in the cell, or that in the output, is multiplied by on its way."""
    size = told.shape[-1]
    i, f, g, o = (gates[..., k * size : (k + 1) * size] for k in range(4))
    parts = i * (1 - i) * g, f * (1 - f) * before, (1 - g * g) * i, o * (1 - o) * told
    return np.concatenate(parts, axis=-1), o * (1 - told * told)


def _lstm_backward(g_out, g_cell, gates, before, told, weight):
    """The gradients in gates, first state and first cell."""
    size = told.shape[-1]
    slope, through = _lstm_slopes(gates, before, told)
    f = gates[..., size : 2 * size]
    result = np.empty_like(gates)
    g_hidden, g_cell = np.zeros_like(told[0]), g_cell.copy()
    for t in reversed(range(len(told))):
        g_hidden += g_out[t]
        g_cell += g_hidden * through[t]
        parts, now = slope[t].reshape(-1, 4, size), result[t].reshape(-1, 4, size)
        np.multiply(parts[:, :3], g_cell[:, np.newaxis], now[:, :3])
        np.multiply(parts[:, 3], g_hidden, now[:, 3])
        np.matmul(result[t], weight, g_hidden)
        g_cell *= f[t]
    return result, g_hidden, g_cell


class GRUSequence(_Sequence):
    """All outputs, from the gates' part from the input, the state before and the weights."""

    @staticmethod
    def forward(ctx, from_input, hidden, weight, bias):
        bias_array = None if bias is None else bias._array
        kept = _call(_gru_forward, from_input._array, hidden._array, weight._array, bias_array)
        ctx.save_for_backward(from_input, hidden, weight, bias)
        ctx.kept = kept
        return wrap(kept[0])

    @staticmethod
    def backward(ctx, g_out):
        if modes.grad_enabled:
            return GRUSequence.differentiate(ctx, (g_out,))
        _, hidden, weight, bias = ctx.saved_tensors
        out, gates, new, told = ctx.kept
        before = _shifted(hidden._array, out)
        given = g_out._array, gates, new, told, before, weight._array
        g_input, g_gates, g_hidden = _call(_gru_backward, *given)
        g_weight = _product_sum(g_gates, before)
        g_bias = None if bias is None else wrap(np.add.reduce(g_gates, axis=(0, 1)))
        return wrap(g_input), wrap(g_hidden), wrap(g_weight), g_bias

    @staticmethod
    def by_steps(from_input, hidden, weight, bias):
        """The same by the definition."""
        from rushlight import ops
        from rushlight.nn.rnn import _gru_step, _run

        outputs, _ = _run(_gru_step, ops.unbind(from_input), (hidden,), (weight, bias, None))
        return (ops.stack(outputs),)


def _gru_forward(from_input, hidden, weight, bias):
    """Outputs; the gates (r, z); the new states n; what of the old state came to n through r."""
    steps, (batch, size) = len(from_input), hidden.shape
    out, new, told = np.empty((3, steps, batch, size), from_input.dtype)
    gates = np.empty((steps, batch, 2 * size), from_input.dtype)
    turned, product = weight.T, np.empty(from_input.shape[1:], from_input.dtype)
    for t in range(steps):
        np.matmul(hidden, turned, product)
        if bias is not None:
            product += bias
        gates[t], new[t], told[t], out[t] = _gru_step(product, from_input[t], hidden)
        hidden = out[t]
    return out, gates, new, told


@fused_if_large
def _gru_step(product, from_input, hidden):
    """One step after the product: gates, new state, what came to it from the old one, output."""
    size = hidden.shape[-1]
    gates = _sigmoid(from_input[:, : 2 * size] + product[:, : 2 * size])
    told = product[:, 2 * size :]
    new = np.tanh(from_input[:, 2 * size :] + gates[:, :size] * told)
    return gates, new, told, (hidden - new) * gates[:, size:] + new


@fused_if_large
def _gru_slopes(gates, new, told, before):
    """What a gradient in the output is multiplied by on its way to the three gates."""
    size = new.shape[-1]
    r, z = gates[..., :size], gates[..., size:]
    to_n = (1 - z) * (1 - new * new)
    return np.concatenate((to_n * told * r * (1 - r), (before - new) * z * (1 - z), to_n), axis=-1)


def _gru_backward(g_out, gates, new, told, before, weight):
    """The gradients in the gates from the input, in those from the state, in the first state."""
    size = new.shape[-1]
    r, z = gates[..., :size], gates[..., size:]
    slopes = _gru_slopes(gates, new, told, before).reshape(*new.shape[:2], 3, size)
    g_input = np.empty_like(slopes)
    g_gates = np.empty_like(g_input)
    g_hidden, product = np.zeros_like(new[0]), np.empty_like(new[0])
    for t in reversed(range(len(new))):
        g_hidden += g_out[t]
        np.multiply(slopes[t], g_hidden[:, np.newaxis], g_input[t])
        g_gates[t, :, :2] = g_input[t, :, :2]
        np.multiply(g_input[t, :, 2], r[t], g_gates[t, :, 2])
        np.matmul(g_gates[t].reshape(len(g_hidden), 3 * size), weight, product)
        g_hidden *= z[t]
        g_hidden += product
    shape = *new.shape[:2], 3 * size
    return g_input.reshape(shape), g_gates.reshape(shape), g_hidden


class RNNSequence(_Sequence):
    """All outputs of a plain layer, from the part from the input, the state before, the weights."""

    @staticmethod
    def forward(ctx, from_input, hidden, weight, bias, mode):
        given = from_input._array + (0 if bias is None else bias._array)
        out = _call(_FORWARD[mode], given, hidden._array, weight._array)
        ctx.save_for_backward(from_input, hidden, weight, bias)
        ctx.kept = out, mode
        return wrap(out)

    @staticmethod
    def backward(ctx, g_out):
        out, mode = ctx.kept
        if modes.grad_enabled:
            return (*RNNSequence.differentiate(ctx, (g_out,), mode), None)
        _, hidden, weight, bias = ctx.saved_tensors
        slopes = (out > 0).astype(out.dtype) if mode == "RNN_RELU" else 1 - out * out
        g_gates, g_hidden = _call(_plain_backward, g_out._array, slopes, weight._array)
        g_weight = _product_sum(g_gates, _shifted(hidden._array, out))
        g_bias = None if bias is None else wrap(np.add.reduce(g_gates, axis=(0, 1)))
        return wrap(g_gates), wrap(g_hidden), wrap(g_weight), g_bias, None

    @staticmethod
    def by_steps(from_input, hidden, weight, bias, mode):
        """The same by the definition."""
        from rushlight import ops
        from rushlight.nn.rnn import _MODES, _run

        step, _ = _MODES[mode]
        outputs, _ = _run(step, ops.unbind(from_input), (hidden,), (weight, bias, None))
        return (ops.stack(outputs),)


def _tanh_forward(given, hidden, weight):
    """Outputs of a layer that takes tanh."""
    out = np.empty_like(given)
    for t in range(len(given)):
        np.matmul(hidden, weight.T, out[t])
        out[t] = hidden = _tanh_of_sum(given[t], out[t])
    return out


def _relu_forward(given, hidden, weight):
    """Outputs of a layer that takes the positive part."""
    out = np.empty_like(given)
    for now, each in zip(out, given, strict=True):
        np.matmul(hidden, weight.T, now)
        now += each
        hidden = np.maximum(now, 0, out=now)
    return out


_FORWARD = {"RNN_TANH": _tanh_forward, "RNN_RELU": _relu_forward}


@fused_if_large
def _tanh_of_sum(given, product):
    return np.tanh(given + product)


def _plain_backward(g_out, slopes, weight):
    """The gradients in what goes into the nonlinearity, and in the first state."""
    result, g_hidden = np.empty_like(slopes), np.zeros_like(slopes[0])
    for t in reversed(range(len(slopes))):
        g_hidden += g_out[t]
        np.multiply(g_hidden, slopes[t], result[t])
        np.matmul(result[t], weight, g_hidden)
    return result, g_hidden


# what PyTorch's Nodes for the outputs are called
LSTMSequence._backward_cls.__name__ = "MkldnnRnnLayerBackward0"
GRUSequence._backward_cls.__name__ = RNNSequence._backward_cls.__name__ = "StackBackward0"
