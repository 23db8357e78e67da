"""Adaptive softmax: a softmax over many classes that spends little on the rare ones."""

from __future__ import annotations

from collections import namedtuple

from rushlight import ops
from rushlight.nn import functional as F
from rushlight.nn.container import ModuleList, Sequential
from rushlight.nn.linear import Linear
from rushlight.nn.module import Module

__all__ = ["AdaptiveLogSoftmaxWithLoss"]

_ASMoutput = namedtuple("_ASMoutput", ["output", "loss"])
_ASMoutput.__module__ = "torch.nn.modules.adaptive"


class AdaptiveLogSoftmaxWithLoss(Module):
    """Log-softmax over classes that are sorted by frequency, in clusters of falling size.

    Args:
        in_features: size of the input.
        n_classes: how many classes there are.
        cutoffs: the first class of each cluster; those before the first are in the head.
        div_value: the features of each further cluster are fewer by this factor.
        head_bias: whether the head has a bias.

    Called with input (N, in_features) and target (N,); returns the target's log-probabilities and
    their negative mean.

    Source: E. Grave and others, "Efficient softmax approximation for GPUs", 2016.

    >>> import rushlight as torch
    >>> layer = torch.nn.AdaptiveLogSoftmaxWithLoss(16, 10, cutoffs=[2, 5])
    >>> layer(torch.ones(3, 16), torch.tensor([0, 4, 9])).output.shape
    torch.Size([3])
    """

    def __init__(
        self,
        in_features,
        n_classes,
        cutoffs,
        div_value=4.0,
        head_bias=False,
        device=None,
        dtype=None,
    ):
        super().__init__()
        cutoffs = _checked_cutoffs(list(cutoffs), n_classes)
        self.in_features = in_features
        self.n_classes = n_classes
        self.cutoffs = [*cutoffs, n_classes]
        self.div_value = div_value
        self.head_bias = head_bias
        self.shortlist_size = self.cutoffs[0]
        self.n_clusters = len(self.cutoffs) - 1
        self.head_size = self.shortlist_size + self.n_clusters
        options = {"device": device, "dtype": dtype}
        self.head = Linear(in_features, self.head_size, bias=head_bias, **options)
        self.tail = ModuleList()
        for i, (first, end) in enumerate(zip(self.cutoffs, self.cutoffs[1:], strict=False), 1):
            hidden = int(in_features // div_value**i)
            self.tail.append(
                Sequential(
                    Linear(in_features, hidden, bias=False, **options),
                    Linear(hidden, end - first, bias=False, **options),
                )
            )

    def reset_parameters(self):
        """Draw all weights anew."""
        self.head.reset_parameters()
        for inner, outer in self.tail:
            inner.reset_parameters()
            outer.reset_parameters()

    def forward(self, input_, target_):
        is_batch = _check_batch(input_, target_)
        input = input_ if is_batch else input_.unsqueeze(0)
        target = target_ if is_batch else target_.unsqueeze(0)
        self._check_range(target)
        output = self._target_log_probabilities(input, target)
        loss = (-output).mean()
        return _ASMoutput(output if is_batch else output.squeeze(0), loss)

    def _check_range(self, target):
        if target.numel() and (target.min() < 0 or target.max() >= self.n_classes):
            raise RuntimeError(
                f"Target values should be in [0, {self.n_classes - 1}], but values in range "
                f"[{target.min().item()}, {target.max().item()}] were found. "
            )

    def _target_log_probabilities(self, input, target):
        """log P(cluster) + log P(class in its cluster), the second only where it is needed."""
        in_head = target
        clusters = []
        for i, (first, end) in enumerate(zip(self.cutoffs, self.cutoffs[1:], strict=False)):
            inside = (target >= first) & (target < end)
            in_head = in_head.masked_fill(inside, self.shortlist_size + i)
            clusters.append((self.tail[i], first, inside.nonzero().squeeze(1)))
        output = F.log_softmax(self.head(input), 1).gather(1, in_head.unsqueeze(1)).squeeze(1)
        for tail, first, rows in clusters:
            if rows.numel():
                scores = F.log_softmax(tail(input[rows]), 1)
                own = scores.gather(1, (target[rows] - first).unsqueeze(1)).squeeze(1)
                output = output.index_add(0, rows, own)
        return output

    def log_prob(self, input):
        """The log-probabilities of all classes, (N, n_classes)."""
        head = F.log_softmax(self.head(input), 1)
        parts = [head[:, : self.shortlist_size]]
        for i, tail in enumerate(self.tail):
            cluster = head[:, self.shortlist_size + i].unsqueeze(1)
            parts.append(F.log_softmax(tail(input), 1) + cluster)
        return ops.cat(parts, 1)

    def predict(self, input):
        """The most probable class of each sample, (N,)."""
        return self.log_prob(input).argmax(1)


def _checked_cutoffs(cutoffs, n_classes):
    if not cutoffs:
        raise ValueError("cutoffs should be a sequence of length larger than 0")
    fits = all(isinstance(c, int) and 0 < c < n_classes for c in cutoffs)
    if not fits or sorted(set(cutoffs)) != cutoffs:
        raise ValueError(
            "cutoffs should be a sequence of unique, positive integers sorted in an increasing "
            "order, where each value is between 1 and n_classes-1"
        )
    return cutoffs


def _check_batch(input, target):
    """Whether it is a batch, once the shapes fit each other."""
    if target.dim() > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if target.dim() == 1:
        if input.dim() != 2 or input.shape[0] != target.shape[0]:
            raise RuntimeError("Input and target should have the same size in the batch dimension.")
        return True
    if input.dim() != 1:
        raise RuntimeError("0D target tensor expects 1D input.")
    return False
