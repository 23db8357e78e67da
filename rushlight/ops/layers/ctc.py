"""Connectionist temporal classification: a loss for sequences that are not aligned.

Source: A. Graves et al., "Connectionist temporal classification: labelling unsegmented sequence
data with recurrent neural networks" (2006), equations 6 to 16, in logarithms.
"""

from __future__ import annotations

import numpy as np

from rushlight import dtypes
from rushlight.ops.elementwise.unary import where
from rushlight.ops.op import opaque
from rushlight.ops.reduction.sums import _sum
from rushlight.ops.refused import no_such_form
from rushlight.tensor import Tensor, wrap

__all__ = ["ctc_loss"]


def ctc_loss(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction=1, zero_infinity=False
):
    """-log of the probability that a sequence of labels, blanks and repetitions taken out, is the
    target.

    Args:
        log_probs: logarithms of probabilities, (T, N, C) or (T, C).
        targets: labels, (N, S), or those of all sequences one after the other.
        input_lengths, target_lengths: how much of each sequence counts, (N,).
        blank: the label that stands for none.
        reduction: 0 for none, 1 for the mean of the losses over their targets' lengths, 2 for the
            sum.
        zero_infinity: 0 for targets that are too long for their input.

    The derivative is the one with respect to what a log_softmax made `log_probs` from, as in
    PyTorch.
    """
    given = log_probs, targets, input_lengths, target_lengths
    if not all(isinstance(x, (Tensor, tuple, list)) for x in given):
        raise no_such_form(
            "ctc_loss",
            (*given, blank, reduction, zero_infinity),
            "Tensor log_probs, Tensor targets, Tensor input_lengths, Tensor target_lengths, ...",
            "Tensor log_probs, Tensor targets, tuple of ints input_lengths, tuple of ints "
            "target_lengths, ...",
        )
    input_lengths = _lengths("input_lengths", input_lengths)
    target_lengths = _lengths("target_lengths", target_lengths)
    alone = log_probs.dim() == 2
    scores = log_probs.unsqueeze(1) if alone else log_probs
    labels = _labels(scores, targets, input_lengths, target_lengths, blank, alone)
    losses = ctc_losses(
        scores, labels=labels, input_lengths=input_lengths, target_lengths=target_lengths,
        blank=blank, zero_infinity=bool(zero_infinity),
    )  # fmt: skip
    if zero_infinity:
        losses = where(losses == np.inf, 0.0, losses)
    if reduction == 1:
        counts = np.maximum(target_lengths, 1).astype(losses._array.dtype)
        return (losses / wrap(counts)).mean()
    if reduction == 2:
        return losses.sum()
    return losses.squeeze(0) if alone else losses


def _lengths(name, given):
    if isinstance(given, Tensor):
        if given.dtype.is_floating_point or given.dtype.is_complex:
            raise RuntimeError(f"{name} must be integral")
        return np.asarray(given._array).astype(np.int64).reshape(-1)
    return np.array(given, np.int64)


def _labels(scores, targets, input_lengths, target_lengths, blank, alone):
    """The targets as (N, S), checked."""
    steps, batch, classes = scores.shape
    doing = "(while checking arguments for ctc_loss_allocate_outputs)"
    if scores.dtype not in (dtypes.float32, dtypes.float64):
        raise NotImplementedError(f"\"ctc_loss_cpu\" not implemented for '{scores.dtype.title}'")
    if not 0 <= blank < classes:
        raise RuntimeError("blank must be in label range")
    for name, lengths in (("input_lengths", input_lengths), ("target_lengths", target_lengths)):
        if len(lengths) != batch:
            raise RuntimeError(f"{name} must be of size batch_size")
    for name, lengths in (("target_lengths", target_lengths), ("input_lengths", input_lengths)):
        if batch and lengths.min() < 0:
            raise RuntimeError(
                f"Expected {name} to have value at least 0, but got value {lengths.min()} {doing}"
            )
    longest = int(target_lengths.max(initial=0))
    array = targets._array.astype(np.int64)
    array = array.reshape(1, -1) if alone else array
    about = f"for argument #2 'targets' {doing}"
    if array.ndim == 1:
        if len(array) != target_lengths.sum():
            raise RuntimeError(
                f"Expected tensor to have size {target_lengths.sum()} at dimension 0, but got size "
                f"{len(array)} {about}"
            )
        array = _apart(array, target_lengths, longest)
    elif array.shape[0] != batch:
        raise RuntimeError(
            f"Expected tensor to have size {batch} at dimension 0, but got size {array.shape[0]} "
            f"{about}"
        )
    elif array.shape[1] < longest:
        raise RuntimeError(
            f"Expected tensor to have size at least {longest} at dimension 1, but got size "
            f"{array.shape[1]} {about}"
        )
    if batch and input_lengths.max() > steps:
        raise RuntimeError(
            f"Expected input_lengths to have value at most {steps}, but got value "
            f"{input_lengths.max()} {doing}"
        )
    known = array[:, :longest][np.arange(longest) < target_lengths[:, None]]
    if known.size and not 0 <= known.min() <= known.max() < classes:
        raise IndexError(f"targets must be labels from 0 to {classes - 1}")
    return array[:, :longest]


def _apart(array, lengths, longest):
    """Targets that lie one after the other, as rows."""
    rows = np.zeros((len(lengths), longest), np.int64)
    rows[np.arange(longest) < lengths[:, None]] = array
    return rows


# On arrays ----------------------------------------------------------------------------------------


