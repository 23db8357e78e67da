"""What `rushlight.compile` returns: a function that traces its first run and repeats it."""

from __future__ import annotations

import functools
import warnings
import weakref

from rushlight import dtypes
from rushlight.autograd.tape import hooks_exist, modes
from rushlight.compile.build import may_be_native
from rushlight.compile.programs.family import Families
from rushlight.compile.runs.guards import Watch
from rushlight.compile.runs.making import Unrepeatable, make_entry
from rushlight.compile.runs.returned import lines_of_returned_items
from rushlight.compile.tracing.checks import OTHERWISE
from rushlight.compile.tracing.recorder import Unchanged
from rushlight.compile.tracing.sources import fields_of
from rushlight.compile.tracing.trace import Trace, is_tracing
from rushlight.kernels import keep_freed
from rushlight.ops import fast
from rushlight.tensor import Tensor

__all__ = ["Compiled", "EagerWarning", "Unsupported", "forget_all", "keepers", "stance"]


class EagerWarning(UserWarning):
    """A compiled function runs as it would uncompiled; the text says why, and which line."""


class Unsupported(RuntimeError):
    """A function can't be compiled whole, as `fullgraph=True` demands."""


#: how compiled functions run; see `compiler.set_stance`
stance = ["default"]
_all: weakref.WeakSet = weakref.WeakSet()
#: lists that get every compiled function that is made from now on
keepers: list = []


def forget_all():
    """Forget everything that was compiled."""
    for each in list(_all):
        each.reset()


#: for so many different calls a function is compiled; then it runs uncompiled
RECOMPILE_LIMIT = 8
#: so many entries there are at most, those for further sizes of the batch included
SIZES = 256
#: so many runs in a row may be first runs that make the state for others
FIRST_RUNS = 4


