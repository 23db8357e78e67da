"""Calls of the same function in PyTorch and here, and whether what they give is the same."""

import contextlib
import itertools
import random
import types
import warnings

import numpy as np
import torch

import rushlight as rl

TOLERANCE = {
    torch.float16: 2e-3, torch.bfloat16: 2e-2, torch.float32: 2e-5, torch.complex64: 2e-5,
}  # fmt: skip


# The same in both libraries -----------------------------------------------------------------------


def ours(x):
    """An argument of PyTorch's as this library has it, on memory of its own."""
    if isinstance(x, torch.Tensor):
        return our_tensor(x.detach().resolve_conj().resolve_neg()).requires_grad_(x.requires_grad)
    if isinstance(x, (torch.dtype, torch.memory_format, torch.layout)):
        return getattr(rl, str(x).removeprefix("torch."))
    if isinstance(x, (torch.device, torch.Size)):
        return rl.device(str(x)) if isinstance(x, torch.device) else rl.Size(x)
    if isinstance(x, (tuple, list)):
        return type(x)(map(ours, x))
    if isinstance(x, dict):
        return {key: ours(value) for key, value in x.items()}
    if isinstance(x, torch.nn.Module):
        return our_function(type(x))()
    return our_function(x) if isinstance(x, types.FunctionType) else x


#: while the arguments of one call are made: what has become of memory that several see
_memories: dict | None = None


@contextlib.contextmanager
def on_one_memory():
    """Tensors of PyTorch's that share memory have twins that do, within the block."""
    global _memories
    _memories = {}
    try:
        yield
    finally:
        _memories = None


