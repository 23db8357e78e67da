"""What all distributions share: shapes, checks, and the names of what they compute."""

from __future__ import annotations

import numbers
import warnings

from rushlight import ops
from rushlight.autograd import no_grad
from rushlight.distributions import constraints
from rushlight.dtypes import finfo, get_default_dtype
from rushlight.tensor import Size, Tensor

__all__ = ["Distribution"]


class Distribution:
    """Base class of the distributions.

    Args:
        batch_shape: shape of the parameters: so many distributions at once.
        event_shape: shape of one draw.
        validate_args: check parameters and values (by default, yes).
    """

    __module__ = "torch.distributions.distribution"

    has_rsample = False
    has_enumerate_support = False
    arg_constraints: dict = {}
    _validate_args = True

    def __init_subclass__(cls, **kwargs):
        """Rushlight's distributions say that they live where PyTorch's do."""
        super().__init_subclass__(**kwargs)
        cls.__module__ = cls.__module__.replace("rushlight.", "torch.", 1)

    @staticmethod
    def set_default_validate_args(value):
        """Whether distributions check their arguments unless told otherwise."""
        if value not in [True, False]:
            raise ValueError
        Distribution._validate_args = value

    def __init__(self, batch_shape=(), event_shape=(), validate_args=None):
        self._batch_shape = Size(batch_shape)
        self._event_shape = Size(event_shape)
        if validate_args is not None:
            self._validate_args = validate_args
        if self._validate_args:
            self._check_parameters()

    def _check_parameters(self):
        for name, constraint in self.arg_constraints.items():
            if constraints.is_dependent(constraint) or name not in vars(self):
                continue
            value = getattr(self, name)
            if not constraint.check(value).all():
                raise ValueError(
                    f"Expected parameter {name} ({type(value).__name__} of shape "
                    f"{tuple(value.shape)}) of distribution {self!r} to satisfy the constraint "
                    f"{constraint!r}, but found invalid values:\n{value}"
                )

    # What a distribution defines

    @property
    def support(self):
        """The set of possible values."""
        raise NotImplementedError

    @property
    def mean(self):
        """The mean."""
        raise NotImplementedError

    @property
    def mode(self):
        """The likeliest value."""
        raise NotImplementedError(f"{type(self)} does not implement mode")

    @property
    def variance(self):
        """The variance."""
        raise NotImplementedError

    @property
    def stddev(self):
        """The standard deviation."""
        return self.variance.sqrt()

    def rsample(self, sample_shape=()):
        """Draws that are differentiable functions of the parameters."""
        raise NotImplementedError

    def log_prob(self, value):
        """The logarithm of the density (or probability) at a value."""
        raise NotImplementedError

    def cdf(self, value):
        """The probability of at most this value."""
        raise NotImplementedError

    def icdf(self, value):
        """The value below which this probability lies."""
        raise NotImplementedError

    def enumerate_support(self, expand=True):
        """All possible values, in the first dimension."""
        raise NotImplementedError

    def entropy(self):
        """The entropy."""
        raise NotImplementedError

    # What follows from it

    @property
    def batch_shape(self):
        """The shape of the parameters."""
        return self._batch_shape

    @property
    def event_shape(self):
        """The shape of one draw."""
        return self._event_shape

    def sample(self, sample_shape=()):
        """Draws of shape sample_shape + batch_shape + event_shape, without history."""
        with no_grad():
            return self.rsample(sample_shape)

    def sample_n(self, n):
        """`n` draws; an old name for `sample((n,))`."""
        warnings.warn(
            "sample_n will be deprecated. Use .sample((n,)) instead", UserWarning, stacklevel=2
        )
        return self.sample((n,))

    def perplexity(self):
        """exp(entropy)."""
        return self.entropy().exp()

    def expand(self, batch_shape, _instance=None):
        """The same distribution with its parameters expanded to this batch shape."""
        names = [name for name in self.arg_constraints if name in vars(self)]
        shape = Size(batch_shape)
        parameters = {
            name: getattr(self, name).expand(shape + self._own_shape(name)) for name in names
        }
        return type(self)(**parameters, validate_args=False)._validated_as(self)

    def _own_shape(self, name):
        """The last dimensions of a parameter, which belong to one distribution."""
        ndim = self.arg_constraints[name].event_dim
        return getattr(self, name).shape[getattr(self, name).dim() - ndim :]

    def _validated_as(self, other):
        self._validate_args = other._validate_args
        return self

    def _extended_shape(self, sample_shape=()):
        return Size((*sample_shape, *self._batch_shape, *self._event_shape))

    def _validate_sample(self, value):
        """Refuse a value that cannot be drawn, in PyTorch's words."""
        if not isinstance(value, Tensor):
            raise ValueError("The value argument to log_prob must be a Tensor")
        ndim = len(self._event_shape)
        if value.shape[value.dim() - ndim :] != self._event_shape:
            raise ValueError(
                "The right-most size of value must match event_shape: "
                f"{value.shape} vs {self._event_shape}."
            )
        expected = self._batch_shape + self._event_shape
        for i, j in zip(reversed(value.shape), reversed(expected), strict=False):
            if i != 1 and j != 1 and i != j:
                raise ValueError(
                    "Value is not broadcastable with batch_shape+event_shape: "
                    f"{value.shape} vs {Size(expected)}."
                )
        if not self.support.check(value).all():
            raise ValueError(
                f"Expected value argument ({type(value).__name__} of shape {tuple(value.shape)}) "
                f"to be within the support ({self.support!r}) of the distribution {self!r}, but "
                f"found invalid values:\n{value}"
            )

    def __repr__(self):
        parts = []
        for name in self.arg_constraints:
            if name in vars(self):
                value = vars(self)[name]
                parts.append(f"{name}: {value if value.numel() == 1 else value.size()}")
        return f"{type(self).__name__}({', '.join(parts)})"


# What the distributions are made of ---------------------------------------------------------------


def broadcast_all(*values):
    """Parameters, Tensors or numbers, as Tensors of one shape."""
    if not all(isinstance(v, (Tensor, numbers.Number)) for v in values):
        raise ValueError(
            "Input arguments must all be instances of Number, torch.Tensor or objects implementing "
            "__torch_function__."
        )
    dtype = next((v.dtype for v in values if isinstance(v, Tensor)), get_default_dtype())
    tensors = [v if isinstance(v, Tensor) else ops.tensor(v, dtype=dtype) for v in values]
    return ops.broadcast_tensors(*tensors)


def standard_normal(shape, dtype):
    """Draws of the standard normal distribution."""
    return ops.normal(ops.zeros(shape, dtype=dtype), ops.ones(shape, dtype=dtype))


def either(probs, logits):
    """Refuse both, and neither."""
    if (probs is None) == (logits is None):
        raise ValueError("Either `probs` or `logits` must be specified, but not both.")


def clamp_probs(probs):
    """Probabilities strictly between 0 and 1."""
    eps = finfo(probs.dtype).eps
    return probs.clamp(min=eps, max=1 - eps)
