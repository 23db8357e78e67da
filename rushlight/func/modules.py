"""Modules as functions of their parameters: what the transforms need to differentiate by them."""

from __future__ import annotations

import contextlib

from rushlight.nn.members import MODULE
from rushlight.tensor import Tensor

__all__ = ["functional_call", "replace_all_batch_norm_modules_", "stack_module_state"]


def functional_call(
    module, parameter_and_buffer_dicts, args=None, kwargs=None, *, tie_weights=True, strict=False
):
    """Call a module with other tensors in the place of its parameters and buffers.

    Args:
        parameter_and_buffer_dicts: names to tensors, in one dictionary or in several.
        args: the positional arguments of the call: a tuple, or one argument.
        kwargs: its keyword arguments.
        tie_weights: where the module has one tensor under several names, replace all of them.
        strict: refuse missing and unknown names.

    Raises:
        ValueError: a name is in several dictionaries.
        RuntimeError: with `strict`, names are missing or unknown.

    >>> import rushlight as torch
    >>> layer = torch.nn.Linear(2, 1)
    >>> state = {"weight": torch.ones(1, 2), "bias": torch.zeros(1)}
    >>> torch.func.functional_call(layer, state, torch.tensor([1.0, 2.0]))
    tensor([3.])
    """
    state = one_dictionary(parameter_and_buffer_dicts)
    args = () if args is None else args if isinstance(args, tuple) else (args,)
    with replaced_members(module, state, tie_weights, strict):
        return module(*args, **(kwargs or {}))


def one_dictionary(given):
    """All names and tensors that were given."""
    if isinstance(given, dict):
        return given
    if not isinstance(given, (list, tuple)):
        raise ValueError(
            "Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got "
            f"{type(given)}"
        )
    if not all(isinstance(each, dict) for each in given):
        raise ValueError("Expected all elements of parameter_and_buffer_dicts to be dictionaries")
    names = [name for each in given for name in each]
    repeated = [name for i, name in enumerate(names) if name in names[:i]]
    if repeated:
        raise ValueError(
            f"{repeated} appeared in multiple dictionaries; behavior of functional call is "
            "ambiguous"
        )
    return {name: x for each in given for name, x in each.items()}


def own_members(module):
    """Full name -> (module, name in it) of all parameters and buffers."""
    found = {}
    for prefix, each in module.named_modules(remove_duplicate=False):
        dot = "." if prefix else ""
        own = each.__dict__
        for name, kind in own["_kinds"].items():
            if kind != MODULE and own.get(name) is not None:
                found[f"{prefix}{dot}{name}"] = each, name
    return found


@contextlib.contextmanager
def replaced_members(module, state, tie_weights, strict):
    """The module with other tensors, for the body of a `with` statement."""
    places = own_members(module)
    if strict:
        check_names(module, state, places)
    chosen = {name: x for name, x in state.items() if name in places}
    for x in chosen.values():
        if x is not None and not isinstance(x, Tensor):
            raise TypeError(f"{x} is not an instance of torch.Tensor")
    if tie_weights:
        chosen = with_tied(chosen, places)
    before = [(*places[name], places[name][0].__dict__[places[name][1]]) for name in chosen]
    try:
        for name, x in chosen.items():
            owner, own_name = places[name]
            owner.__dict__[own_name] = x
        yield
    finally:
        for owner, own_name, x in before:
            owner.__dict__[own_name] = x


def check_names(module, state, places):
    """Refuse missing and unknown names."""
    lines = []
    for title, names in (
        ("Unexpected", [n for n in state if n not in places]),
        ("Missing", [n for n in places if n not in state]),
    ):
        if names:
            listed = ", ".join(f"'{name}'" for name in sorted(names))
            lines.append(f"\n\t{title} key(s): {listed}.")
    if lines:
        raise RuntimeError(
            f"Error(s) in reparametrizing for {type(module).__name__}:{''.join(lines)}"
        )


def with_tied(chosen, places):
    """The replacements, also under the other names of what is replaced."""
    by_tensor: dict = {}
    for name, x in chosen.items():
        owner, own_name = places[name]
        if by_tensor.setdefault(id(owner.__dict__[own_name]), x) is not x:
            refuse_two_values(owner.__dict__[own_name], chosen, places)
    tied = {
        name: by_tensor[id(owner.__dict__[own_name])]
        for name, (owner, own_name) in places.items()
        if id(owner.__dict__[own_name]) in by_tensor
    }
    return {**tied, **chosen}


def refuse_two_values(tensor, chosen, places):
    """Say which names of one tensor were given different ones in its place."""
    tied = [n for n in sorted(chosen) if places[n][0].__dict__[places[n][1]] is tensor]
    raise ValueError(
        f"functional_call got multiple values for keys {tied}, which are tied. Consider using "
        "tie_weights=False"
    )


def stack_module_state(models):
    """The parameters and buffers of models of one kind, stacked: (parameters, buffers).

    `vmap` over both, with `functional_call`, computes all models at once.

    Raises:
        RuntimeError: there are no models, or they differ in class or mode.

    >>> import rushlight as torch
    >>> models = [torch.nn.Linear(2, 1) for _ in range(3)]
    >>> torch.func.stack_module_state(models)[0]["weight"].shape
    torch.Size([3, 1, 2])
    """
    models = list(models)
    if not models:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    if any(m.training != models[0].training for m in models):
        raise RuntimeError(
            "stack_module_state: Expected all models to have the same training/eval mode."
        )
    if any(type(m) is not type(models[0]) for m in models):
        raise RuntimeError("stack_module_state: Expected all models to be of the same class.")
    parameters = [dict(m.named_parameters()) for m in models]
    buffers = [dict(m.named_buffers()) for m in models]
    return (
        {name: stacked(name, [p[name] for p in parameters]) for name in parameters[0]},
        {name: stacked(name, [b[name] for b in buffers]) for name in buffers[0]},
    )


def stacked(name, tensors):
    """Tensors of equal shape as one; a leaf, as they are."""
    from rushlight.ops import stack

    if all(x.is_leaf for x in tensors):
        wants_grad = tensors[0].requires_grad
        if any(x.requires_grad != wants_grad for x in tensors):
            raise RuntimeError(f"Expected {name} from each model to have the same .requires_grad")
        return stack([x.detach() for x in tensors]).requires_grad_(wants_grad)
    return stack(tensors)


def replace_all_batch_norm_modules_(root):
    """Let batch normalization in a module use the batch's own statistics only; returns the module.

    Running statistics are changed in place, which `vmap` refuses.
    """
    for module in root.modules():
        if hasattr(module, "track_running_stats") and isinstance(
            getattr(module, "running_mean", None), (Tensor, type(None))
        ):
            module.running_mean = module.running_var = module.num_batches_tracked = None
            module.track_running_stats = False
    return root
