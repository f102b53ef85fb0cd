"""Differences between numbers: whether bounds on them can hold together, and how much room they leave.

Shortest paths by Bellman and Ford: `x - y <= d` is a road from y to x of length d, and a round trip below zero proves
that the bounds contradict each other.

Source:
    Cormen, Leiserson, Rivest, Stein: Introduction to Algorithms, "Difference constraints and shortest paths".
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from pipeline_engine.process.analysis.spans import Number, Span

ZERO = ""  # the number that all others are measured from
# A length, and how many of its parts are strict: 3 without the 3 itself is (3, -1).
Length = tuple[Number, int]


class NoRoom(Exception):
    """The bounds contradict each other."""


@dataclass
class Distances:
    """Bounds on numbers and on their differences, by name."""

    names: list[str] = field(default_factory=lambda: [ZERO])
    roads: dict[tuple[str, str], Length] = field(default_factory=dict)

    def bound(self, name: str, span: Span, other: str = ZERO) -> None:
        """`name - other` lies in the range."""
        for each in (name, other):
            if each not in self.names:
                self.names.append(each)
        if span.high is not None:
            self._road(other, name, (span.high, -1 if span.high_open else 0))
        if span.low is not None:
            self._road(name, other, (-span.low, -1 if span.low_open else 0))

    def _road(self, start: str, end: str, length: Length) -> None:
        known = self.roads.get((start, end))
        if known is None or length < known:
            self.roads[start, end] = length

    def check(self) -> None:
        """Raise NoRoom where no numbers fit."""
        self._lengths(dict.fromkeys(self.names, (0, 0)), self.roads.items())

    def room(self, name: str) -> Span:
        """All values that the name can have, for some values of the others."""
        ahead = self._lengths({ZERO: (0, 0)}, self.roads.items()).get(name)
        turned = [((end, start), length) for (start, end), length in self.roads.items()]
        back = self._lengths({ZERO: (0, 0)}, turned).get(name)
        return Span(
            None if back is None else -back[0],
            None if ahead is None else ahead[0],
            back is not None and back[1] < 0,
            ahead is not None and ahead[1] < 0,
        )

    def _lengths(
        self, lengths: dict[str, Length], roads: Iterable[tuple[tuple[str, str], Length]]
    ) -> dict[str, Length]:
        roads = list(roads)
        for _ in range(len(self.names) + 1):
            changed = False
            for (start, end), (length, strict) in roads:
                if start not in lengths:
                    continue
                found = (lengths[start][0] + length, lengths[start][1] + strict)
                if end not in lengths or found < lengths[end]:
                    lengths[end], changed = found, True
            if not changed:
                return lengths
        raise NoRoom
