"""Random tensors: thin wrappers over `rushlight.random`, which draws the numbers."""

from __future__ import annotations

import numpy as np

from rushlight import dtypes
from rushlight.autograd.tape import modes
from rushlight.autograd.views import check_in_place, rebase
from rushlight.ops.creation.constants import (
    _only_size,
    array_dtype_of,
    checked_shape,
    like,
    made,
)
from rushlight.ops.creation.copies import _zeroed
from rushlight.ops.creation.devices import allocated, is_on_meta
from rushlight.ops.inplace import check_writable
from rushlight.ops.op import opaque, recorded_as
from rushlight.ops.output import write_out
from rushlight.ops.refused import no_such_form, refuse
from rushlight.random import limits
from rushlight.tensor import Tensor, as_array, type_name, wrap

__all__ = [
    "bernoulli",
    "binomial",
    "multinomial",
    "normal",
    "poisson",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
]


def stream(generator):
    """The generator to draw from: the one given, or the default one."""
    from rushlight import random

    if generator is None:
        generator = random.default_generator
    elif not isinstance(generator, random.Generator):
        raise TypeError(
            f"expected torch.Generator as argument 'generator', but got {type_name(generator)}"
        )
    if modes.layers:
        from rushlight.func.randomness import draws

        return draws(generator)
    return generator


# New tensors --------------------------------------------------------------------------------------


def rand(
    *size,
    generator=None,
    out=None,
    dtype=None,
    layout=None,
    device=None,
    pin_memory=False,
    requires_grad=False,
    **names,
):
    """Uniform numbers of [0, 1).

    >>> import rushlight as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.rand(2)
    tensor([0.4963, 0.7682])
    """
    shape = checked_shape("rand", size, _only_size("rand", names))
    kind = _kind("rand", dtype, out)
    drawn = allocated(stream(generator).uniform, shape, kind, device)
    return made("rand", drawn, out, device, requires_grad)


def randn(
    *size,
    generator=None,
    out=None,
    dtype=None,
    layout=None,
    device=None,
    pin_memory=False,
    requires_grad=False,
    **names,
):
    """Standard normal numbers.

    >>> import rushlight as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.randn(2)
    tensor([ 1.5410, -0.2934])
    """
    shape = checked_shape("randn", size, _only_size("randn", names))
    kind = _kind("randn", dtype, out)
    drawn = allocated(stream(generator).normal, shape, kind, device)
    return made("randn", drawn, out, device, requires_grad)


def _kind(name, dtype, out):
    return array_dtype_of(name, out.dtype if dtype is None and out is not None else dtype)


def randint(
    *args,
    low=None,
    high=None,
    size=None,
    generator=None,
    out=None,
    dtype=None,
    layout=None,
    device=None,
    pin_memory=False,
    requires_grad=False,
):
    """Integers from `low` (0) to `high - 1`.

    >>> import rushlight as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.randint(10, (3,))
    tensor([4, 9, 3])
    """
    low, high, size = _bounds_and_size(list(args), low, high, size)
    shape = checked_shape("randint", (size,), None)
    kind = _kind("randint", dtypes.int64 if dtype is None and out is None else dtype, out)
    draws = stream(generator)
    drawn = allocated(lambda *new: draws.integers(low, high, *new), shape, kind, device)
    return made("randint", drawn, out, device, requires_grad)


def _bounds_and_size(given, low, high, size):
    if size is None and given:
        size = given.pop()
    if not isinstance(size, (tuple, list)):
        if size is None or not given:
            raise no_such_form(
                "randint",
                (size,),
                "int high, tuple of ints size, *, torch.Generator generator, Tensor out = None, "
                "torch.dtype dtype = None, torch.layout layout = None, torch.device device = None, "
                "bool pin_memory = False, bool requires_grad = False",
            )
        raise TypeError(
            f"randint(): argument 'size' (position 2) must be tuple of ints, not {type_name(size)}"
        )
    if len(given) == 2:
        low, high = given
    elif given and high is None:
        high = given[0]
    elif given:
        low = given[0]
    return 0 if low is None else low.__index__(), high.__index__(), size


def randperm(
    n,
    *,
    generator=None,
    out=None,
    dtype=dtypes.int64,
    layout=None,
    device=None,
    pin_memory=False,
    requires_grad=False,
):
    """The numbers 0 ... n-1 in random order.

    >>> import rushlight as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.randperm(4)
    tensor([0, 1, 3, 2])
    """
    if not hasattr(n, "__index__"):
        raise TypeError(f"randperm(): argument 'n' (position 1) must be int, not {type_name(n)}")
    draw = stream(generator).permutation
    drawn = allocated(draw, n.__index__(), dtype.array_dtype, device)
    return made("randperm", drawn, out, device, requires_grad)


def _drawn_like(name, input, draw, dtype, device, requires_grad):
    array = like(name, input)
    kind = array.dtype if dtype is None else array_dtype_of(name, dtype)
    target = np.empty_like(array, kind)
    drawn = target if is_on_meta(device or input.device) else _fill(target, draw)
    return made(name, drawn, None, device or input.device, requires_grad)


