"""Pruning: parameters of which a mask lets only some elements through.

A pruned parameter `weight` becomes a parameter `weight_orig` and a buffer `weight_mask`; a hook
computes `weight`, their product, before each forward. Pruning again multiplies the masks.

Source: M. Paganini, J. Forde, "Streamlining tensor and network pruning in PyTorch" (2020).
"""

from __future__ import annotations

import numbers
from abc import ABC, abstractmethod

from rushlight import ops

__all__ = [
    "BasePruningMethod",
    "CustomFromMask",
    "Identity",
    "L1Unstructured",
    "LnStructured",
    "PruningContainer",
    "RandomStructured",
    "RandomUnstructured",
    "custom_from_mask",
    "global_unstructured",
    "identity",
    "is_pruned",
    "l1_unstructured",
    "ln_structured",
    "random_structured",
    "random_unstructured",
    "remove",
]


class BasePruningMethod(ABC):
    """A way to choose what is pruned: a subclass says how, in `compute_mask`, and its kind.

    `PRUNING_TYPE` is "unstructured" (single elements), "structured" (whole slices along `dim`) or
    "global" (all elements, pruned before or not). A method is also the hook that computes the
    pruned parameter.
    """

    PRUNING_TYPE: str
    _tensor_name: str

    def __init_subclass__(cls, **kwargs):
        """Rushlight's methods say that they live where PyTorch's do."""
        super().__init_subclass__(**kwargs)
        cls.__module__ = cls.__module__.replace("rushlight.", "torch.", 1)

    def __call__(self, module, inputs):
        setattr(module, self._tensor_name, self.apply_mask(module))

    @abstractmethod
    def compute_mask(self, t, default_mask):
        """A mask for `t` (or for the importance of its elements), within `default_mask`."""

    def apply_mask(self, module):
        """The pruned parameter of the module."""
        if self._tensor_name is None:
            raise AssertionError(f"Module {module} has to be pruned")
        mask = getattr(module, self._tensor_name + "_mask")
        original = getattr(module, self._tensor_name + "_orig")
        return mask.to(dtype=original.dtype) * original

    @classmethod
    def apply(cls, module, name, *args, importance_scores=None, **kwargs):
        """Prune the parameter `name` of the module; return the method that is its hook now."""
        known = [
            (number, hook)
            for number, hook in module._forward_pre_hooks.items()
            if isinstance(hook, BasePruningMethod) and hook._tensor_name == name
        ]
        if len(known) > 1:
            raise AssertionError(
                "Avoid adding multiple pruning hooks to the same tensor "
                f"{name} of module {module}. Use a PruningContainer."
            )
        method = cls(*args, **kwargs)
        method._tensor_name = name
        for number, hook in known:
            del module._forward_pre_hooks[number]
            method = _joined(hook, method)
        original = getattr(module, f"{name}_orig" if known else name)
        _check_scores(importance_scores, original)
        scores = original if importance_scores is None else importance_scores
        if known:
            default = getattr(module, f"{name}_mask").detach().clone()
        else:
            default = ops.ones_like(original)
        mask = method.compute_mask(scores, default_mask=default)
        if not known:
            module.register_parameter(f"{name}_orig", original)
            del module._parameters[name]
        module.register_buffer(f"{name}_mask", mask)
        setattr(module, name, method.apply_mask(module))
        module.register_forward_pre_hook(method)
        return method

    def prune(self, t, default_mask=None, importance_scores=None):
        """`t` with what the method chooses set to zero; no module is involved.

        >>> import rushlight as torch
        >>> from rushlight.nn.utils import prune
        >>> prune.L1Unstructured(amount=2).prune(torch.tensor([1.0, -3.0, 2.0]))
        tensor([ 0., -3.,  0.])
        """
        _check_scores(importance_scores, t)
        scores = t if importance_scores is None else importance_scores
        default = ops.ones_like(t) if default_mask is None else default_mask
        return t * self.compute_mask(scores, default_mask=default)

    def remove(self, module):
        """Make the pruned parameter an ordinary one."""
        name = self._tensor_name
        if name is None:
            raise AssertionError(f"Module {module} has to be pruned before pruning can be removed")
        weight = self.apply_mask(module)
        if hasattr(module, name):
            delattr(module, name)
        original = module._parameters[f"{name}_orig"]
        original.data = weight.data
        del module._parameters[f"{name}_orig"], module._buffers[f"{name}_mask"]
        setattr(module, name, original)


