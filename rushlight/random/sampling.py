"""How random numbers are made from uniform ones: the methods behind `random.Generator`.

The functions on arrays take the words or uniform numbers that were drawn for them. The last ones
draw by rejection: they take the generator, since how much they consume depends on what they see.

Sources: G. Box and M. Muller, 1958 (normal); G. Marsaglia and W. W. Tsang, "A simple method for
generating gamma variables", 2000; W. Hörmann, "The transformed rejection method for generating
Poisson random variables" (PTRS) and "The generation of binomial random variates" (BTRS), 1993;
D. Knuth, "The Art of Computer Programming", volume 2 (small Poisson rates); L. Devroye,
"Non-Uniform Random Variate Generation", 1986 (binomial with a small mean).
"""

from __future__ import annotations

import math

import numpy as np

from rushlight.kernels import places as loops
from rushlight.kernels.shuffle import permuted_natively

_FLOAT32, _FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)
_SWAPS = 2**15  # swaps that are worked on at a time; at most 2**20
_SQUEEZE = float(np.float32(0.0331))  # a constant that PyTorch rounds to float32


def computed_in(dtype):
    """The dtype in which numbers of a floating-point dtype are computed."""
    return _FLOAT64 if dtype.char == "d" else _FLOAT32


def box_muller(unit):
    """Standard normals from uniform numbers: 8 radii and 8 angles make 16 values."""
    eight = f"V{8 * unit.itemsize}"  # moving 8 numbers as one item is faster
    radius, angle = np.ascontiguousarray(unit.view(eight).reshape(-1, 2).T).view(unit.dtype)
    np.subtract(1, radius, out=radius)
    np.log(radius, out=radius)
    radius *= -2
    np.sqrt(radius, out=radius)
    angle *= unit.dtype.type(2 * np.pi)
    values = np.empty((2, len(angle)), unit.dtype)
    np.cos(angle, out=values[0])
    np.sin(angle, out=values[1])
    values *= radius
    return np.ascontiguousarray(values.view(eight).T).reshape(-1).view(unit.dtype)


def fused(x, scale, shift):
    """`x * scale + shift`, rounded once: PyTorch's kernels are compiled to fused multiply-adds."""
    if scale == 1 and shift == 0:
        return x
    scale, shift = x.dtype.type(scale), x.dtype.type(shift)
    if scale == 1 or shift == 0 or not abs(scale) + abs(shift) < 1e30:
        return x * scale + shift
    if x.dtype == np.float32:  # a product of two float32 numbers is exact in float64
        product = x.astype(np.float64)
        product *= np.float64(scale)
        product += np.float64(shift)
        return product.astype(np.float32)
    product = x * scale
    low_half = _product_error(x, scale, product)
    total = product + shift
    part = total - product
    low_half += (product - (total - part)) + (shift - part)  # Knuth's error of a sum
    total += low_half
    return total


def _product_error(x, y, product):
    """What float64 multiplication rounded away (T. J. Dekker, 1971)."""
    (x_high, x_low), (y_high, y_low) = _halves(x), _halves(y)
    return ((x_high * y_high - product) + x_high * y_low + x_low * y_high) + x_low * y_low


def _halves(x):
    spread = x * 134217729.0
    high = spread - (spread - x)
    return high, x - high


def rounded(values, dtype):
    """Casts to `dtype`; to 16 bits by way of float32, as PyTorch does."""
    if values.dtype == dtype:
        return values
    if dtype.itemsize == 2 and dtype.kind != "i":
        values = values.astype(np.float32, copy=False)
    with np.errstate(over="ignore", invalid="ignore"):
        return values.astype(dtype)


def permuted(n, draw):
    """`range(n)` after swaps of each i and `i + word % (n - i)`; `draw(count)` gives words."""
    order = permuted_natively(n, draw) if n > 500 else None
    if order is not None:
        return order
    if loops.shuffle.earned(n, weight=16):
        order = np.arange(n)
        loops.shuffle.run(n - 1, order, _targets(draw(n - 1), 0, n), elements=1)
        return order
    if n > 500:
        return _permuted_in_blocks(n, draw)
    order = list(range(n))
    for i, j in enumerate(_targets(draw(n - 1), 0, n).tolist()):
        order[i], order[j] = order[j], order[i]
    return np.array(order)


def _targets(words, start, n):
    """What the elements from `start` on are swapped with; the words are used up."""
    words %= np.arange(n - start, n - start - len(words), -1, dtype=np.uint64)
    words += np.arange(start, start + len(words), dtype=np.uint64)
    return words.view(np.int64)


def _permuted_in_blocks(n, draw):
    """The same without a loop over the swaps, and with little memory."""
    order = np.arange(n)
    for start in range(0, n - 1, _SWAPS):
        words = draw(min(_SWAPS, n - 1 - start))
        _swap_at_once(order, start, _targets(words, start, n))
    return order


