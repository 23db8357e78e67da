"""What repeats in a Program: stretches in which the same instructions come again and again.

Views and fills cost nothing and may stand anywhere, so they are no part of what is compared: each
operand is a *root*, what some other instruction made, seen through a *chain* of views. What a chain
picks (`x[:, 3]`) is kept apart from how it does so (its *pattern*): the steps of a loop over time
differ in it.
"""

from __future__ import annotations

import numpy as np

from rushlight.compile.passes.repeated import frozen

__all__ = ["Chain", "Table", "stretches"]

CANDIDATES = 24  # distances that are tried as periods
OCCURRENCES = 16  # of the rarest instruction of a step, at most


class Chain:
    """Views, one after the other.

    Attributes:
        steps: triples (name, params, shape of what comes out).
        pattern: a key that says what they do but for the integers of slices.
        numbers: those integers, in order.
    """

    def __init__(self, steps=(), pattern=(), numbers=()):
        self.steps, self.pattern, self.numbers = steps, pattern, numbers

    def then(self, name, params, before, after):
        """The chain with one more view, of what has the shape `before`."""
        key, numbers = frozen(params), ()
        if name == "slice":
            key, numbers = split_index(params["index"], before)
        return Chain(
            (*self.steps, (name, params, after)),
            (*self.pattern, name, key, after),
            (*self.numbers, *numbers),
        )

    def with_numbers(self, numbers):
        """The steps with other integers in the slices."""
        left = iter(numbers)
        keys = self.pattern[1::3]
        return [
            (name, {"index": joined_index(key, left)} if name == "slice" else params, shape)
            for (name, params, shape), key in zip(self.steps, keys, strict=True)
        ]


def split_index(index, shape):
    """(pattern, integers) of a basic index.

    >>> split_index((slice(None), -1), (2, 5))
    ((':', 'at'), (4,))
    """
    index = index if isinstance(index, tuple) else (index,)
    taken = sum(k is not None and k is not Ellipsis for k in index)
    rest = [slice(None)] * (len(shape) - taken)
    if Ellipsis in index:
        at = index.index(Ellipsis)
        index = (*index[:at], *rest, *index[at + 1 :])
    else:
        index = (*index, *rest)
    sizes, pattern, numbers = iter(shape), [], []
    for k in index:
        if k is None:
            pattern.append(None)
            continue
        size = next(sizes)
        if not isinstance(k, slice):
            pattern.append("at")
            numbers.append(int(k) % size)
            continue
        start, stop, step = k.indices(size)
        if (start, stop, step) == (0, size, 1):
            pattern.append(":")
        elif step > 0:
            pattern.append(step)
            numbers += [start, stop]
        else:
            pattern.append((k.start, k.stop, k.step))
    return tuple(pattern), tuple(numbers)


def joined_index(pattern, numbers):
    """The index again, of a pattern and an iterator of integers."""
    return tuple(
        None if part is None
        else slice(None) if part == ":"
        else next(numbers) if part == "at"
        else slice(*part) if isinstance(part, tuple)
        else slice(next(numbers), next(numbers), None if part == 1 else part)
        for part in pattern
    )  # fmt: skip


