"""Selective checkpointing: a policy says which results a checkpointed call keeps.

In the first run a dispatch mode asks the policy about each operation and keeps what it says; in the
second run another mode gives those results back, each where the same operation is called for the
same time, and computes the others.
"""

from __future__ import annotations

import enum
from collections import defaultdict

from rushlight.ops.overloads import OpOverload, OpOverloadPacket
from rushlight.tensor import Tensor
from rushlight.utils._python_dispatch import TorchDispatchMode

__all__ = ["CheckpointPolicy", "SelectiveCheckpointContext", "create_selective_checkpoint_contexts"]


class SelectiveCheckpointContext:
    """What a policy is told besides the call: `op_output`, the result; `is_recompute` is False."""

    __module__ = "torch.utils.checkpoint"

    def __init__(self, *, is_recompute, op_output=None):
        self.is_recompute = is_recompute
        self.op_output = op_output


class CheckpointPolicy(enum.Enum):
    """What becomes of a result: it is kept (`..._SAVE`), or computed again (`..._RECOMPUTE`).

    `MUST_` and `PREFER_` mean the same here; what is to be kept on the CPU is computed again.
    """

    MUST_SAVE = 0
    PREFER_SAVE = 1
    MUST_RECOMPUTE = 2
    PREFER_RECOMPUTE = 3
    MUST_CPU_OFFLOAD = 4
    PREFER_CPU_OFFLOAD = 5


_KEPT = (CheckpointPolicy.MUST_SAVE, CheckpointPolicy.PREFER_SAVE, True)
_AGAIN = object()
_TAKEN = object()
_ADVICE = (
    "This can happen if the operations in the checkpointed region are nondeterministic or depend "
    "on global state that changed between forward and backward."
)


class _Kept:
    """A result that was kept, and the version that it had."""

    def __init__(self, result):
        self.result = result
        self.versions = [x._version for x in _tensors(result)]

    def take(self, may_have_changed):
        if not may_have_changed and self.versions != [x._version for x in _tensors(self.result)]:
            raise RuntimeError(
                "Tensor cached during selective activation checkpoint has been mutated"
            )
        return self.result


def _tensors(result):
    parts = result if isinstance(result, (tuple, list)) else (result,)
    return [x for x in parts if isinstance(x, Tensor)]


class _Run(TorchDispatchMode):
    """One of the two runs: how often each operation was called, and what is known of each call."""

    def __init__(self, known):
        self.known = known
        self.calls = defaultdict(int)

    def __enter__(self):
        self.calls.clear()
        return super().__enter__()

    def count(self, func):
        self.calls[func] += 1
        return self.calls[func] - 1


class _FirstRun(_Run):
    def __init__(self, policy, known):
        super().__init__(known)
        self.policy = policy

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        context = SelectiveCheckpointContext(is_recompute=False, op_output=result)
        kept = self.policy(context, func, *args, **kwargs) in _KEPT
        self.known[func][self.count(func)] = _Kept(result) if kept else _AGAIN
        return result


class _SecondRun(_Run):
    def __init__(self, known, may_change):
        super().__init__(known)
        self.may_change = may_change

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if func not in self.known:
            raise RuntimeError(
                f"{func} encountered during backward but not found in storage. {_ADVICE}"
            )
        call, entries = self.count(func), self.known[func]
        entry = entries.get(call)
        if entry is None:
            raise RuntimeError(
                f"{func} invocation index {call} encountered during backward but not found in "
                f"storage. {_ADVICE}"
            )
        if entry is _TAKEN:
            raise RuntimeError(
                "Trying to backward an extra time. You are only allowed to backward once on any "
                "region computed under selective activation checkpoint."
            )
        if entry is _AGAIN:
            return func(*args, **(kwargs or {}))
        entries[call] = _TAKEN
        return entry.take(self.may_change)


def create_selective_checkpoint_contexts(policy_fn_or_list, allow_cache_entry_mutation=False):
    """Two contexts for `checkpoint(context_fn=...)`, which keep the results that a policy names.

    Args:
        policy_fn_or_list: the operations whose results are kept, such as
            `[torch.ops.aten.mm.default]`; or a function that is called with a
            `SelectiveCheckpointContext`, an operation and its arguments, and returns a
            `CheckpointPolicy`.
        allow_cache_entry_mutation: don't look whether what was kept was changed in place.

    >>> import functools
    >>> import rushlight as torch
    >>> from rushlight.utils.checkpoint import checkpoint, create_selective_checkpoint_contexts
    >>> keep = functools.partial(
    ...     create_selective_checkpoint_contexts, [torch.ops.aten.mm.default]
    ... )
    >>> x = torch.eye(2, requires_grad=True)
    >>> y = checkpoint(lambda x: (x @ x).exp(), x, use_reentrant=False, context_fn=keep)
    >>> y.sum().backward()
    >>> x.grad
    tensor([[5.4366, 2.0000],
            [2.0000, 5.4366]])
    """
    known = defaultdict(dict)
    policy = _policy(policy_fn_or_list)
    return _FirstRun(policy, known), _SecondRun(known, allow_cache_entry_mutation)


def _policy(policy_fn_or_list):
    if not isinstance(policy_fn_or_list, list):
        if not callable(policy_fn_or_list):
            raise TypeError("policy_fn_or_list must be either a function or a list of ops.")
        return policy_fn_or_list
    for op in policy_fn_or_list:
        if not isinstance(op, OpOverload):
            _refuse(op)
    return lambda context, op, *args, **kwargs: op in policy_fn_or_list


def _refuse(op):
    advice = (
        "Please update the OpOverloadPacket to a specific OpOverload.For example, if you have "
        "`torch.ops.aten.mm`, change it to `torch.ops.aten.mm.default`."
    )
    raise ValueError(
        f"Expected op in `op_list` to be an OpOverload but got: {op} of type {type(op)}. "
        f"{advice if isinstance(op, OpOverloadPacket) else ''}"
    )
