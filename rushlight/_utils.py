"""Errors that cross from one process or thread to another."""

from __future__ import annotations

__all__ = ["ExceptionWrapper", "KeyErrorMessage"]


class KeyErrorMessage(str):
    """A text that KeyError, which shows its argument's repr, shows with its line breaks."""

    def __repr__(self):
        return str(self)


class ExceptionWrapper:
    """An exception that happened elsewhere, with its traceback as text.

    Args:
        exc_info: the exception, or what `sys.exc_info()` gave (by default, what it gives now).
        where: where it happened, for the message.

    >>> try:
    ...     {}["a"]
    ... except KeyError as error:
    ...     wrapper = ExceptionWrapper(error, "in a thread")
    >>> print(wrapper.exc_msg.splitlines()[0])
    Caught KeyError in a thread.
    """

    def __init__(self, exc_info=None, where="in background"):
        import sys
        import traceback

        error = sys.exc_info() if exc_info is None else exc_info
        error = error[1] if isinstance(error, tuple) else error
        self.exc_type = type(error)
        self.where = where
        self.exc_msg = (
            f"Caught {self.exc_type.__name__} {where}.\n"
            f"Original {''.join(traceback.format_exception(error))}"
        )

    def reraise(self):
        """Raise the same type with the text, or a RuntimeError if it takes other arguments."""
        if issubclass(self.exc_type, KeyError):
            raise self.exc_type(KeyErrorMessage(self.exc_msg))
        try:
            error = self.exc_type(self.exc_msg)
        except Exception:
            error = RuntimeError(self.exc_msg)
        raise error
