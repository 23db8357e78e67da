"""The page docs/performance.md, from what `rushlight bench --scaling` measured."""

from __future__ import annotations

import math
from statistics import linear_regression

__all__ = ["page", "slope"]

_PAGE = """# Performance: how time grows with size

This page and its picture are written by one command:

```sh
rushlight bench --scaling               # all of it; names of workloads measure those anew
```

![Times over sizes]({picture})

Measured on {date} in {threads} thread(s); a large matrix product ran at {product:.0f} GFLOP/s, a
large copy at {copy:.1f} GB/s. Each library has a process of its own, and slices of 50 ms alternate;
a time is that of the fastest slice, since whatever else a machine does can only add to it. Loops
that pay off in long runs are compiled at once (`RUSHLIGHT_NUMBA=1`), so that the times are the
lasting ones. Machines that are lent in shares, as those of most clouds are, drift from minute to
minute: compare the libraries at one size, and trust no single number.

"slope" is the exponent of the power of the size that fits best: 1 where twice the size takes twice
the time, near 0 where the cost of calls outweighs the work. "limit" is what this machine needs at
least: its products at the speed of the large product, or its inputs and results, each moved once,
at the speed of the large copy. Small inputs stay in the caches, which are faster than that copy.

{tables}"""


def slope(sizes, times):
    """The exponent p of the power law size**p that fits the times best.

    >>> round(slope([1, 10, 100], [2.0, 20.0, 200.0]), 6)
    1.0
    """
    return linear_regression([math.log(n) for n in sizes], [math.log(t) for t in times]).slope


def _milliseconds(seconds):
    return f"{1e3 * seconds:.3g}"


def _table(measured, growing):
    """The rows of one workload."""
    libraries = list(measured.times)
    ratios = [f"{name} / {libraries[0]}" for name in libraries[1:]]
    heads = [growing.size, *(f"{name}, ms" for name in libraries), *ratios, "limit, ms"]
    rows = [heads, ["---"] * len(heads)]
    for n, limit, *times in zip(measured.sizes, measured.limit, *measured.times.values()):
        quotients = [f"{t / times[0]:.2f}" for t in times[1:]]
        rows.append([f"{n:,}", *map(_milliseconds, times), *quotients, _milliseconds(limit)])
    slopes = [f"{slope(measured.sizes, times):.2f}" for times in measured.times.values()]
    last = f"{slope(measured.sizes, measured.limit):.2f}"
    rows.append(["slope", *slopes, *[""] * len(ratios), last])
    lines = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"## {growing.label[0].upper()}{growing.label[1:]}\n\n{lines}\n"


def page(measured, growing, conditions, limits, picture="performance.svg"):
    """The Markdown text for what was measured; `limits` are operations and bytes a second."""
    return _PAGE.format(
        picture=picture,
        product=limits[0] / 1e9,
        copy=limits[1] / 1e9,
        tables="\n".join(_table(each, growing[each.name]) for each in measured),
        **conditions,
    )
