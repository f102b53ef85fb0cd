"""When a deal waits on purpose: the pause that holds, and those that are over.

The fold and the facts take these same steps, the one in moments, the other in microseconds, so that a rule reads the
same of one deal and of a million. Pauses never overlap: where records contradict each other the later one counts only
from where the earlier ended, so that no time is taken off twice and no duration is ever negative.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Generic, Protocol, TypeVar


class Ordered(Protocol):
    """Moments, or microseconds: whatever comes before or after another of its kind."""

    def __lt__(self, other: Any, /) -> bool: ...


T = TypeVar("T", bound=Ordered)


@dataclass(frozen=True, slots=True)
class Pauses(Generic[T]):
    """
    The pauses of a deal up to some event.

    `waiting`: a pause was begun and nobody resumed; it holds from `begin` (None: nobody knows) to `until` (None: until
    somebody resumes). `ended` is where the last pause that is over ended, `over` all of them where they are kept.
    """

    waiting: bool = False
    begin: T | None = None
    until: T | None = None
    ended: T | None = None
    over: tuple[tuple[T, T], ...] = ()

    def holds(self, now: T) -> bool:
        """Whether the deal waits at that moment: a pause with an end is over then, whether or not anybody resumed."""
        return self.waiting and (self.until is None or now < self.until)

    def within(self, begin: T, end: T) -> Iterator[tuple[T, T]]:
        """The stretches of waiting between two moments, as far as is known."""
        # They never overlap, so those that ended before are all in front.
        reaching = self.over[bisect_right(self.over, begin, key=itemgetter(1)) :]
        for start, stop in (*reaching, *self._holding(end)):
            first, last = max(start, begin), min(stop, end)
            if first < last:
                yield first, last

    def _holding(self, end: T) -> Iterator[tuple[T, T]]:
        if self.waiting and self.begin is not None:
            yield later(self.begin, self.ended), end if self.until is None else min(self.until, end)


def later(one: T, other: T | None) -> T:
    """The later of two, where there is another."""
    return one if other is None else max(one, other)


def over_by(pauses: Pauses[T], at: T | None) -> tuple[T, T] | None:
    """The pause that holds, as it is over where it ends at a moment at the latest; None where nobody knows how long."""
    known = [end for end in (at, pauses.until) if end is not None]
    if not pauses.waiting or pauses.begin is None or not known:
        return None
    begin = later(pauses.begin, pauses.ended)
    return (begin, min(known)) if begin < min(known) else None


def paused(pauses: Pauses[T], at: T | None, until: T | None) -> tuple[Pauses[T], tuple[T, T] | None]:
    """After a deal is paused, and the pause that is over by it: while it waits, only the end is another one."""
    if pauses.waiting and (pauses.until is None or at is None or at < pauses.until):
        return Pauses(True, pauses.begin, until, pauses.ended), None
    gone = over_by(pauses, at)
    return Pauses(True, at, until, gone[1] if gone else pauses.ended), gone


def resumed(pauses: Pauses[T], at: T | None) -> tuple[Pauses[T], tuple[T, T] | None]:
    """After somebody goes on with the deal, and the pause that is over by it."""
    gone = over_by(pauses, at)
    return Pauses(ended=gone[1] if gone else pauses.ended), gone
