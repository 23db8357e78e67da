"""Working memory that values share in turn: who needs a place gets the lowest that is free."""

from __future__ import annotations

import heapq
from bisect import bisect, insort
from math import inf

__all__ = ["Arena"]

ALIGNMENT = 64


class Arena:
    """Places in memory, asked for in the order in which they are needed.

    Attributes:
        size: bytes that are needed in all.

    >>> arena = Arena()
    >>> [arena.take(size, born, dies) for size, born, dies in ((64, 0, 1), (128, 1, 5), (64, 2, 3))]
    [0, 64, 0]
    >>> arena.size
    192
    """

    def __init__(self):
        self.size = 0
        self.gaps: list = [(0, inf)]  # free from there to there, in order
        self.ends: list = []  # (death, offset, size) as a heap
        self.dies: dict = {}  # by offset, when the last who has it needs it last
        self.passed: set = set()  # (offset, birth) of who took over from another

    def take(self, size, born, dies):
        """The offset of so many bytes from one item to another."""
        self._release(born)
        number, (start, end) = next(
            (i, gap) for i, gap in enumerate(self.gaps) if gap[0] + size <= gap[1]
        )
        behind = aligned(start + size)
        self.gaps[number : number + 1] = [(behind, end)] if behind < end else []
        self._keep(start, size, dies)
        return start

    def take_over(self, offset, size, born, dies):
        """Have the place of what dies where this one is born; False if another took it already."""
        if (offset, born) in self.passed:
            return False
        self.passed.add((offset, born))
        self._keep(offset, size, dies)
        return True

    def _keep(self, offset, size, dies):
        if size:
            self.dies[offset] = dies
            heapq.heappush(self.ends, (dies, offset, size))
        self.size = max(self.size, offset + size)

    def _release(self, born):
        """Give back what died before."""
        while self.ends and self.ends[0][0] < born:
            death, offset, size = heapq.heappop(self.ends)
            if self.dies.get(offset) == death:
                del self.dies[offset]
                self._free(offset, aligned(offset + size))

    def _free(self, start, end):
        number = bisect(self.gaps, (start,))
        if number < len(self.gaps) and self.gaps[number][0] == end:
            _, end = self.gaps.pop(number)
        if number and self.gaps[number - 1][1] == start:
            start, _ = self.gaps.pop(number - 1)
        insort(self.gaps, (start, end))


def aligned(offset):
    """The next offset at which a place may begin."""
    return -(-offset // ALIGNMENT) * ALIGNMENT