class Table:
    """A Program in numbers.

    Attributes:
        sequence: its instructions without views and fills.
        signatures: a number for each: equal where they do the same to arrays of the same shapes.
        begin: for each the number of its first operand; one more in the end.
        first: for each the number of its first result; one more in the end.
        roots: for each operand the number of its root: that of a result, or, where it isn't one,
            `~i` for `outer[i]`.
        chains, patterns: for each operand the numbers of its chain and of that chain's pattern.
        made: the results by number.
        outer: what no instruction makes: inputs, Constants, and the results of fills.
        maker: the instruction that makes a view or a fill.
    """

    def __init__(self, program):
        self.sequence, self.begin, self.first = [], [0], [0]
        self.made, self.outer, self.maker = [], [], {}
        self.all_chains, self._numbers = [], {}
        self._known: dict = {}
        self._kinds: dict = {}
        signatures, roots, chains = [], [], []
        self._number(Chain())
        for x in program.inputs:
            self._known[x] = self._outer(x), 0
        for instruction in program.instructions:
            if instruction.kind == "fill":
                self._enter_fill(instruction)
            elif instruction.kind == "view" and instruction.name != "other":
                self._enter_view(instruction)
            else:
                for x in instruction.operands:
                    root, chain = self.seen(x)
                    roots.append(root)
                    chains.append(chain)
                signatures.append(self._signature(instruction))
                self.sequence.append(instruction)
                self.begin.append(len(roots))
                for x in instruction.results:
                    self._known[x] = len(self.made), 0
                    self.made.append(x)
                self.first.append(len(self.made))
        self.signatures, self.roots, self.chains = map(np.array, (signatures, roots, chains))
        known: dict = {}
        numbers = [known.setdefault(c.pattern, len(known)) for c in self.all_chains]
        self.patterns = np.array(numbers)[self.chains] if roots else self.chains
        self.results = [self.seen(x) for x in program.results()]

    def seen(self, x):
        """(number of the root, number of the chain) of an operand."""
        if x not in self._known:  # only numbers aren't there yet
            self._known[x] = self._outer(x), 0
        return self._known[x]

    def thing(self, root):
        """The Value or Constant with a root's number."""
        return self.made[root] if root >= 0 else self.outer[~root]

    def _outer(self, x):
        self.outer.append(x)
        return ~(len(self.outer) - 1)

    def _number(self, chain):
        self.all_chains.append(chain)
        return len(self.all_chains) - 1

    def _enter_fill(self, instruction):
        x = instruction.result
        self.maker[x] = instruction
        key = "fill", instruction.params["value"], x.shape, x.dtype
        known = self._numbers.get(key)
        if known is None:
            known = self._numbers[key] = self._outer(x)
        self._known[x] = known, 0

    def _enter_view(self, instruction):
        x, (source,) = instruction.result, instruction.operands
        self.maker[x] = instruction
        root, chain = self.seen(source)
        name, params = instruction.name, instruction.params
        text = chain, name, str(params), source.shape
        number = self._numbers.get(text)
        if number is None:
            made = self.all_chains[chain].then(name, params, source.shape, x.shape)
            key = made.pattern, made.numbers
            number = self._numbers.get(key)
            if number is None:
                number = self._numbers[key] = self._number(made)
            self._numbers[text] = number
        self._known[x] = root, number

    def _signature(self, instruction):
        params = instruction.params
        try:
            params = str(params["body"]) if instruction.kind == "loop" else frozen(params)
            key = (
                instruction.kind, instruction.name, params,
                *[self._kind(x) for x in instruction.operands], -1,
                *[self._kind(x) for x in instruction.results],
            )  # fmt: skip
            return self._numbers.setdefault(key, len(self._numbers))
        except TypeError:  # an argument of a call that can't be compared
            return self._numbers.setdefault(object(), len(self._numbers))

    def _kind(self, x):
        key = x.shape, x.dtype
        return self._kinds.setdefault(key, len(self._kinds))


def stretches(signatures, shortest, fewest):
    """Triples (start, stop, period) of stretches in which all comes again after a period.

    They don't overlap, and come in order. There is nothing shorter than `fewest` periods, nor where
    `shortest` instructions aren't saved.

    >>> stretches(np.array([7, 1, 2, 1, 2, 1, 2, 8]), 3, 3)
    [(1, 7, 2)]
    """
    found = []
    for period in sorted(distances(signatures)):
        if period * fewest > len(signatures):
            break
        same = signatures[:-period] == signatures[period:]
        edges = np.flatnonzero(np.diff(np.concatenate(([0], same, [0]))))
        for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            saved = end - start
            if saved >= max(shortest, period * (fewest - 1)):
                found.append((start, end + period, period))
    kept: list = []
    for start, stop, period in found:
        if all(stop <= a or b <= start for a, b, _ in kept):
            kept.append((start, stop, period))
    return sorted(kept)


def distances(signatures):
    """How far apart the same instruction comes again: distances that say most of the Program.

    A step may hold the same instruction several times, so it isn't only the next one that counts.
    What is most frequent may be within a step; what covers most may be several steps.
    """
    order = np.argsort(signatures, kind="stable")
    found = []
    for later in range(1, OCCURRENCES + 1):
        same = signatures[order[later:]] == signatures[order[:-later]]
        found.append((order[later:] - order[:-later])[same])
    apart, counts = np.unique(np.concatenate(found), return_counts=True)
    best = [np.argsort(-weights)[:CANDIDATES] for weights in (counts, apart * counts)]
    return apart[np.unique(best)].tolist()
