"""What a training script needs besides the model: data, checkpointing, timing.

Its modules are imported when they are first named.
"""

_UNSET = object()

__all__ = ["swap_tensors"]

_MODULES = tuple(
    "_python_dispatch benchmark checkpoint data dlpack hooks model_zoo tensorboard".split()
)


def swap_tensors(t1, t2):
    """Let two tensors change places: everybody who holds one holds the other from now on.

    Classes, attributes, memory, gradients and histories change hands; views stay with the memory
    that they show. Graphs recorded before know the objects, so swap before a forward pass. Weak
    references are to objects, and stay with them (PyTorch refuses tensors that have some).

    >>> import rushlight as torch
    >>> a, b = torch.zeros(2), torch.ones(3)
    >>> torch.utils.swap_tensors(a, b)
    >>> a, b
    (tensor([1., 1., 1.]), tensor([0., 0.]))
    """
    first, second = _parts(t1), _parts(t2)
    t1.__class__, t2.__class__ = type(t2), type(t1)
    _take(t1, second)
    _take(t2, first)


def _parts(tensor):
    """Everything that a tensor holds, by name, but for the `AccumulateGrad` of a leaf."""
    slots = [name for cls in type(tensor).__mro__ for name in getattr(cls, "__slots__", ())]
    parts = {name: getattr(tensor, name, _UNSET) for name in slots if not name.startswith("__")}
    own = {name: x for name, x in tensor.__dict__.items() if name != "_accumulate_grad"}
    return parts | {"__dict__": own}


def _take(tensor, parts):
    for name, value in parts.items():
        if value is not _UNSET:
            setattr(tensor, name, value)
        elif hasattr(tensor, name):
            delattr(tensor, name)


def __getattr__(name):
    if name in _MODULES:
        from importlib import import_module

        return import_module(f"rushlight.utils.{name}")
    raise AttributeError(f"module 'torch.utils' has no attribute '{name}'")


def __dir__():
    return [*globals(), *_MODULES]
