"""Whether all that an Entry depends on is the very same as before, asked in one expression.

For a step of a small net it reads (shortened)::

    def same(leaves):
        try:
            return (
                t0._array is seen1.array
                and t0._requires_grad and t0._grad is not None and t0._node is None
                and names2['model'] is it3 and names2['optimizer'] is it4
                and cell5.cell_contents is it6
                and not (hooks7 or hooks8)
                and len(list9) == 2 and list9[0] is it10
            )
        except (AttributeError, KeyError, IndexError, ValueError):
            return False

What is only equal isn't the same: then `Entry.holds` looks more closely.
"""

from __future__ import annotations

from rushlight.compile.runs.guards import same_bytes
from rushlight.compile.tracing.sources import Argument, Captured, Names

__all__ = ["write_same"]


def write_same(entry):
    """The function `same(leaves)` of an Entry."""
    writer = _Writer()
    conditions = [*writer.tensors(entry.seen), *writer.state(entry.watch)]
    lines = [
        "def same(leaves):",
        "    try:",
        f"        return ({' and '.join(conditions) or True})",
        "    except (AttributeError, KeyError, IndexError, ValueError):",
        "        return False",
    ]
    exec(compile("\n".join(lines), "<guards of a compiled function>", "exec"), writer.bound)
    return writer.bound["same"]


class _Writer(Names):
    def tensors(self, every):
        """Conditions on Tensors; what the key of a call says of arguments isn't asked again."""
        for seen in every:
            x, given = self.tensor(seen.source), isinstance(seen.source, Argument)
            if isinstance(seen.source, Captured):
                yield f"{x}._array is {self.bind(seen, 'seen')}.array"
                yield f"{'' if seen.requires_grad else 'not '}{x}._requires_grad"
            elif not given:
                yield f"{self.bind(seen, 'seen')}.holds({x})"
                continue
            if seen.requires_grad:
                yield f"{x}._grad is {'not ' if seen.has_grad else ''}None"
                if not given:
                    yield f"{x}._node is {'' if seen.is_leaf else 'not '}None"

    def state(self, watch):
        """Conditions on Python's objects."""
        for dictionary, key, expected, _ in watch.entries:
            place = f"{self.bind(dictionary, 'names')}[{self.key(key)}]"
            yield f"{place} is {self.bind(expected)}"
        for cell, expected, _ in watch.cells:
            yield f"{self.bind(cell, 'cell')}.cell_contents is {self.bind(expected)}"
        empty = [self.bind(x, "hooks") for x, length, _ in watch.lengths if not length]
        if empty:
            yield f"not ({' or '.join(dict.fromkeys(empty))})"
        for x, length, _ in watch.lengths:
            if length:
                yield f"len({self.bind(x, 'list')}) == {length}"
        for x, i, expected, _ in watch.items:
            yield f"{self.bind(x, 'list')}[{i}] is {self.bind(expected)}"
        for x, key, expected, _ in watch.attributes:
            yield f"{self.bind(x)}.{key} is {self.bind(expected)}"
        for array, expected, _ in watch.arrays:
            same = self.bind(same_bytes, "same_bytes")
            yield f"{same}({self.bind(array, 'array')}, {self.bind(expected, 'copy')})"

    def key(self, key):
        return repr(key) if isinstance(key, str) else self.bind(key, "key")