class Compiled:
    """A function that is traced once and then runs as a Program.

    Attributes:
        function: what it was made of.
    """

    def __init__(self, function, fullgraph=False, dynamic=None, backend=None):
        functools.update_wrapper(self, function)
        self.function = function
        self.fullgraph = fullgraph
        self.dynamic = dynamic
        self.backend = backend
        self.reset()
        _all.add(self)
        for keeper in keepers:
            keeper.append(self)

    def reset(self):
        """Forget everything that was compiled."""
        self.entries: dict = {}
        self.families = Families()
        self.eager: set = set()
        self.last = None
        self.first_runs = 0
        self.gave_up = False

    def __get__(self, instance, owner=None):
        return self if instance is None else functools.partial(self, instance)

    def __call__(self, *args, **kwargs):
        if is_tracing() or is_watched() or stance[0] == "force_eager":
            return self.function(*args, **kwargs)
        leaves: list = []
        key = key_of(args, kwargs, leaves)
        for entry in self.entries.get(key, ()):
            if entry.holds(leaves):
                self.last = entry
                result = entry.run(leaves)
                return self.function(*args, **kwargs) if result is OTHERWISE else result
        if self.gave_up or key in self.eager:
            return self.function(*args, **kwargs)
        return self.trace(key, leaves, args, kwargs)

    def trace(self, key, leaves, args, kwargs):
        """Run the function for real, and keep what it did if that can be repeated."""
        every = self.every_entry()
        if len([x for x in every if x.member is None]) >= RECOMPILE_LIMIT or len(every) >= SIZES:
            self.give_up()
            return self.function(*args, **kwargs)
        entry = None
        watch = Watch(self.function, *objects_in((args, kwargs)))
        given = contents((args, kwargs))
        if may_be_native(self.backend):
            keep_freed()  # runs until there is code make each array anew
        if not (self.first_runs or self.fullgraph) and any(map(lacks_state, watch.optimizers)):
            self.count_first_run(key)
            return self.function(*args, **kwargs)
        reason = line = None
        with Trace(leaves, may_be_native(self.backend), watch.references) as trace:
            trace.recorder.returned_items = functools.partial(
                lines_of_returned_items, self.function
            )
            result = self.function(*args, **kwargs)
            if trace.recorder.recording:
                try:
                    refuse_changes(given, contents((args, kwargs)))
                    names = leaf_names(self.function, args, kwargs)
                    entry = make_entry(trace, result, leaves, watch, names)
                except Unrepeatable as error:
                    reason = str(error)
        if trace.recorder.failure is not None:
            reason, line = trace.recorder.failure
        if reason is not None:
            self.run_eagerly(key, reason, line)
        elif entry is None:
            self.count_first_run(key)
        else:
            self.keep(key, entry)
        return result

    def keep(self, key, entry):
        """Have an Entry ready for the next call of its kind."""
        self.first_runs = 0
        for each in filter(None, (entry, entry.derivative)):
            each.backend = self.backend
            if self.dynamic is not False and may_be_native(self.backend):
                each.member = self.families.enroll(each.traced)
        self.entries.setdefault(key, []).insert(0, entry)
        self.last = entry

    def count_first_run(self, key):
        self.first_runs += 1
        if self.first_runs > FIRST_RUNS:
            self.run_eagerly(
                key, "each run makes new state of an optimizer, or another thread interferes", None
            )

    def run_eagerly(self, key, reason, line):
        """Say once why such calls aren't compiled, and run them uncompiled from now on."""
        where = f" ({line})" if line else ""
        message = f"{name_of(self.function)} can't be compiled whole: {reason}{where}"
        if self.fullgraph:
            raise Unsupported(message)
        if not self.eager:
            warnings.warn(f"{message}; it runs uncompiled", EagerWarning, stacklevel=4)
        self.eager.add(key)
        if len(self.eager) > RECOMPILE_LIMIT:
            self.gave_up = True

    def give_up(self):
        """Compile nothing more: what was compiled goes on, other calls run uncompiled."""
        message = (
            f"{name_of(self.function)} was compiled {RECOMPILE_LIMIT} times, for other arguments "
            f"or other values of Python{self.pinned()}; it isn't compiled for more, which run "
            "uncompiled"
        )
        warnings.warn(message, EagerWarning, stacklevel=4)
        self.gave_up = True

    def pinned(self):
        """Which line makes code hang on what a mask holds, for messages."""
        found = (c for e in self.every_entry() for _, c in e.demands if isinstance(c, Unchanged))
        return next((f" or other masks or lengths ({c.line})" for c in found), "")

    def over(self, loader, epochs=1, progress=False):
        """Call this with every batch of a loader, epoch after epoch; see `over.over`.

        >>> import rushlight as torch
        >>> w = torch.tensor(4.0, requires_grad=True)
        >>> @torch.compile
        ... def step(x):
        ...     loss = (w - x) ** 2
        ...     loss.backward()
        ...     with torch.no_grad():
        ...         w.sub_(0.25 * w.grad)
        ...         w.grad.zero_()
        ...     return loss
        >>> step.over([torch.tensor(0.0), torch.tensor(2.0)], epochs=2)
        tensor([16.,  0.,  4.,  1.])
        """
        from rushlight.compile.runs.over import over

        return over(self, loader, epochs, progress)

    def entry_for(self, args):
        """(Entry, its Tensors) that answers a call with these arguments, or None."""
        if self.gave_up or is_tracing() or is_watched() or stance[0] == "force_eager":
            return None
        leaves: list = []
        key = key_of(args, {}, leaves)
        return next(((e, leaves) for e in self.entries.get(key, ()) if e.holds(leaves)), None)

    def every_entry(self):
        """All Entries, of calls of all kinds."""
        return [entry for entries in self.entries.values() for entry in entries]

    @property
    def program(self):
        """The Program of the last call."""
        if self.last is None:
            raise RuntimeError("nothing is compiled yet: call the function first")
        self.last.prepare()
        return self.last.runner.program

    @property
    def source(self):
        """What runs for a call like the last one, as Python source."""
        self.program  # noqa: B018  (it prepares the source)
        return self.last.runner.source


