"""What a module is when it is saved: `state_dict` and `load_state_dict`."""

from __future__ import annotations

import warnings
from collections import OrderedDict, namedtuple
from collections.abc import Mapping

from rushlight.autograd.tape import added_hook
from rushlight.explain import explained
from rushlight.nn.members import BUFFER, MODULE, PARAMETER, members
from rushlight.nn.parameter import Parameter, is_lazy
from rushlight.tensor import Tensor

EXTRA_STATE = "_extra_state"


class _IncompatibleKeys(namedtuple("IncompatibleKeys", ["missing_keys", "unexpected_keys"])):
    """What `load_state_dict` returns: the keys that one side has and the other has not."""

    __slots__ = ()

    def __repr__(self):
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return super().__repr__()

    __str__ = __repr__


def make_state_hook_tables(module):
    """Give a new module its empty tables of hooks around saving and loading."""
    own = module.__dict__
    own["_state_dict_hooks"] = OrderedDict()
    own["_state_dict_pre_hooks"] = OrderedDict()
    own["_load_state_dict_pre_hooks"] = OrderedDict()
    own["_load_state_dict_post_hooks"] = OrderedDict()


class StateDict:
    """The part of `Module` that saves and loads parameters and persistent buffers.

    The keys are the paths of the entries (`encoder.0.weight`). A module keeps a version number in
    `_version`, which goes into `state_dict()._metadata`, so that a later layout can read an older.
    """

    _version = 1

    def state_dict(self, *args, destination=None, prefix="", keep_vars=False):
        """All parameters and persistent buffers by path, in an OrderedDict, without copies.

        The entries share memory with the module and are detached from the tape, unless `keep_vars`.

        >>> import rushlight as torch
        >>> list(torch.nn.Sequential(torch.nn.Linear(2, 3)).state_dict())
        ['0.weight', '0.bias']
        """
        if args:
            warnings.warn(
                "Positional args are being deprecated, use kwargs instead. Refer to "
                "https://pytorch.org/docs/main/generated/torch.nn.Module.html"
                "#torch.nn.Module.state_dict for details.",
                FutureWarning,
                stacklevel=2,
            )
            given = dict(zip(("destination", "prefix", "keep_vars"), args, strict=False))
            destination = given["destination"] if destination is None else destination
            prefix = given.get("prefix", prefix)
            keep_vars = given.get("keep_vars", keep_vars)
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()
        metadata = {"version": self._version}
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = metadata
        for hook in list(self._state_dict_pre_hooks.values()):
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, module in members(self, MODULE):
            if module is not None:
                child = f"{prefix}{name}."
                module.state_dict(destination=destination, prefix=child, keep_vars=keep_vars)
        return _after_state_dict(self, destination, prefix, metadata)

    def _save_to_state_dict(self, destination, prefix, keep_vars):
        """Put this module's own entries into `destination`; a subclass may add to it."""
        for name, value in _own_state(self).items():
            if value is not None:
                kept = keep_vars or is_lazy(value)
                destination[prefix + name] = value if kept else value.detach()
        if _has_extra_state(self):
            destination[prefix + EXTRA_STATE] = self.get_extra_state()

    def get_extra_state(self):
        """Override to save something beyond tensors: it becomes the entry `_extra_state`."""
        raise RuntimeError(_EXTRA_STATE_ERROR.format("get"))

    def set_extra_state(self, state):
        """Override to take back what `get_extra_state` gave."""
        raise RuntimeError(_EXTRA_STATE_ERROR.format("set"))

    def load_state_dict(self, state_dict, strict=True, assign=False):
        """Copy the entries of `state_dict` into the parameters and buffers of the same path.

        With `assign` the given tensors themselves take the place of the old ones. Returns a named
        tuple of missing and unexpected keys. Raises RuntimeError that lists all that does not fit;
        with `strict=False` only shapes have to fit.

        >>> import rushlight as torch
        >>> layer = torch.nn.Linear(2, 3)
        >>> layer.load_state_dict(torch.nn.Linear(2, 3).state_dict())
        <All keys matched successfully>
        """
        if not isinstance(state_dict, Mapping):
            text = f"Expected state_dict to be dict-like, got {type(state_dict)}."
            raise explained(TypeError(text))
        entries = OrderedDict(state_dict)
        metadata = getattr(state_dict, "_metadata", None)
        if metadata is not None:
            entries._metadata = metadata
        report = _IncompatibleKeys([], [])
        errors = []
        _load(self, entries, metadata or {}, "", assign, report, errors)
        if strict:
            errors[:0] = _complaints(report)
        if errors:
            listed = "\n\t".join(errors)
            name = type(self).__name__
            text = f"Error(s) in loading state_dict for {name}:\n\t{listed}"
            raise explained(RuntimeError(text))
        return report

    def _load_from_state_dict(
        self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
    ):
        """Load this module's own entries; a subclass may convert older layouts here first."""
        for hook in list(self._load_state_dict_pre_hooks.values()):
            hook(
                state_dict,
                prefix,
                local_metadata,
                strict,
                missing_keys,
                unexpected_keys,
                error_msgs,
            )
        assign = local_metadata.get("assign_to_params_buffers", False)
        own = {name: value for name, value in _own_state(self).items() if value is not None}
        for name, value in own.items():
            key = prefix + name
            if key in state_dict:
                complaint = _load_entry(self, name, value, key, state_dict[key], assign)
                error_msgs += [complaint] if complaint else []
            elif strict:
                missing_keys.append(key)
        _load_extra_state(self, state_dict, prefix + EXTRA_STATE, strict, missing_keys)
        if strict:
            unexpected_keys += _unexpected(self, state_dict, prefix, own)

    # Hooks

    def register_state_dict_pre_hook(self, hook):
        """Call `hook(module, prefix, keep_vars)` before `state_dict`."""
        return added_hook(self._state_dict_pre_hooks, hook)

    def register_state_dict_post_hook(self, hook):
        """Call `hook(module, state_dict, prefix, local_metadata)` after `state_dict`."""
        hook._from_public_api = True
        return added_hook(self._state_dict_hooks, hook)

    def _register_state_dict_hook(self, hook):
        """As `register_state_dict_post_hook`, but a result of the hook replaces the dictionary."""
        if getattr(hook, "_from_public_api", False):
            raise RuntimeError(
                "Cannot register the same function as the state dict post hook that was previously "
                "registered via register_state_dict_post_hook"
            )
        return added_hook(self._state_dict_hooks, hook)

    def register_load_state_dict_pre_hook(self, hook):
        """Call `hook(module, state_dict, prefix, ...)` before the module's entries are loaded."""
        return self._register_load_state_dict_pre_hook(lambda *args: hook(self, *args))

    def _register_load_state_dict_pre_hook(self, hook, with_module=False):
        bound = (lambda *args: hook(self, *args)) if with_module else hook
        return added_hook(self._load_state_dict_pre_hooks, bound)

    def register_load_state_dict_post_hook(self, hook):
        """Call `hook(module, incompatible_keys)` after `load_state_dict`; it may edit the lists."""
        return added_hook(self._load_state_dict_post_hooks, hook)


