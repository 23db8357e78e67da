"""How PyTorch names the type of any object, and the object of a type that it names."""

from __future__ import annotations

from importlib import import_module

from rushlight.tensor import Tensor

__all__ = ["new_object", "typename"]


def typename(obj):
    """The full name of an object's type, or of the object itself if it is a class or function.

    A tensor's type has its old name, which says the dtype.

    >>> import rushlight as torch
    >>> torch.typename(torch.ones(1)), torch.typename(3), torch.typename(torch.nn.Linear)
    ('torch.FloatTensor', 'int', 'torch.nn.modules.linear.Linear')
    """
    if isinstance(obj, Tensor):
        return f"torch.{obj.dtype.title}Tensor"
    named = obj if hasattr(obj, "__qualname__") else type(obj)
    module = getattr(named, "__module__", None)
    prefix = "" if module in ("builtins", None) else f"{module}."
    return prefix + named.__qualname__


def new_object(module, qualname):
    """A bare object of one of Rushlight's classes, named as PyTorch names it."""
    owner = import_module(module.replace("torch", "rushlight", 1))
    for name in qualname.split("."):
        owner = getattr(owner, name)
    return owner.__new__(owner)