def _fill(target, draw, *parameters):
    """Random numbers written into an array along its memory."""
    if modes.layers:
        from rushlight.func.randomness import fill

        return fill(target, draw, *parameters)
    if target.flags.c_contiguous:
        target[...] = draw(target.shape, *parameters)
        return target
    return stream(None).fill(target, draw, *parameters)


def rand_like(
    input,
    *,
    generator=None,
    dtype=None,
    layout=None,
    device=None,
    requires_grad=False,
    memory_format=None,
):
    """Uniform numbers of [0, 1) in the shape and dtype of `input`."""
    kind = _like_kind(input, dtype)
    return _drawn_like(
        "rand_like",
        input,
        lambda shape: stream(generator).uniform(shape, kind),
        dtype,
        device,
        requires_grad,
    )


def randn_like(
    input,
    *,
    generator=None,
    dtype=None,
    layout=None,
    device=None,
    requires_grad=False,
    memory_format=None,
):
    """Standard normal numbers in the shape and dtype of `input`."""
    kind = _like_kind(input, dtype)
    return _drawn_like(
        "randn_like",
        input,
        lambda shape: stream(generator).normal(shape, kind),
        dtype,
        device,
        requires_grad,
    )


def randint_like(
    input,
    low=None,
    high=None,
    *,
    generator=None,
    dtype=None,
    layout=None,
    device=None,
    requires_grad=False,
    memory_format=None,
):
    """Integers from `low` (0) to `high - 1` in the shape and dtype of `input`."""
    low, high = (0, low) if high is None else (low or 0, high)
    kind = _like_kind(input, dtype)
    return _drawn_like(
        "randint_like",
        input,
        lambda shape: stream(generator).integers(low, high, shape, kind),
        dtype,
        device,
        requires_grad,
    )


def _like_kind(input, dtype):
    return dtype.array_dtype if dtype is not None else getattr(input, "_array", np.empty(0)).dtype


# Drawn from parameters ----------------------------------------------------------------------------


def normal(
    mean=0.0,
    std=1.0,
    size=None,
    *,
    generator=None,
    out=None,
    dtype=None,
    layout=None,
    device=None,
    pin_memory=False,
    requires_grad=False,
):
    """Normal numbers: `mean + std * z`, where both may be tensors.

    >>> import rushlight as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.normal(0.0, 1.0, (2,))
    tensor([ 1.5410, -0.2934])
    """
    draws = stream(generator)
    if size is not None:
        shape = checked_shape("normal", (size,), None)
        kind = _kind("normal", dtype, out)
        drawn = allocated(
            lambda *new: draws.normal(*new, float(mean), float(std)), shape, kind, device
        )
        return made("normal", drawn, out, device, requires_grad)
    if not isinstance(mean, Tensor) and not isinstance(std, Tensor):
        form = "Tensor mean, Tensor std, *, torch.Generator generator = None, Tensor out = None"
        raise no_such_form("normal", (mean, std), form)
    result = _normal_around(mean, std, draws)
    return result if out is None else write_out("normal", result, (), out)


def _normal_around(mean, std, draws):
    from rushlight.ops.shapes import broadcast_shapes

    tensors = [x for x in (mean, std) if isinstance(x, Tensor)]
    shape = broadcast_shapes(*(x._array.shape for x in tensors))
    kind = tensors[0]._array.dtype
    if isinstance(std, Tensor) and std.is_complex():
        raise RuntimeError("normal expects standard deviation to be non-complex")
    lowest = std._array.min() if isinstance(std, Tensor) and std._array.size else std
    if not isinstance(lowest, Tensor) and lowest < 0:
        if isinstance(std, Tensor):
            raise RuntimeError("normal expects all elements of std >= 0.0")
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
    drawn = draws.normal(shape, kind)
    if modes.layers:
        from rushlight.func.randomness import scaled

        return scaled(draws, drawn, std, mean)
    scale = std._array if isinstance(std, Tensor) else std
    shift = mean._array if isinstance(mean, Tensor) else mean
    return wrap(as_array(drawn * scale + shift).astype(kind, copy=False))


@opaque(node="BernoulliBackward0", takes_out=False, d_input=lambda g: _zeroed(g))
def _bernoulli(input, *, generator):
    """Ones with the probabilities `input`, else zeros."""
    target = np.empty(input.shape, input.dtype)
    return generator.fill(
        target, lambda shape, p: generator.bernoulli(p, shape, target.dtype), input
    )


def bernoulli(input, p=None, *, generator=None, out=None):
    """Ones with the probabilities `input` (or `p`), else zeros.

    >>> import rushlight as torch
    >>> torch.bernoulli(torch.tensor([0.0, 1.0]))
    tensor([0., 1.])
    """
    if p is not None:
        return bernoulli_(input.clone(), p, generator=generator)
    refuse("c", "bernoulli_tensor_cpu_self_", input)
    result = _bernoulli(input, generator=stream(generator))
    if isinstance(out, Tensor):
        result = result.detach().to(out.dtype)
    return result if out is None else write_out("bernoulli", result, (), out)