def _after_state_dict(module, destination, prefix, metadata):
    for hook in list(module._state_dict_hooks.values()):
        result = hook(module, destination, prefix, metadata)
        if getattr(hook, "_from_public_api", False):
            if result is not None:
                raise RuntimeError("state_dict post-hook must return None")
        elif result is not None:
            destination = result
    return destination


def _own_state(module):
    """This module's own parameters and persistent buffers."""
    transient = module._non_persistent_buffers_set
    buffers = [(name, b) for name, b in members(module, BUFFER) if name not in transient]
    return dict(members(module, PARAMETER) + buffers)


def _has_extra_state(module):
    return type(module).get_extra_state is not StateDict.get_extra_state


def _load_entry(module, name, value, key, given, assign):
    """Take over one entry; what is wrong with it, or None."""
    if not isinstance(given, Tensor):
        return (
            f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like '
            f"object from checkpoint but received {type(given)}"
        )
    if is_lazy(value) and is_lazy(given):
        return None
    if is_lazy(value):
        value.materialize(given.shape, dtype=given.dtype)
    if value.dim() == 0 and given.dim() == 1 and not assign:
        given = given[0]  # scalars were saved as vectors of one element once
    if given.shape != value.shape:
        return (
            f"size mismatch for {key}: copying a param with shape {given.shape} from "
            f"checkpoint, the shape in current model is {value.shape}."
        )
    if assign:
        setattr(module, name, _assignable(given, value))
        return None
    return _copy(value, given, key)


def _load_extra_state(module, state_dict, key, strict, missing_keys):
    takes = type(module).set_extra_state is not StateDict.set_extra_state
    if takes and key in state_dict:
        module.set_extra_state(state_dict[key])
    elif takes and strict:
        missing_keys.append(key)


def _unexpected(module, state_dict, prefix, own):
    extra = type(module).set_extra_state is not StateDict.set_extra_state
    for key in state_dict:
        if not key.startswith(prefix) or (extra and key == prefix + EXTRA_STATE):
            continue
        name, *rest = key[len(prefix) :].split(".", 1)
        known = module._kinds.get(name) == MODULE if rest else name in own
        if not known:
            yield key


_EXTRA_STATE_ERROR = (
    "Reached a code path in Module.{}_extra_state() that should never be called. Please file an "
    "issue at https://github.com/pytorch/pytorch/issues/new?template=bug-report.yml to report "
    "this bug."
)


def _load(module, state_dict, metadata, prefix, assign, report, errors):
    """Load `module` and what is below it; strictness is the caller's, once all is known."""
    local = metadata.get(prefix[:-1], {})
    if assign:
        local = {**local, "assign_to_params_buffers": True}
    module._load_from_state_dict(
        state_dict, prefix, local, True, report.missing_keys, report.unexpected_keys, errors
    )
    for name, child in members(module, MODULE):
        if child is not None:
            path = f"{prefix}{name}."
            below = OrderedDict((k, v) for k, v in state_dict.items() if k.startswith(path))
            _load(child, below, metadata, path, assign, report, errors)
    for hook in list(module._load_state_dict_post_hooks.values()):
        if hook(module, report) is not None:
            raise AssertionError(
                "Hooks registered with ``register_load_state_dict_post_hook`` are not expected to "
                "return new values, if incompatible_keys need to be modified, it should be done "
                "inplace."
            )


def _complaints(report):
    for kind, keys in zip(("Missing", "Unexpected"), report, strict=True):
        if keys:
            listed = ", ".join(f'"{key}"' for key in keys)
            yield f"{kind} key(s) in state_dict: {listed}. "


def _assignable(given, value):
    """`given` as the kind of tensor that `value` is."""
    if not isinstance(value, Parameter):
        return given
    if isinstance(given, Parameter):
        return given.requires_grad_(value.requires_grad)
    return Parameter(given, requires_grad=value.requires_grad)


def _copy(value, given, key):
    try:
        value.data.copy_(given.detach())
    except Exception as error:
        return (
            f'While copying the parameter named "{key}", whose dimensions in the model are '
            f"{value.size()} and whose dimensions in the checkpoint are {given.size()}, "
            f"an exception occurred : {error.args}."
        )
    return None
