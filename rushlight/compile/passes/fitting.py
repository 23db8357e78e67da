"""Whether the steps of a stretch that repeats are those of a loop.

Each operand of an instruction is looked at over all steps, a *column*. It may be made in the same
step, or in the step before (`carried`), or be the same for all, or what slices pick that move on by
the same amount from step to step; or, if nothing else, one of as many arrays, which can be put
together in a table. First and last steps that are different are left out.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from rushlight.compile.programs.program import Constant

__all__ = ["Column", "Fit", "fit"]

ELSEWHERE = np.iinfo(np.int64).min


class Column:
    """Where one operand comes from, in all steps.

    Attributes:
        kind: "local", "carried", "outside" or "table".
        root: the number of a result within the step, for the first two. Otherwise the number of
            a root, an array, or, for a table, a list of pairs (root, Chain).
        chain: the Chain of views on it in the first step.
        moves: by how much the chain's numbers grow from step to step.
        start: for what is carried (root, Chain) of what it is at the beginning.
    """

    def __init__(self, kind, root, chain, moves=(), start=None):
        self.kind, self.root, self.chain = kind, root, chain
        self.moves, self.start = moves, start


class Fit:
    """Steps that make a loop.

    Attributes:
        begin, period, count: the first instruction, how many there are to a step, how many steps.
        columns: for each operand of a step.
    """

    def __init__(self, begin, period, count, columns):
        self.begin, self.period, self.count = begin, period, count
        self.columns = columns

    @property
    def end(self):
        """The first instruction behind it."""
        return self.begin + self.period * self.count


class Stretch:
    """The operands of the steps of a stretch, as tables with one row for each step."""

    def __init__(self, table, start, period, count):
        self.table, self.start, self.period = table, start, period
        width = table.begin[start + period] - table.begin[start]
        self.results = table.first[start + period] - table.first[start]
        self.base = table.first[start]
        part = slice(table.begin[start], table.begin[start] + count * width)
        self.roots = table.roots[part].reshape(count, width)
        self.chains = table.chains[part].reshape(count, width)
        self.patterns = table.patterns[part].reshape(count, width)
        steps = np.arange(count)[:, None] * self.results
        self.relative = self.roots - self.base - steps
        inside = (self.roots >= 0) & (self.relative >= -self.results)
        codes = (self.relative + self.results) * (int(self.patterns.max(initial=0)) + 1)
        self.codes = np.where(inside, codes + self.patterns, ELSEWHERE)
        self.carried = inside & (self.relative < 0)
        if count > 1:  # what lies just before the stretch isn't carried if nothing is later
            stray = self.carried[0] & (self.codes[0] != self.codes[1])
            self.codes[0, stray], self.carried[0, stray] = ELSEWHERE, False

    def longest(self):
        """(first, end) of the steps whose operands come from the same places within steps."""
        differ = self.codes[1:] != self.codes[:-1]
        begins = ~differ | (self.codes[:-1] == ELSEWHERE) & self.carried[1:] & (
            (self.chains[1:] == self.chains[:-1]) | (self.chains[1:] == 0)
        )
        cuts = [0, *(np.flatnonzero(differ.any(axis=1)) + 1).tolist(), len(self.codes)]
        best = (0, 0)
        for a, b in pairwise(cuts):
            first = a - 1 if a and begins[a - 1].all() and self._alike(a) else a
            best = max(best, (first, b), key=lambda x: x[1] - x[0])
        return best

    def _alike(self, step):
        """Whether what is carried into a step is, in the step before, of the same shape."""
        for q in np.flatnonzero(self.carried[step]):
            root, chain = self.beginning(step - 1, q)
            x, y = self.table.thing(root), self.table.thing(self.roots[step, q])
            shape = chain.steps[-1][2] if chain.steps else x.shape
            if (shape, x.dtype) != (y.shape, y.dtype):
                return False
        return True

    def beginning(self, step, q):
        """(root, Chain) of what is there before anything is carried, if this is the first step."""
        chain = self.chains[step, q] if self.chains[-1, q] == 0 else 0
        return int(self.roots[step, q]), self.table.all_chains[chain]

    def crossing(self):
        """How many bytes a loop would carry on if its steps began with each instruction."""
        table, period = self.table, self.period
        row = len(self.codes) // 2
        first = np.array(table.first[self.start : self.start + period + 1]) - self.base
        begin = np.array(table.begin[self.start : self.start + period + 1])
        users = np.repeat(np.arange(period), np.diff(begin))
        makers = np.repeat(np.arange(period), np.diff(first))
        last: dict = {}
        for q in np.flatnonzero(self.codes[row] != ELSEWHERE).tolist():
            step, result = divmod(int(self.relative[row, q]), self.results)
            use = users[q] - step * period
            last[result] = max(last.get(result, 0), use)
        cost = np.zeros(period)
        for result, use in last.items():
            x = table.made[self.base + result]
            for cut in range(makers[result] + 1, use + 1):
                cost[cut % period] += np.prod(x.shape, dtype=float) * x.dtype.itemsize
        return cost


def fit(table, start, stop, period, moved, fewest):
    """The Fit of a stretch, or None. `moved` says what has become of results (see `Rows`)."""
    count, rest = divmod(stop - start, period)
    costs = Stretch(table, start, period, count).crossing()
    start += int(np.argmin(costs[: rest + 1]))
    stretch = Stretch(table, start, period, count)
    first, end = stretch.longest()
    columns: list = []
    if end - first >= fewest:
        first, end = narrowed(stretch, first, end, moved, fewest)
    if end - first < fewest:
        return None
    for q in range(stretch.roots.shape[1]):
        column = column_of(stretch, q, first, end, moved)
        if column is None:
            return None
        columns.append(column)
    return Fit(start + first * period, period, end - first, columns)


def narrowed(stretch, first, end, moved, fewest):
    """The steps in which all slices move on evenly."""
    for q in range(stretch.roots.shape[1]):
        if is_constant(stretch, q, first, end):
            continue
        keys = [key for key, _, _ in seen_over(stretch, q, first, end, moved)]
        numbers = [numbers for _, numbers, _ in seen_over(stretch, q, first, end, moved)]
        a, b = even(keys, numbers)
        if b - a >= max(fewest, (end - first) // 2):
            first, end = first + a, first + b
        elif inside(stretch, q, end):
            return 0, 0
    return first, end


def inside(stretch, q, step):
    """Whether an operand is made in the stretch."""
    return stretch.codes[step - 1, q] != ELSEWHERE


def is_constant(stretch, q, first, end):
    """Whether an operand is seen in the same way in all steps, wherever it comes from."""
    first += bool(stretch.carried[end - 1, q])
    chains = stretch.chains[first:end, q]
    roots = stretch.roots[first:end, q]
    same = inside(stretch, q, end) or (roots == roots[0]).all()
    return same and (chains == chains[0]).all()


def seen_over(stretch, q, first, end, moved):
    """For each step (a key of root and pattern, the numbers of the chain, (root, chain))."""
    known = inside(stretch, q, end)
    roots, chains = stretch.roots[first:end, q].tolist(), stretch.chains[first:end, q].tolist()
    for root, number in zip(roots, chains, strict=True):
        chain = stretch.table.all_chains[number]
        if known:
            root = None
        elif root in moved:
            root, chain = moved[root].seen(chain)
        yield (root, chain.pattern), chain.numbers, (root, chain)


def even(keys, numbers):
    """(first, end) of the longest stretch of equal keys whose numbers grow evenly."""
    best, a = (0, 1), 0
    for k in range(1, len(keys)):
        if keys[k] != keys[k - 1]:
            a = k
        elif k - a > 1:
            triples = zip(numbers[k - 2], numbers[k - 1], numbers[k], strict=True)
            if any(z - y != y - x for x, y, z in triples):
                a = k - 1
        best = max(best, (a, k + 1), key=lambda x: x[1] - x[0])
    return best


def column_of(stretch, q, first, end, moved):
    """The Column of an operand, or None if there is none."""
    table, base = stretch.table, stretch.base + first * stretch.results
    seen = list(seen_over(stretch, q, first, min(end, first + 2), moved))
    if not is_constant(stretch, q, first, end):
        whole = list(seen_over(stretch, q, first, end, moved))
        if even([x for x, _, _ in whole], [x for _, x, _ in whole]) != (0, end - first):
            return table_column(stretch, [x for _, _, x in whole], base)
    if stretch.carried[end - 1, q] and is_constant(stretch, q, first, end):
        result = int(stretch.relative[end - 1, q]) + stretch.results
        chain = table.all_chains[stretch.chains[end - 1, q]]
        return Column("carried", result, chain, start=stretch.beginning(first, q))
    (_, here, (root, chain)), (_, there, _) = seen
    moves = tuple(y - x for x, y in zip(here, there, strict=True))
    if not inside(stretch, q, end):
        if not isinstance(root, int) or root < base:
            return Column("outside", root, chain, moves)
        return None
    relative = int(stretch.relative[end - 1, q])
    if relative >= 0:
        return Column("local", relative, chain, moves)
    start = stretch.beginning(first, q)
    return Column("carried", relative + stretch.results, chain, moves, start)


def table_column(stretch, seen, base):
    """A Column of operands that have nothing in common; what is given isn't copied for that."""
    for root, _ in seen:
        if isinstance(root, int):
            given = root < 0 and not is_number(stretch.table, root)
            if given or root >= base:
                return None
    return Column("table", seen, None)


def is_number(table, root):
    """Whether a root is a Constant or filled with one."""
    thing = table.thing(root)
    return isinstance(thing, Constant) or thing in table.maker