def our_tensor(x):
    """A tensor with the same numbers, where it sees a part of its memory with all of that."""
    if x.is_meta:
        return rl.empty_strided(x.shape, x.stride(), dtype=ours(x.dtype), device="meta")
    if x.numel() == 0 or x.dtype is torch.bfloat16:
        return (
            rl.zeros(x.shape, dtype=ours(x.dtype)) if x.numel() == 0 else ours(x.float()).bfloat16()
        )
    whole = x.as_strided((x.untyped_storage().nbytes() // x.itemsize,), (1,), 0)
    if _memories is not None:
        key = x.untyped_storage().data_ptr(), x.dtype
        if key not in _memories:
            _memories[key] = rl.from_numpy(whole.numpy().copy())
        return _memories[key].as_strided(x.size(), x.stride(), x.storage_offset()).detach()
    if len(whole) == x.numel() and x.is_contiguous():
        return rl.from_numpy(x.numpy().copy())
    place = x.size(), x.stride(), x.storage_offset()
    return rl.from_numpy(whole.numpy().copy()).as_strided(*place).detach()


def our_function(function, name=""):
    """What does the same here: a test's own function with this library as `torch`, or by name."""
    if getattr(function, "__name__", "") == "wrapper_set_seed":
        return seeded
    if is_helper(function):
        names = {
            key: our_function(value) if is_helper(value) else value
            for key, value in function.__globals__.items()
            if key in names_in(function.__code__)
        }
        cells = tuple(
            types.CellType(ours(cell.cell_contents)) for cell in function.__closure__ or ()
        )
        names.update(torch=rl, __name__=__name__)
        made = types.FunctionType(
            function.__code__, names, function.__name__, function.__defaults__, cells
        )
        made.__kwdefaults__ = function.__kwdefaults__
        return made
    name = name or f"{function.__module__}.{function.__name__}".removeprefix("torch.")
    for start in (rl, rl.Tensor):
        found = start
        for part in name.split("."):
            found = getattr(found, part, None)
        if callable(found):
            return found
    raise AttributeError(f"module 'torch' has no attribute '{name}'")


def seeded(function, *args, **options):
    """What PyTorch's tests call functions of chance with."""
    rl.manual_seed(42)
    return function(*args, **options)


def is_helper(value):
    return isinstance(value, types.FunctionType) and value.__module__.startswith("torch.testing")


def names_in(code):
    inner = [names_in(const) for const in code.co_consts if isinstance(const, types.CodeType)]
    return {*code.co_names, *itertools.chain(*inner)}


def clone(x):
    """The arguments with tensors of their own, for what changes them."""
    if isinstance(x, torch.Tensor):
        return x.detach().clone().requires_grad_(x.requires_grad)
    if isinstance(x, (tuple, list)) and not isinstance(x, torch.Size):
        return type(x)(map(clone, x))
    return {key: clone(value) for key, value in x.items()} if isinstance(x, dict) else x


def flat(x):
    """All tensors in a result, and what else is in it."""
    if isinstance(x, dict):
        return flat(list(x.values()))
    if isinstance(x, (tuple, list)) and not isinstance(x, (torch.Size, rl.Size)):
        return [each for part in x for each in flat(part)]
    return [x]


def tensors(x):
    return [each for each in flat(x) if isinstance(each, (torch.Tensor, rl.Tensor))]


def seed(number):
    """Start all random numbers anew."""
    torch.default_generator.manual_seed(number)
    rl.manual_seed(number)
    random.seed(number)
    np.random.seed(number)


def called(function, args, options):
    """The value of a call, from a fixed seed and without warnings."""
    seed(42)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*args, **options)


def both(theirs, mine, args, options, clones=False):
    """What a call gives in both libraries, and their arguments; PyTorch's refusal is ours, too."""
    with on_one_memory():
        my_args, my_options = ours(args), ours(options)
    if clones:
        args, options = clone(args), clone(options)
    try:
        expected = called(theirs, args, options)
    except Exception as error:
        return refusal(error, mine, my_args, my_options)
    return expected, called(mine, my_args, my_options), (args, options), (my_args, my_options)


class Refused(Exception):
    """Both libraries refuse a call, in the same words."""


def refusal(error, function, args, options):
    """Assert that a call is refused as PyTorch refuses it."""
    expected = f"{type(error).__name__}: {first_line(error)}"
    if "descriptor '__" in expected:
        raise Refused  # what no program does: a method called as a function, without a tensor
    try:
        called(function, args, options)
    except Exception as mine:
        found = f"{type(mine).__name__}: {first_line(mine)}"
        assert found == expected, f"{found!r} instead of {expected!r}"
        raise Refused from None
    raise AssertionError(f"no {expected!r}")


def first_line(error):
    return (str(error).splitlines() or [""])[0]


# Comparisons --------------------------------------------------------------------------------------


def same(theirs, mine, loosely=1, values=True):
    """Assert that two results agree in everything that can be seen of them."""
    theirs, mine = flat(theirs), flat(mine)
    assert len(theirs) == len(mine), f"{len(mine)} results instead of {len(theirs)}"
    for expected, found in zip(theirs, mine):
        if not isinstance(expected, torch.Tensor):
            assert repr(expected).replace("torch.", "") == repr(found).replace("torch.", ""), found
            continue
        assert isinstance(found, rl.Tensor), f"{found!r} instead of a tensor"
        kinds = str(expected.dtype), str(found.dtype)
        assert kinds[0] == kinds[1], f"{kinds[1]} instead of {kinds[0]}"
        shapes = tuple(expected.shape), tuple(found.shape)
        assert shapes[0] == shapes[1], f"{shapes[1]} instead of {shapes[0]}"
        if values:
            close(expected, found, loosely * TOLERANCE.get(expected.dtype, 1e-7))


def close(expected, found, tolerance):
    """Assert that numbers agree, as far as numbers of their size can."""
    if expected.dtype is torch.bfloat16:
        expected, found = expected.float(), found.float()
    expected = expected.detach().resolve_conj().resolve_neg().numpy(force=True)
    found = found.detach().resolve_conj().numpy()
    finite = np.abs(expected[np.isfinite(expected)]).astype(float)
    scale = max(1.0, float(finite.mean())) if finite.size else 1.0
    if not np.allclose(found, expected, tolerance, tolerance * scale, equal_nan=True):
        wrong = ~np.isclose(found, expected, tolerance, tolerance * scale, equal_nan=True)
        raise AssertionError(
            f"{wrong.sum()} of {wrong.size} values differ: "
            f"{found[wrong][0]} instead of {expected[wrong][0]}"
        )


def weighted_gradients(library, outputs, inputs, weights, create_graph):
    weights = [library.tensor(w, dtype=x.dtype) for w, x in zip(weights, outputs)]
    return library.autograd.grad(
        outputs, inputs, weights, create_graph=create_graph, retain_graph=True, allow_unused=True
    )


def same_gradients(theirs, mine, inputs, my_inputs, order=1, upto=1):
    """Assert that derivatives agree, from order `order` to `upto`."""
    kept = [
        (a, b)
        for a, b in zip(theirs, mine)
        if a is not None and a.requires_grad and (a.is_floating_point() or a.is_complex())
    ]
    if not kept or not inputs:
        return
    generator = np.random.default_rng(order)
    weights = [generator.uniform(0.5, 1.5, tuple(a.shape)) for a, _ in kept]
    weights = [w * (1 + 0.5j) if a.is_complex() else w for w, (a, _) in zip(weights, kept)]
    outputs, my_outputs = zip(*kept)
    again = order < upto
    try:
        expected = weighted_gradients(torch, outputs, inputs, weights, again)
    except RuntimeError:
        return  # PyTorch has no such derivative
    derived = [(b, w) for b, w in zip(my_outputs, weights) if b is not None and b.requires_grad]
    if not derived:
        assert not any(a is not None and a.any() for a in expected), f"no derivative {order}"
        return
    my_outputs, weights = zip(*derived)
    found = weighted_gradients(rl, my_outputs, my_inputs, weights, again)
    for a, b in zip(expected, found):
        if b is None:
            assert a is None or not a.any(), f"no derivative {order}"
        elif a is not None:
            same(a, b, loosely=10**order)
    if again:
        same_gradients(expected, found, inputs, my_inputs, order + 1, upto)
