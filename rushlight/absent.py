"""What PyTorch has and Rushlight hasn't: names that import, and when used say what to do."""

from __future__ import annotations


class AbsentType(type):
    """A class that can be named and inherited from, and not called."""

    reason: str

    def __call__(cls, *args, **kwargs):
        raise RuntimeError(f"{cls.__module__}.{cls.__name__} isn't there: {cls.reason}")


def absent(module: str, names: str, reason: str) -> dict:
    """Classes of these names, for a module's `globals()`; calling one raises a RuntimeError.

    >>> absent("torch.fx", "Graph", "why.")["Graph"]()
    Traceback (most recent call last):
        ...
    RuntimeError: torch.fx.Graph isn't there: why.
    """
    body = {"__module__": module, "reason": reason}
    return {name: AbsentType(name, (), dict(body)) for name in names.split()}