def _joined(first, second):
    """Two methods for one parameter, as a container."""
    if not isinstance(first, PruningContainer):
        container = PruningContainer()
        container._tensor_name = first._tensor_name
        container.add_pruning_method(first)
        first = container
    first.add_pruning_method(second)
    return first


def _check_scores(scores, tensor):
    if scores is not None and scores.shape != tensor.shape:
        raise AssertionError(
            "importance_scores should have the same shape as tensor t, got "
            f"{scores.shape} vs {tensor.shape}"
        )


class PruningContainer(BasePruningMethod):
    """Several methods that pruned one parameter, one after the other."""

    def __init__(self, *args):
        self._pruning_methods = ()
        if len(args) == 1 and not hasattr(args[0], "__iter__"):
            self._tensor_name = args[0]._tensor_name
            self.add_pruning_method(args[0])
        else:
            for method in args:
                self.add_pruning_method(method)

    def add_pruning_method(self, method):
        """Add a method that acts on the same parameter."""
        if not isinstance(method, BasePruningMethod) and method is not None:
            raise TypeError(f"{type(method)} is not a BasePruningMethod subclass")
        if method is not None and self._tensor_name != method._tensor_name:
            raise ValueError(
                "Can only add pruning methods acting on the parameter named "
                f"'{self._tensor_name}' to PruningContainer {self}. Found '{method._tensor_name}'"
            )
        self._pruning_methods += (method,)

    def __len__(self):
        return len(self._pruning_methods)

    def __iter__(self):
        return iter(self._pruning_methods)

    def __getitem__(self, index):
        return self._pruning_methods[index]

    def compute_mask(self, t, default_mask):
        """The mask of the latest method, for what `default_mask` has left, within it."""
        method = self._pruning_methods[-1]
        mask = default_mask.to(dtype=t.dtype)
        if method.PRUNING_TYPE == "unstructured":
            chosen = mask == 1
        elif method.PRUNING_TYPE == "structured":
            chosen = self._whole_slices(method, t, mask)
        elif method.PRUNING_TYPE == "global":
            chosen = (slice(None),) * t.dim()
        else:
            raise ValueError(f"Unrecognized PRUNING_TYPE {method.PRUNING_TYPE}")
        partial = method.compute_mask(t[chosen], default_mask=mask[chosen])
        combined = mask.clone()
        combined[chosen] = partial.to(mask.dtype)
        return combined

    @staticmethod
    def _whole_slices(method, t, mask):
        """The slices along the method's dimension that are not pruned altogether."""
        if not hasattr(method, "dim"):
            raise AttributeError("Structured pruning method needs a `dim`")
        dim = method.dim + t.dim() if method.dim < 0 else method.dim
        others = [d for d in range(t.dim()) if d != dim]
        kept = mask.sum(dim=others) != 0
        return (slice(None),) * dim + (kept,)