@opaque(node="PoissonBackward0", takes_out=False, d_input=lambda g: _zeroed(g))
def _poisson(input, *, generator):
    """Poisson numbers of the rates `input`."""
    return generator.poisson(input)


def poisson(input, generator=None):
    """Poisson numbers of the rates `input`.

    >>> import rushlight as torch
    >>> torch.poisson(torch.zeros(2))
    tensor([0., 0.])
    """
    return _poisson(input, generator=stream(generator))


def binomial(count, prob, generator=None):
    """How many of `count` trials of probability `prob` succeed.

    >>> import rushlight as torch
    >>> torch.binomial(torch.tensor([10.0]), torch.tensor([1.0]))
    tensor([10.])
    """
    return wrap(stream(generator).binomial(count._array, prob._array))


def multinomial(input, num_samples, replacement=False, *, generator=None, out=None):
    """Positions drawn with probabilities proportional to `input`, for each row of it.

    >>> import rushlight as torch
    >>> torch.multinomial(torch.tensor([0.0, 1.0]), 1)
    tensor([1])
    """
    if isinstance(out, Tensor) and out.dtype is not dtypes.int64:
        from rushlight.ops.out_dtypes import refuse_dtype

        limits.check_distributions(input._array)
        refuse_dtype("multinomial", dtypes.int64, out.dtype)
    drawn = stream(generator).multinomial(input._array, num_samples, replacement)
    result = wrap(as_array(drawn))
    return result if out is None else write_out("multinomial", result, (), out)


# In place -----------------------------------------------------------------------------------------


def _refill(tensor, name, draw, *parameters):
    """Random numbers in place of what a tensor holds; its gradient ends here."""
    check_in_place(tensor)
    check_writable(tensor)
    if not tensor.is_meta and _fill(tensor._array, draw, *parameters) is not tensor._array:
        from rushlight.func.randomness import refuse_unbatched

        refuse_unbatched()
    tensor._counter[0] += 1
    if tensor._requires_grad and modes.grad_enabled:
        rebase(tensor, recorded_as(_zeroed(tensor), name)._node)
    return tensor


def uniform_(input, from_=0.0, to=1.0, *, generator=None):
    """Uniform numbers of [from, to), in place."""
    draws, kind = stream(generator), input._array.dtype
    return _refill(input, "UniformBackward0", lambda shape: draws.uniform(shape, kind, from_, to))


def normal_(input, mean=0.0, std=1.0, *, generator=None):
    """Normal numbers, in place."""
    draws, kind = stream(generator), input._array.dtype
    contiguous = input._array.flags.c_contiguous
    return _refill(
        input, "NormalBackward0", lambda shape: draws.normal(shape, kind, mean, std, contiguous)
    )


def bernoulli_(input, p=0.5, *, generator=None):
    """Ones with probability `p` (a number or a tensor), else zeros; in place."""
    draws, kind = stream(generator), input._array.dtype
    if isinstance(p, Tensor):
        p = p.expand(input._array.shape)._array
        return _refill(
            input, "BernoulliBackward1", lambda shape, p=p: draws.bernoulli(p, shape, kind)
        )
    return _refill(input, "BernoulliBackward2", lambda shape: draws.bernoulli(p, shape, kind))


def exponential_(input, lambd=1.0, *, generator=None):
    """Exponential numbers of rate `lambd`, in place."""
    draws, kind = stream(generator), input._array.dtype
    return _refill(
        input, "ExponentialBackward0", lambda shape: draws.exponential(shape, kind, lambd)
    )


def geometric_(input, p, *, generator=None):
    """Trials up to the first success, in place."""
    refuse("bc", "geometric_cpu", input)
    draws, kind = stream(generator), input._array.dtype
    return _refill(input, "GeometricBackward0", lambda shape: draws.geometric(shape, kind, p))


def cauchy_(input, median=0.0, sigma=1.0, *, generator=None):
    """Cauchy numbers, in place."""
    draws, kind = stream(generator), input._array.dtype
    return _refill(input, "CauchyBackward0", lambda shape: draws.cauchy(shape, kind, median, sigma))


def log_normal_(input, mean=1.0, std=2.0, *, generator=None):
    """Numbers whose logarithm is normal, in place."""
    draws, kind = stream(generator), input._array.dtype
    return _refill(
        input, "LogNormalBackward0", lambda shape: draws.log_normal(shape, kind, mean, std)
    )


def random_(input, from_=None, to=None, *, generator=None):
    """Integers from `from` (0) to `to - 1`, in place; without bounds, all that the dtype has."""
    draws, kind = stream(generator), input._array.dtype
    name = f"RandomBackward{(from_ is None) + (to is None)}"
    if from_ is not None and to is None:
        from_, to = 0, from_
    return _refill(input, name, lambda shape: draws.integers(from_, to, shape, kind))