def _swap_at_once(order, start, targets):
    """Swap the elements start + k and targets[k], one k after the other, without a loop over them.

    Step k puts into place start + k what its target holds at that moment: what was in place
    start + j just before step j, where j is the step before k with the same target, or what the
    target holds before all steps if there is none. What is in a place just before its own step has
    come there in the same way: so each step points back to an earlier one, and pointer doubling
    follows all these chains at the same time.
    """
    steps = np.arange(len(targets))
    visits = np.sort((targets << 20) | steps)  # by place, then by time
    place, step = visits >> 20, visits & 0xFFFFF
    before = np.full(len(steps), -1)  # the previous step with the same target
    again = np.flatnonzero(place[1:] == place[:-1])
    before[step[again + 1]] = step[again]

    held = steps.copy()  # whose step's place had at first what place start + k holds before step k
    own = np.searchsorted(place, start + len(steps))  # only these are places of steps
    held[place[:own] - start] = step[:own]  # of the steps with one target the last one stays
    itself = np.flatnonzero(targets == start + steps)  # a swap with itself moves nothing
    held[itself] = np.where(before[itself] < 0, itself, before[itself])
    moving = np.flatnonzero(held != steps)
    while moving.size:
        now = held[moving]
        held[moving] = further = held[now]
        moving = moving[further != now]

    moved = order[start + held]
    arrived = np.where(before < 0, order[targets], moved[before])
    order[place] = moved[step]  # again, the last one stays
    order[start : start + len(steps)] = arrived


def searched(weights, points):
    """The places of `points` in the cumulative distribution that `weights` give."""
    cumulative = np.cumsum(weights, dtype=computed_in(weights.dtype))
    cumulative /= cumulative[-1]
    cumulative[-1] = 1
    return np.searchsorted(cumulative.astype(np.float64), points)


# -- by rejection, one number at a time ----------------------------------------------------------


def poisson(generator, rate):
    """A Poisson number."""
    if rate >= 10:
        return _poisson_by_rejection(generator, rate)
    if rate == 0:
        return 0
    events, product, bound = 0, generator.next_uniform(), math.exp(-rate)
    while product > bound:
        events += 1
        product *= generator.next_uniform()
    return events


def _poisson_by_rejection(generator, rate):
    b = 0.931 + 2.53 * math.sqrt(rate)
    a = -0.059 + 0.02483 * b
    log_inverse_alpha = math.log(1.1239 + 1.1328 / (b - 3.4))
    surely = 0.9277 - 3.6224 / (b - 2)
    log_rate = math.log(rate)
    while True:
        u = generator.next_uniform() - 0.5
        v = generator.next_uniform()
        edge = 0.5 - abs(u)
        k = math.floor((2 * a / edge + b) * u + rate + 0.43) if edge else -1
        if edge >= 0.07 and v <= surely:
            return k
        if k < 0 or (edge < 0.013 and v > edge):
            continue
        height = _log(v) + log_inverse_alpha - math.log(a / (edge * edge) + b)
        if height <= -rate + k * log_rate - math.lgamma(k + 1):
            return k


def gamma(generator, concentration, d, power):
    """A gamma number of rate 1.

    Concentrations below 1 are raised by 1, and u**power with `power = 1 / concentration` makes up
    for it; `d` is the concentration, perhaps raised, less 1/3.
    """
    if not concentration > 0:
        return concentration * 0
    scale = math.pow(1 - generator.next_uniform(), power) if concentration < 1 else 1.0
    c = 1 / math.sqrt(9 * d)
    while True:
        x = generator.next_normal()
        root = 1 + c * x
        if root <= 0:
            continue
        v = root * root * root
        u = 1 - generator.next_uniform()
        square = x * x
        if u < 1 - _SQUEEZE * square * square:
            return scale * d * v
        if math.log(u) < 0.5 * square + d * (1 - v + math.log(v)):
            return scale * d * v


def binomial(generator, count, prob, mean):
    """The number of successes among `count` trials, where `prob` is at most 1/2."""
    if math.isnan(count) or math.isnan(prob):
        return math.nan
    if count <= 0 or prob <= 0:
        return 0
    if mean < 10:
        return _binomial_by_waiting(generator, count, prob)
    return _binomial_by_rejection(generator, count, prob)


def _binomial_by_waiting(generator, count, prob):
    successes, trials, log_failure = 0, 0.0, math.log1p(-prob)
    while True:
        trials += math.ceil(_log(generator.next_uniform()) / log_failure)
        if trials > count:
            return successes
        successes += 1


def _binomial_by_rejection(generator, count, prob):
    deviation = math.sqrt(count * prob * (1 - prob))
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * prob
    centre = count * prob + 0.5
    surely = 0.92 - 4.2 / b
    odds = prob / (1 - prob)
    alpha = (2.83 + 5.1 / b) * deviation
    mode = math.floor((count + 1) * prob)
    while True:
        u = generator.next_uniform() - 0.5
        v = generator.next_uniform()
        edge = 0.5 - abs(u)
        k = math.floor((2 * a / edge + b) * u + centre) if edge else -1
        if edge >= 0.07 and v <= surely:
            return k
        if k < 0 or k > count:
            continue
        bound = (
            (mode + 0.5) * math.log((mode + 1) / (odds * (count - mode + 1)))
            + (count + 1) * math.log((count - mode + 1) / (count - k + 1))
            + (k + 0.5) * math.log(odds * (count - k + 1) / (k + 1))
            + _stirling_tail(mode)
            + _stirling_tail(count - mode)
            - _stirling_tail(k)
            - _stirling_tail(count - k)
        )
        if _log(v * alpha / (a / (edge * edge) + b)) <= bound:
            return k


def _stirling_tail(k):
    """What Stirling's formula for log(k!) leaves out."""
    if k < 10:
        base = 0.5 * math.log(2 * math.pi) + (k + 0.5) * math.log(k + 1) - (k + 1)
        return math.lgamma(k + 1) - base
    square = (k + 1) ** 2
    return (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / (k + 1)


def _log(x):
    return math.log(x) if x > 0 else -math.inf
