"""What all distributions share: shapes, checks, and the names of what they compute."""

from __future__ import annotations

import warnings

from rushlight.autograd import no_grad
from rushlight.distributions import constraints
from rushlight.distributions.utils import lazy_property
from rushlight.tensor import Size, Tensor

__all__ = ["Distribution"]


class Distribution:
    """Base class of the distributions; programs may add their own.

    Args:
        batch_shape: shape of the parameters: so many distributions at once.
        event_shape: shape of one draw.
        validate_args: check parameters and values (by default, yes).

    >>> import rushlight as torch
    >>> class Dice(torch.distributions.Distribution):
    ...     arg_constraints = {}
    ...     support = torch.distributions.constraints.integer_interval(1, 6)
    ...
    ...     def log_prob(self, value):
    ...         self._validate_sample(value)
    ...         return torch.full(value.shape, 1 / 6).log()
    >>> Dice().log_prob(torch.tensor([1, 6]))
    tensor([-1.7918, -1.7918])
    """

    __module__ = "torch.distributions.distribution"

    has_rsample = False
    has_enumerate_support = False
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
        try:
            arg_constraints = self.arg_constraints
        except NotImplementedError:
            warnings.warn(
                f"{type(self)} does not define `arg_constraints`. Please set "
                "`arg_constraints = {}` or initialize the distribution with `validate_args=False` "
                "to turn off validation.",
                stacklevel=3,
            )
            return
        for name, constraint in arg_constraints.items():
            if constraints.is_dependent(constraint) or self._is_unset(name):
                continue
            value = getattr(self, name)
            if not constraint.check(value).all():
                raise ValueError(
                    f"Expected parameter {name} ({type(value).__name__} of shape "
                    f"{tuple(value.shape)}) of distribution {self!r} to satisfy the constraint "
                    f"{constraint!r}, but found invalid values:\n{value}"
                )

    def _is_unset(self, name):
        """Whether a parameter was not given, and is computed only when somebody asks for it."""
        return name not in vars(self) and isinstance(getattr(type(self), name, None), lazy_property)

    # What a distribution defines

    @property
    def arg_constraints(self):
        """The set in which each parameter must lie."""
        raise NotImplementedError

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
        return self.sample(Size((n,)))

    def perplexity(self):
        """exp(entropy)."""
        return self.entropy().exp()

    def expand(self, batch_shape, _instance=None):
        """The same distribution with its parameters expanded to this batch shape."""
        new = self._unmade(_instance)
        for name, constraint in self.arg_constraints.items():
            if name in vars(self):
                value = vars(self)[name]
                own = value.shape[value.dim() - constraint.event_dim :]
                vars(new)[name] = value.expand(Size(batch_shape) + own)
        return self._made(new, batch_shape)

    def _unmade(self, _instance=None):
        """Another distribution of this class, without parameters as yet."""
        kinds = [c for c in type(self).__mro__ if "__init__" in vars(c)]
        ours = next(c for c in kinds if vars(c)["__init__"].__module__.startswith("rushlight."))
        return self._get_checked_instance(ours, _instance)

    def _made(self, new, batch_shape):
        """An expanded distribution with its shapes; it checks what this one checks."""
        Distribution.__init__(new, batch_shape, self._event_shape, validate_args=False)
        new._validate_args = self._validate_args
        return new

    def _get_checked_instance(self, cls, _instance=None):
        """An instance to be filled by `cls.expand`, unless a subclass needs an `expand` of its own.

        A subclass with its own `__init__` may hold more than `cls.expand` knows of.
        """
        if _instance is None and type(self).__init__ != cls.__init__:
            raise NotImplementedError(
                f"Subclass {type(self).__name__} of {cls.__name__} that defines a custom __init__ "
                "method must also define a custom .expand() method."
            )
        return type(self).__new__(type(self)) if _instance is None else _instance

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
        support = self._support_or_none()
        if support is not None and not support.check(value).all():
            raise ValueError(
                f"Expected value argument ({type(value).__name__} of shape {tuple(value.shape)}) "
                f"to be within the support ({support!r}) of the distribution {self!r}, but "
                f"found invalid values:\n{value}"
            )

    def _support_or_none(self):
        try:
            return self.support
        except NotImplementedError:
            warnings.warn(
                f"{type(self)} does not define `support` to enable sample validation. Please "
                "initialize the distribution with `validate_args=False` to turn off validation.",
                stacklevel=3,
            )
            return None

    def __repr__(self):
        parts = []
        for name in self.arg_constraints:
            if name in vars(self):
                value = vars(self)[name]
                parts.append(f"{name}: {value if value.numel() == 1 else value.size()}")
        return f"{type(self).__name__}({', '.join(parts)})"
