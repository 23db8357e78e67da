"""What a function was called with, as its frame and that of its caller tell."""

from __future__ import annotations

import dis

__all__ = ["given"]


def given(frame, function, caller):
    """The arguments `(args, kwargs)` of a function, by the frame in which it runs.

    What was given by name is told by the instruction of the call. Trailing defaults are taken as
    not given.
    """
    code, values = frame.f_code, frame.f_locals
    count, keyword_only = code.co_argcount, code.co_kwonlyargcount
    names = code.co_varnames
    positional = [(name, values[name]) for name in names[:count] if name in values]
    defaults = dict(zip(names[:count][::-1], (function.__defaults__ or ())[::-1], strict=False))
    while positional and _is(positional[-1][1], defaults.get(positional[-1][0], _ABSENT)):
        positional.pop()
    by_name = _keywords(caller)
    kwargs = {name: value for name, value in positional if name in by_name}
    args = [value for name, value in positional if name not in kwargs]
    known = function.__kwdefaults__ or {}
    for name in names[count : count + keyword_only]:
        if name in values and not _is(values[name], known.get(name, _ABSENT)):
            kwargs[name] = values[name]
    rest = iter(names[count + keyword_only :])
    if code.co_flags & 0x04:
        args += values.get(next(rest), ())
    if code.co_flags & 0x08:
        kwargs |= values.get(next(rest), {})
    return tuple(args), kwargs


_ABSENT = object()


def _is(value, default):
    return value is default or (type(value) in (int, float, str, bool) and value == default)


def _keywords(frame):
    """The names of the keyword arguments in the call that a frame is in."""
    done = [each for each in dis.get_instructions(frame.f_code) if each.offset <= frame.f_lasti]
    call, names = done[-1], done[-2:-1]
    if call.opname == "CALL":  # up to Python 3.12; 3.11 has one instruction more in between
        before = done[-3:-1] if done[-2].opname == "PRECALL" else names
        names = [each for each in before if each.opname == "KW_NAMES"]
    elif call.opname not in ("CALL_KW", "CALL_FUNCTION_KW"):
        names = []
    return frame.f_code.co_consts[names[0].arg] if names else ()