@opaque(
    takes_out=False,
    node="CtcLossBackward0",
    d_log_probs=lambda g, log_probs, out, labels, input_lengths, target_lengths, blank,
        zero_infinity: ctc_gradient(
            log_probs, g, out, labels=labels, input_lengths=input_lengths,
            target_lengths=target_lengths, blank=blank, zero_infinity=zero_infinity,
        ),
)  # fmt: skip
def ctc_losses(log_probs, *, labels, input_lengths, target_lengths, blank, zero_infinity):
    """The loss of each sequence: log_probs (T, N, C), labels (N, S)."""
    with np.errstate(all="ignore"):
        states = _extended(labels, target_lengths, blank)
        alphas = _forward(log_probs, states, input_lengths)
        return -_total(alphas, input_lengths, target_lengths)


@opaque(
    takes_out=False,
    node="CtcLossBackwardBackward0",
    d_grad=lambda g, log_probs, losses, labels, input_lengths, target_lengths, blank,
        zero_infinity: _sum(
            g * ctc_gradient(
                log_probs, losses * 0 + 1, losses, labels=labels, input_lengths=input_lengths,
                target_lengths=target_lengths, blank=blank, zero_infinity=zero_infinity,
            ),
            dim=(0, 2), keepdim=False,
        ),
)  # fmt: skip
def ctc_gradient(
    log_probs, grad, losses, *, labels, input_lengths, target_lengths, blank, zero_infinity
):
    """exp(log_probs) less the probability of each label at each time, given the target."""
    with np.errstate(all="ignore"):
        states = _extended(labels, target_lengths, blank)
        alphas = _forward(log_probs, states, input_lengths)
        betas = _backward(log_probs, states, input_lengths, target_lengths)
        steps, batch, classes = log_probs.shape
        joint = np.full((batch, steps, classes), -np.inf, log_probs.dtype)
        rows = np.arange(batch)
        for state in range(states.shape[1]):
            label = states[:, state]
            both = np.where(state <= 2 * target_lengths, (alphas + betas)[:, :, state].T, -np.inf)
            joint[rows, :, label] = np.logaddexp(joint[rows, :, label], both.T)
        joint = joint.swapaxes(0, 1)
        result = np.exp(log_probs) - np.exp(joint + losses[:, None] - log_probs)
        result[np.arange(steps)[:, None] >= input_lengths] = 0.0
        result = result * grad[:, None]
        if zero_infinity:
            result[:, np.isinf(losses)] = 0.0
        return result


def _extended(labels, target_lengths, blank):
    """The labels with blanks around them, (N, 2 S + 1)."""
    states = np.full((labels.shape[0], 2 * labels.shape[1] + 1), blank, np.int64)
    known = np.arange(labels.shape[1]) < target_lengths[:, None]
    states[:, 1::2] = np.where(known, labels, blank)
    return states


def _may_skip(states):
    """Which states may be reached from two before: no blanks, no repetitions."""
    skips = np.zeros(states.shape, bool)
    skips[:, 2:] = states[:, 2:] != states[:, :-2]
    skips[:, ::2] = False
    return skips


def _emissions(log_probs, states):
    """The log-probability of each state at each time, (T, N, states)."""
    return np.take_along_axis(log_probs, states[None], 2)


def _forward(log_probs, states, input_lengths):
    """alphas, (N, T, states): log-probabilities of all ways into a state."""
    emitted, skips = _emissions(log_probs, states), _may_skip(states)
    alphas = np.full(emitted.shape, -np.inf, log_probs.dtype)
    if len(emitted):
        alphas[0, :, :2] = emitted[0, :, :2]
    for t in range(1, len(emitted)):
        alphas[t] = _step(alphas[t - 1], skips) + emitted[t]
    return alphas.swapaxes(0, 1)


def _step(before, skips):
    """Log-probabilities after one more step: to stay, to go on by one, or by two."""
    after = before.copy()
    after[:, 1:] = np.logaddexp(after[:, 1:], before[:, :-1])
    two = np.where(skips[:, 2:], before[:, :-2], -np.inf)
    after[:, 2:] = np.logaddexp(after[:, 2:], two)
    return after


def _total(alphas, input_lengths, target_lengths):
    """The log-probability of each target: of all ways that end in its last label or after it."""
    rows, last = np.arange(len(alphas)), 2 * target_lengths
    ended = alphas[rows, input_lengths - 1] if alphas.shape[1] else alphas[:, 0]
    after = ended[rows, last]
    on = np.where(target_lengths > 0, ended[rows, np.maximum(last - 1, 0)], -np.inf)
    nothing = np.where(target_lengths > 0, -np.inf, 0.0)
    return np.where(input_lengths > 0, np.logaddexp(after, on), nothing).astype(alphas.dtype)


def _backward(log_probs, states, input_lengths, target_lengths):
    """betas, (N, T, states): log-probabilities of all ways from a state to the end."""
    emitted, skips = _emissions(log_probs, states), _may_skip(states)
    betas = np.full(emitted.shape, -np.inf, log_probs.dtype)
    numbers = np.arange(states.shape[1])
    last = 2 * target_lengths[:, None]
    ends = np.where((numbers == last) | (numbers == last - 1), 0.0, -np.inf)
    for t in reversed(range(len(emitted))):
        if t + 1 < len(emitted):
            later = _step(betas[t + 1][:, ::-1], _backward_skips(skips))[:, ::-1]
        else:
            later = ends
        later = np.where((t == input_lengths - 1)[:, None], ends, later)
        betas[t] = np.where((t < input_lengths)[:, None], later + emitted[t], -np.inf)
    return betas.swapaxes(0, 1)


def _backward_skips(skips):
    """Which states, counted from the end, may be reached from two before."""
    turned = np.zeros_like(skips)
    turned[:, 2:] = skips[:, :1:-1]
    return turned
