"""A stream of random words, and the arrays that are drawn from it.

A `Stream` is the 32-bit Mersenne Twister, read as PyTorch's CPU generator reads it: which words go
into a number, and how, is decided here (`random.Generator` adds seeds and states, `sampling` holds
the methods). `rushlight.random` says which numbers are equal to PyTorch's.
"""

from __future__ import annotations

import math

import numpy as np

from rushlight import dtypes
from rushlight.kernels import shared
from rushlight.kernels import twister as loops
from rushlight.random import limits, sampling

_MASK24, _MASK32, _MASK53, _MASK63 = 2**24 - 1, 2**32 - 1, 2**53 - 1, 2**63 - 1
_PIECE = 2**15  # numbers worked on at a time: a multiple of 16
_DRAWN = 2**18  # numbers whose words are drawn at a time
_WIDE_SPAN = 2**28  # from here on PyTorch draws an integer from 64 bits instead of 32


class Stream:
    """Random words and arrays: each method returns new arrays and moves the stream on."""

    __slots__ = ("__weakref__", "_held_normal", "_memory", "_seed", "_twister")

    def __init__(self, seed):
        self._seed = seed
        self._twister = None  # made on first use: importing numpy.random takes 10 ms
        self._memory = None
        self._held_normal = None

    @property
    def _engine(self):
        if self._twister is None:
            self._twister = twister_of(self._seed)
        return self._twister

    def _words(self, count, dtype=np.uint64, mask=_MASK32):
        if loops.words.earned(count):
            if self._memory is None:
                self._memory = memory_of(self._engine)
            if self._memory:
                words = np.empty(count, dtype)
                with self._engine.lock:
                    loops.words.run(count, *self._memory, np.uint32(mask), words, elements=1)
                return words
        words = self._engine.random_raw(count)
        if mask != _MASK32:
            words &= mask
        return words

    def _wide_words(self, count):
        if count <= _PIECE:
            return _joined(self._words(2 * count))
        wide = np.empty(count, np.uint64)
        for piece, words in self._wide_pieces(count):
            wide[piece] = words
        return wide

    def _wide_pieces(self, count):
        """Slices and the words of 64 bits for them, in pieces that stay in the cache."""
        for piece in _pieces(count):
            yield piece, _joined(self._words(2 * (piece.stop - piece.start)))

    def _unit(self, count, dtype):
        """`count` numbers of [0, 1): 24 random bits each in float32, 53 in float64."""
        return _unit_of(self._unit_bits(count, dtype), dtype)

    def _unit_bits(self, count, dtype):
        if dtype == np.float64:
            return self._wide_words(count)
        return self._words(count, np.uint32, _MASK24)

    def _each_unit(self, count, dtype, put):
        """Call `put(piece, unit)` for slices of the `count` numbers, and the numbers for them.

        The words are drawn in order. Once many have been, more are drawn at a time, and threads
        share the pieces: larger ones, as they wait for Python's lock between NumPy's calls.
        """
        for drawn in _pieces(count, _DRAWN if loops.words.compiled else _PIECE):
            bits = self._unit_bits(drawn.stop - drawn.start, dtype)
            pieces = list(_pieces(len(bits), 2 * _PIECE))

            def part(first, last, start=drawn.start, bits=bits, pieces=pieces):
                for piece in pieces[first:last]:
                    where = slice(start + piece.start, start + piece.stop)
                    put(where, _unit_of(bits[piece], dtype))

            shared(part, len(pieces), 4 * len(bits))  # it is more than one pass

    def _unit_all(self, count, dtype):
        if count <= _PIECE:
            return self._unit(count, dtype)
        values = np.empty(count, dtype)
        self._each_unit(count, dtype, values.__setitem__)
        return values

    def next_uniform(self):
        """One float of [0, 1) with 53 random bits."""
        word = self._engine.random_raw
        return ((word() << 32 | word()) & _MASK53) * 2.0**-53

    def next_seed(self):
        """One integer of [0, 2**63), the same that `integers` draws over the whole of int64."""
        word = self._engine.random_raw
        return (word() << 32 | word()) & _MASK63

    def next_normal(self):
        """One standard normal float. They come in pairs: every second call takes the spare one."""
        if self._held_normal is not None:
            value, self._held_normal = self._held_normal, None
            return value
        angle = 2 * math.pi * self.next_uniform()
        radius = math.sqrt(-2 * math.log1p(-self.next_uniform()))
        self._held_normal = radius * math.sin(angle)
        return radius * math.cos(angle)

    def fill(self, target, draw, *parameters):
        """Writes `draw(shape, *parameters)` into the array `target` in PyTorch's order.

        PyTorch fills along memory: a transposed matrix is filled column by column. `draw` gets the
        shape, and every array among `parameters`, with the axes in that order.
        """
        axes = sorted(range(target.ndim), key=lambda axis: -target.strides[axis])
        parameters = [
            np.broadcast_to(each, target.shape).transpose(axes)
            if isinstance(each, np.ndarray)
            else each
            for each in parameters
        ]
        ordered = target.transpose(axes)
        ordered[...] = draw(ordered.shape, *parameters)
        return target

    def uniform(self, shape, dtype, low=0.0, high=1.0):
        """Uniform numbers of [low, high) in a floating-point or complex dtype."""
        dtype = np.dtype(dtype)
        count = math.prod(shape)
        if low == 0 and high == 1 and dtype.char in "fd":
            return self._unit_all(count, dtype).reshape(shape)
        if dtype.kind == "c":
            return self._complex(self.uniform, shape, dtype, low, high)
        limits.check_uniform(low, high, dtype)
        real = sampling.computed_in(dtype)
        low, high = real.type(low), real.type(high)
        values = np.empty(count, dtype)

        def put(piece, unit):
            drawn = sampling.fused(unit, high - low, low).astype(dtype, copy=False)
            drawn[drawn == high.astype(dtype)] = low.astype(dtype)  # rounding reached the open end
            values[piece] = drawn

        self._each_unit(count, real, put)
        return values.reshape(shape)

    def normal(self, shape, dtype, mean=0.0, std=1.0, contiguous=True):
        """Normal numbers in a floating-point or complex dtype.

        16 or more come in blocks (`_normal_blocks`). Fewer, or those for an array that is not
        `contiguous`, come one by one (`next_normal`), computed in float64.
        """
        limits.check(std >= 0, "normal expects std >= 0.0, but found std {:g}", std)
        dtype = np.dtype(dtype)
        if dtype.kind == "c":
            part = std / math.sqrt(2)
            return self._complex(self.normal, shape, dtype, mean, part, contiguous)
        limits.check_floating(dtype, "normal_kernel_cpu")
        count = math.prod(shape)
        if count >= 16 and contiguous:
            return self._normal_blocks(count, dtype, mean, std).reshape(shape)
        values = sampling.fused(self._normals(count), std, mean)
        return sampling.rounded(values, dtype).reshape(shape)

    def _complex(self, draw, shape, dtype, *parameters):
        parts = draw((*shape, 2), _parts(dtype), *parameters)
        return parts.view(dtype).reshape(shape)

    def _normal_blocks(self, count, dtype, mean, std):
        """Box and Muller's method on blocks of 16 uniform numbers; the last block may overlap.

        When 16 does not divide `count`, the last 16 values are drawn anew.
        """
        real = sampling.computed_in(dtype)
        rest = count % 16
        values = np.empty(count, dtype)

        def put(where, unit):
            drawn = sampling.fused(sampling.box_muller(unit), std, mean)
            values[where] = sampling.rounded(drawn, dtype)

        self._each_unit(count - rest, real, put)
        if rest:
            skipped = 0 if dtype.itemsize == 2 else rest  # drawn, but overwritten
            put(slice(-16, None), self._unit(skipped + 16, real)[skipped:])
        return values

    def _normals(self, count):
        if count < 16:
            return np.array([self.next_normal() for _ in range(count)], np.float64)
        held = [self.next_normal()] if self._held_normal is not None else []
        unit = self._unit((count - len(held)) // 2 * 2, np.float64)
        angle, radius = 2 * np.pi * unit[::2], np.sqrt(-2 * np.log1p(-unit[1::2]))
        pairs = np.stack((radius * np.cos(angle), radius * np.sin(angle)), axis=1).ravel()
        last = [self.next_normal() for _ in range((count - len(held)) % 2)]
        return np.concatenate((held, pairs, last))

    def integers(self, low, high, shape, dtype):
        """Integers from `low` to `high - 1`, in any dtype but the complex ones.

        With `high=None` up to the greatest one of the dtype, or the greatest one below which a
        floating-point dtype represents all integers; with `low=None` also from 0 on.
        """
        dtype = np.dtype(dtype)
        greatest = limits.greatest_integer(dtype)
        start = 0 if low is None else limits.first_drawn(dtype, low)
        stop = greatest + 1 if high is None else limits.end_of_drawn(dtype, high)
        if start >= stop:
            raise RuntimeError(
                f"random_ expects 'from' to be less than 'to', but got from={start} >= to={stop}"
            )
        limits.check_bounds(dtype, (("from", start), ("to - 1", stop - 1)))
        span, count = stop - start, math.prod(shape)
        if span < _WIDE_SPAN or (low is None and dtype.itemsize <= 4):
            words = self._words(count)
        else:
            words = self._wide_words(count)
        values = words.view(np.int64)
        if span < 2**64:
            words %= span
            values += start  # wraps round, as it must for spans beyond 2**63
        return values.astype(dtype, copy=False).reshape(shape)

    def permutation(self, n, dtype=np.int64):
        """The numbers 0 ... n-1 in random order, by Fisher and Yates' method."""
        if n < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {n}: [{n}]")
        dtype = np.dtype(dtype)
        if dtype != np.int64:  # that one counts further than any memory reaches
            limits.check_permutation(n, dtype)
        if n < 2:
            return np.arange(n, dtype=dtype)
        return sampling.permuted(n, self._words).astype(dtype, copy=False)

    def bernoulli(self, p, shape, dtype):
        """Ones with probability `p`, else zeros.

        A number `p` is compared with 53 random bits, an array `p` (of the shape of the result) with
        24 bits, or 53 where it is a float64 array: so the two consume different amounts.
        """
        if isinstance(p, np.ndarray):
            if p.dtype.kind in "biu":
                raise NotImplementedError(
                    f"\"bernoulli_tensor_cpu_p_\" not implemented for '{limits.title(p.dtype)}'"
                )
            if not np.all((p >= 0) & (p <= 1)):
                raise RuntimeError(
                    "Expected p_in >= 0 && p_in <= 1 to be true, but got false.  (Could this error "
                    "message be improved?  If so, please report an enhancement request to "
                    "PyTorch.)"
                )
            p = p.astype(sampling.computed_in(p.dtype), copy=False)
            drawn = self._unit(math.prod(shape), p.dtype).reshape(shape) < p
        else:
            limits.check(0 <= p <= 1, "bernoulli_ expects p to be in [0, 1], but got p={:g}", p)
            drawn = np.empty(math.prod(shape), bool)
            bound = math.ceil(math.ldexp(p, 53))  # unit < p, without the floats
            for piece, bits in self._wide_pieces(drawn.size):
                bits &= _MASK53
                np.less(bits, bound, out=drawn[piece])
            drawn = drawn.reshape(shape)
        return np.asarray(drawn).astype(dtype, copy=False)

    def exponential(self, shape, dtype, lambd=1.0):
        """Exponential numbers of rate `lambd`: -log(1 - u) / lambd."""
        dtype = np.dtype(dtype)
        limits.check(lambd > 0, "exponential_ expects lambda > 0.0, but found lambda={:g}", lambd)
        limits.check_continuous(dtype, "Exponential", limits.title)
        values = np.log1p(-self._unit(math.prod(shape), np.float64))
        values *= -1 / lambd
        return sampling.rounded(values, dtype).reshape(shape)

    def geometric(self, shape, dtype, p):
        """The number of trials up to the first success: ceil(log(u) / log(1 - p))."""
        limits.check(0 < p < 1, "geometric_ expects p to be in (0, 1), but got p={:g}", p)
        with np.errstate(divide="ignore", invalid="ignore"):
            trials = np.log(self._unit(math.prod(shape), np.float64)) / math.log1p(-p)
            return sampling.rounded(np.ceil(trials), np.dtype(dtype)).reshape(shape)

    def cauchy(self, shape, dtype, median=0.0, sigma=1.0):
        """Cauchy numbers: median + sigma * tan(pi * (u - 1/2))."""
        dtype = np.dtype(dtype)
        limits.check(sigma > 0, "cauchy_ expects sigma > 0.0, but found sigma={:g}", sigma)
        limits.check_continuous(dtype, "Cauchy", dtypes.c_name)
        values = np.tan(np.pi * (self._unit(math.prod(shape), np.float64) - 0.5))
        return sampling.rounded(sampling.fused(values, sigma, median), dtype).reshape(shape)

    def log_normal(self, shape, dtype, mean=1.0, std=2.0):
        """Numbers whose logarithm is normal: exp(mean + std * z)."""
        dtype = np.dtype(dtype)
        limits.check(std > 0, "log_normal_ expects std > 0.0, but found std={:g}", std)
        limits.check_floating(dtype, "log_normal_cpu")
        with np.errstate(over="ignore"):
            values = np.exp(sampling.fused(self._normals(math.prod(shape)), std, mean))
            return sampling.rounded(values, dtype).reshape(shape)

    def multinomial(self, weights, num_samples, replacement=False):
        """Indices drawn with probabilities proportional to `weights`, a vector or rows of a matrix.

        One sample, or several without replacement: the places of the greatest `weights / q`, where
        `q` is exponential. Several with replacement: places of uniform numbers in the cumulative
        sums.
        """
        limits.check_multinomial(weights, num_samples, replacement)
        if replacement and num_samples > 1:
            rows = np.atleast_2d(weights)
            drawn = [sampling.searched(row, self._unit(num_samples, np.float64)) for row in rows]
            drawn = np.array(drawn, np.int64).reshape(len(rows), num_samples)
            return drawn if weights.ndim == 2 else drawn[0]
        q = np.empty_like(weights)
        self.fill(q, lambda shape: self.exponential(shape, q.dtype))
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            race = weights / q
        if num_samples == 1:
            return race.argmax(axis=-1)[..., None]
        return np.argsort(-race, axis=-1, kind="stable")[..., :num_samples]

    def poisson(self, rate):
        """Poisson numbers of the given rates, in the shape and dtype of the array `rate`."""
        limits.check_floating(rate.dtype, "poisson_cpu")
        if not np.all(rate >= 0):
            raise RuntimeError("invalid Poisson rate, expected rate to be non-negative")
        return self._one_by_one(sampling.poisson, rate)

    def standard_gamma(self, concentration):
        """Gamma numbers of rate 1, in the shape and dtype of the array `concentration`."""
        limits.check_floating(concentration.dtype, "gamma_cpu")
        with np.errstate(divide="ignore"):
            drawn = self._one_by_one(
                sampling.gamma,
                concentration,
                concentration + (concentration < 1) - np.float32(1 / 3),  # rounded as PyTorch's
                1 / concentration,
            )
        return np.maximum(drawn, np.finfo(drawn.dtype).tiny)  # a sample is never zero

    def binomial(self, count, prob):
        """Successes among `count` trials of probability `prob`: two arrays of one dtype."""
        limits.check_floating(count.dtype, "binomial_cpu")
        count, prob = np.broadcast_arrays(count, prob)
        rare = np.minimum(prob, 1 - prob)
        drawn = self._one_by_one(sampling.binomial, count, rare, count * rare)
        return np.where(prob > 0.5, count - drawn, drawn)

    def _one_by_one(self, sample, *parameters):
        rows = zip(*(each.ravel().tolist() for each in parameters))
        drawn = np.array([sample(self, *row) for row in rows], np.float64)
        return sampling.rounded(drawn, parameters[0].dtype).reshape(parameters[0].shape)


def twister_of(seed):
    """The Mersenne Twister in the state that belongs to a seed."""
    from numpy.random import MT19937

    twister = MT19937(0)
    twister._legacy_seeding(seed % 2**32)
    return twister


def _pieces(count, size=_PIECE):
    """Slices that cut `count` numbers into pieces."""
    return (slice(start, min(start + size, count)) for start in range(0, count, size))


def _unit_of(bits, dtype):
    """Numbers of [0, 1) from 24 random bits each in float32, from the low 53 bits in float64."""
    step = 2.0**-24
    if dtype == np.float64:
        bits &= _MASK53
        step = 2.0**-53
    unit = bits.view(f"i{bits.itemsize}").astype(dtype)  # faster than from unsigned integers
    unit *= step
    return unit


def _joined(pairs):
    """Two words each as one of 64 bits; the first is the high one."""
    wide = pairs[::2] << 32
    wide |= pairs[1::2]
    return wide


def memory_of(twister):
    """The words of a twister and the number of those used up, where they are; () if unknown.

    They are at its `state_address`: 624 words and an int of 32 bits, as in all versions of NumPy so
    far. That is compared with the state that the twister tells.
    """
    import ctypes

    memory = (ctypes.c_uint32 * 625).from_address(twister.ctypes.state_address)
    words, told = np.frombuffer(memory, np.uint32), twister.state["state"]
    known = np.array_equal(words[:624], told["key"]) and words[624] == told["pos"]
    return (words[:624], words[624:]) if known else ()


def _parts(dtype):
    return np.dtype(np.float32 if dtype == np.complex64 else np.float64)