def lacks_state(optimizer):
    """Whether an optimizer's first step is still to come, and will make state for the others.

    Such a run can't be repeated, so tracing it would be in vain.
    """
    plain = all(group.get("momentum") == 0 for group in optimizer.param_groups)
    return not optimizer.state and not plain


def name_of(function):
    """A function's name for messages."""
    return getattr(function, "__qualname__", None) or type(function).__name__


def is_watched():
    """Whether something watches operations that has to see each of them."""
    return bool(
        modes.layers or modes.dual_level >= 0 or modes.saved_tensors_hooks or fast.is_intercepted()
    )


# Arguments ----------------------------------------------------------------------------------------


def key_of(args, kwargs, leaves):
    """What tells calls apart; the Tensors among the arguments are collected."""
    known = [described(x, leaves) for x in args]
    if kwargs:
        known += [(name, described(x, leaves)) for name, x in kwargs.items()]
    known += [modes.grad_enabled, modes.inference, hooks_exist[0], dtypes.get_default_dtype()]
    return tuple(known)


def described(x, leaves):
    if isinstance(x, Tensor):
        array = x._array
        known = len(leaves)
        for i, each in enumerate(leaves):
            if each is x:
                known = i
        leaves.append(x)
        return (
            type(x), array.shape, array.dtype, x._requires_grad, array.flags.c_contiguous, known,
            x._node is None,
        )  # fmt: skip
    if type(x) in (tuple, list):
        return type(x), tuple([described(each, leaves) for each in x])
    if isinstance(x, dict):
        return dict, tuple([(name, described(each, leaves)) for name, each in x.items()])
    if x is None or isinstance(x, (bool, int, float, str)):
        return type(x), x
    fields = fields_of(x)
    return Same(x) if fields is None else (type(x), described(fields, leaves))


def objects_in(x):
    """What among the arguments is compared by identity: its state has to be looked at, too."""
    if type(x) in (tuple, list):
        return [each for y in x for each in objects_in(y)]
    if isinstance(x, dict):
        return [each for y in x.values() for each in objects_in(y)]
    if x is None or isinstance(x, (Tensor, bool, int, float, str)):
        return []
    fields = fields_of(x)
    return [x] if fields is None else [type(x), *objects_in(fields)]


def contents(x):
    """All that is in nested containers, and where each of them begins, in order."""
    if type(x) in (tuple, list):
        return [type(x), *(each for y in x for each in contents(y)), len]
    if isinstance(x, dict):
        return [dict, *(each for key, y in x.items() for each in (key, *contents(y))), len]
    fields = fields_of(x)
    return [x] if fields is None else contents(fields)


def refuse_changes(before, after):
    """Refuse a run that changed a list or dict that it was given."""
    if len(before) != len(after) or any(x is not y for x, y in zip(before, after, strict=True)):
        raise Unrepeatable("it changes a list or dict that it is given")


def leaf_names(function, args, kwargs):
    """What a function calls the Tensors among its arguments, in order; nested ones by number."""
    code = getattr(function, "__code__", None)
    given = code.co_varnames[: code.co_argcount] if code is not None else ()
    given = [*given, *(f"arg{i}" for i in range(len(given), len(args)))]
    names: list = []
    for name, x in (*zip(given, args, strict=False), *kwargs.items()):
        leaves: list = []
        described(x, leaves)
        nested = not isinstance(x, Tensor)
        names += [f"{name}_{i}" if nested else name for i in range(len(leaves))]
    return names


class Same:
    """An argument that is compared by identity."""

    __slots__ = ("x",)

    def __init__(self, x):
        self.x = x

    def __eq__(self, other):
        return isinstance(other, Same) and other.x is self.x

    def __hash__(self):
        return id(self.x)