class Identity(BasePruningMethod):
    """Prunes nothing, but makes the parameter a pruned one."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t, default_mask):
        return default_mask

    @classmethod
    def apply(cls, module, name):
        return super().apply(module, name)


class _Elements(BasePruningMethod):
    """Prunes `amount` elements, or that part of them if it is a float: those that it chooses."""

    PRUNING_TYPE = "unstructured"

    def __init__(self, amount):
        _check_amount(amount)
        self.amount = amount

    def compute_mask(self, t, default_mask):
        count = _count(self.amount, t.nelement())
        mask = default_mask.clone()
        if count:
            mask.view(-1)[self._chosen(t, count)] = 0
        return mask


class RandomUnstructured(_Elements):
    """Prunes elements at random: `amount` of them, or that part of them if it is a float."""

    def _chosen(self, t, count):
        return ops.topk(ops.rand_like(t).view(-1), k=count).indices

    @classmethod
    def apply(cls, module, name, amount):
        return super().apply(module, name, amount=amount)


class L1Unstructured(_Elements):
    """Prunes the elements nearest to 0: `amount` of them, or that part of them."""

    def _chosen(self, t, count):
        return ops.topk(t.abs().view(-1), k=count, largest=False).indices

    @classmethod
    def apply(cls, module, name, amount, importance_scores=None):
        return super().apply(module, name, amount=amount, importance_scores=importance_scores)


class _Slices(BasePruningMethod):
    """Prunes `amount` slices along `dim`, or that part of them if it is a float."""

    PRUNING_TYPE = "structured"

    def __init__(self, amount, dim=-1):
        _check_amount(amount)
        self.amount = amount
        self.dim = dim

    def compute_mask(self, t, default_mask):
        _check_structured(t, self.dim)
        count = _count(self.amount, t.shape[self.dim])
        if not count:
            return default_mask
        return _slices_mask(t, self.dim, self._kept(t, count)) * default_mask.to(t.dtype)


class RandomStructured(_Slices):
    """Prunes slices along `dim` at random: `amount` of them, or that part of them."""

    def _kept(self, t, count):
        scores = ops.rand(t.shape[self.dim])
        return scores > ops.kthvalue(scores, k=count).values

    @classmethod
    def apply(cls, module, name, amount, dim=-1):
        return super().apply(module, name, amount=amount, dim=dim)


class LnStructured(_Slices):
    """Prunes the slices along `dim` of least n-norm: `amount` of them, or that part of them."""

    def __init__(self, amount, n, dim=-1):
        super().__init__(amount, dim)
        self.n = n

    def _kept(self, t, count):
        size = t.shape[self.dim]
        others = [d for d in range(t.dim()) if d != self.dim % t.dim()]
        norms = ops.norm(t, p=self.n, dim=others)
        kept = ops.zeros(size, dtype=t.dtype)
        kept[ops.topk(norms, k=size - count, largest=True).indices] = 1
        return kept

    @classmethod
    def apply(cls, module, name, amount, n, dim, importance_scores=None):
        return super().apply(
            module, name, amount=amount, n=n, dim=dim, importance_scores=importance_scores
        )


class CustomFromMask(BasePruningMethod):
    """Prunes what a given mask says."""

    PRUNING_TYPE = "global"

    def __init__(self, mask):
        self.mask = mask

    def compute_mask(self, t, default_mask):
        if default_mask.shape != self.mask.shape:
            raise AssertionError(
                f"mask of shape {self.mask.shape} does not fit a tensor of shape "
                f"{default_mask.shape}"
            )
        return default_mask * self.mask.to(dtype=default_mask.dtype)

    @classmethod
    def apply(cls, module, name, mask):
        return super().apply(module, name, mask=mask)


# What users call ----------------------------------------------------------------------------------


def identity(module, name):
    """Make a parameter a pruned one of which nothing is pruned; return the module."""
    Identity.apply(module, name)
    return module


def random_unstructured(module, name, amount):
    """Prune elements of a parameter at random; return the module."""
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(module, name, amount, importance_scores=None):
    """Prune the elements nearest to 0 (or of least importance); return the module.

    >>> import rushlight as torch
    >>> layer = torch.nn.utils.prune.l1_unstructured(torch.nn.Linear(2, 3), "weight", amount=0.5)
    >>> sorted(layer.state_dict())
    ['bias', 'weight_mask', 'weight_orig']
    >>> int((layer.weight == 0).sum())
    3
    """
    L1Unstructured.apply(module, name, amount=amount, importance_scores=importance_scores)
    return module


def random_structured(module, name, amount, dim):
    """Prune slices along `dim` of a parameter at random; return the module."""
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(module, name, amount, n, dim, importance_scores=None):
    """Prune the slices along `dim` of least n-norm; return the module."""
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


def custom_from_mask(module, name, mask):
    """Prune what the mask says; return the module."""
    CustomFromMask.apply(module, name, mask)
    return module


def global_unstructured(parameters, pruning_method, importance_scores=None, **kwargs):
    """Prune several parameters as if they were one: `amount` of all their elements.

    Args:
        parameters: pairs of a module and the name of its parameter.
        pruning_method: a method that is unstructured, such as `L1Unstructured`.
        importance_scores: for some of the pairs, what to compare in place of their elements.
    """
    if not hasattr(parameters, "__iter__"):
        raise TypeError("global_unstructured(): parameters is not an Iterable")
    scores = {} if importance_scores is None else importance_scores
    if not isinstance(scores, dict):
        raise TypeError("global_unstructured(): importance_scores must be of type dict")
    pairs = [(module, name) for module, name in parameters]
    relevant = [scores.get(pair, getattr(*pair)) for pair in pairs]
    container = PruningContainer()
    container._tensor_name = "temp"
    method = pruning_method(**kwargs)
    method._tensor_name = "temp"
    container.add_pruning_method(method)
    if method.PRUNING_TYPE != "unstructured":
        raise TypeError(
            'Only "unstructured" PRUNING_TYPE supported for the `pruning_method`. Found method '
            f"{pruning_method} of type {method.PRUNING_TYPE}"
        )
    masks = [getattr(m, f"{name}_mask", None) for m, name in pairs]
    masks = [
        ops.ones_like(getattr(*pair)) if mask is None else mask
        for pair, mask in zip(pairs, masks, strict=True)
    ]
    whole = _as_one([x.detach() for x in relevant])
    final = container.compute_mask(whole, _as_one(masks))
    sizes = [getattr(*pair).numel() for pair in pairs]
    for (module, name), part in zip(pairs, final.split(sizes), strict=True):
        custom_from_mask(module, name, mask=part.view(getattr(module, name).shape))


def remove(module, name):
    """Make a pruned parameter an ordinary one, with the pruned values; return the module."""
    for number, hook in module._forward_pre_hooks.items():
        if isinstance(hook, BasePruningMethod) and hook._tensor_name == name:
            hook.remove(module)
            del module._forward_pre_hooks[number]
            return module
    raise ValueError(
        f"Parameter '{name}' of module {module} has to be pruned before pruning can be removed"
    )


def is_pruned(module):
    """Whether a parameter of the module, or of one below it, is pruned."""
    return any(
        isinstance(hook, BasePruningMethod)
        for each in module.modules()
        for hook in each._forward_pre_hooks.values()
    )


# Amounts and masks --------------------------------------------------------------------------------


def _check_amount(amount):
    if not isinstance(amount, numbers.Real):
        raise TypeError(f"Invalid type for amount: {amount}. Must be int or float.")
    whole = isinstance(amount, numbers.Integral)
    if amount < 0 or (not whole and amount > 1.0):
        raise ValueError(
            f"amount={amount} should either be a float in the range [0, 1] or a non-negative "
            "integer"
        )


def _count(amount, size):
    """How many of `size` things an amount is."""
    if not isinstance(amount, numbers.Integral):
        return round(amount * size)
    if amount > size:
        raise ValueError(
            f"amount={amount} should be smaller than the number of parameters to prune={size}"
        )
    return amount


def _check_structured(t, dim):
    if len(t.shape) <= 1:
        raise ValueError(
            "Structured pruning can only be applied to multidimensional tensors. Found tensor of "
            f"shape {t.shape} with {len(t.shape)} dims"
        )
    if dim >= t.dim():
        raise IndexError(f"Invalid index {dim} for tensor of size {t.shape}")


def _slices_mask(t, dim, kept):
    """A mask of the shape of `t` that lets the slices along `dim` through that are kept."""
    shape = [1] * t.dim()
    shape[dim] = -1
    return kept.to(t.dtype).view(shape).expand(t.shape).clone()


def _as_one(tensors):
    return ops.cat([x.reshape(-1) for x in tensors])
