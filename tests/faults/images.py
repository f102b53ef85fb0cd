"""What may be on a disk after a power cut: everything that was synced, and of what came after it any part.

A file system may write sectors in any order and tear a write between two of them, but a sector holds what one of the
writes to it left there, never a mixture. A file's size and the names in a folder lag behind in the same way.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from random import Random

from tests.faults.disk import Create, Delete, Mark, Op, Sync, SyncFolder, Truncate, Write

SECTORS = (512, 4096)
Change = Write | Truncate
Survived = Callable[[Sequence[int]], int]
"""Up to which of the changes to one sector, or to one name, the disk has them; -1 where it has none."""


def all_lost(chance: Random, number: int) -> Survived:
    """Nothing that was not synced is there."""
    return lambda changes: -1


def all_kept(chance: Random, number: int) -> Survived:
    """Everything is there."""
    return lambda changes: max(changes, default=-1)


def in_order(chance: Random, number: int) -> Survived:
    """All up to one change is there, and of that one some sectors."""
    last = chance.randrange(-1, max(number, 1))

    def survived(changes: Sequence[int]) -> int:
        end = last - chance.randrange(2)
        return max((change for change in changes if change <= end), default=-1)

    return survived


def in_any_order(chance: Random, number: int) -> Survived:
    """Each change is there or not, whichever came first."""
    kept = {change for change in range(number) if chance.random() < 0.5}
    return lambda changes: max((change for change in changes if change in kept), default=-1)


def by_sector(chance: Random, number: int) -> Survived:
    """Each sector stands at any of the changes made to it."""
    return lambda changes: chance.choice([-1, *changes])


@dataclass
class Contents:
    """One file: what is on the disk for certain, and the changes that may be."""

    synced: bytearray = field(default_factory=bytearray)
    changes: list[Change] = field(default_factory=list)

    def sync(self) -> None:
        """All changes are on the disk."""
        for change in self.changes:
            applied(self.synced, change)
        self.changes.clear()

    def drawn(self, survived: Survived, sector: int, fill: bytes) -> bytes:
        """One of the states it may be found in; where it grew and nothing was written there is `fill`."""
        if not self.changes:
            return bytes(self.synced)
        sizes = self._sizes()
        size = sizes[survived(range(len(self.changes))) + 1]
        found = bytearray(self.synced[:size].ljust(size, fill))
        for start, changes in self._touched(sector, max(sizes)).items():
            kept = survived(changes)
            end = min(start + sector, size)
            if kept >= 0 and start < size:
                found[start:end] = self._sector(start, sector, [c for c in changes if c <= kept])[: end - start]
        return bytes(found)

    def _sizes(self) -> list[int]:
        sizes = [len(self.synced)]
        for change in self.changes:
            end = change.size if isinstance(change, Truncate) else change.offset + len(change.content)
            sizes.append(end if isinstance(change, Truncate) else max(sizes[-1], end))
        return sizes

    def _touched(self, sector: int, longest: int) -> Mapping[int, list[int]]:
        found = defaultdict(list)
        for number, change in enumerate(self.changes):
            begin = change.size if isinstance(change, Truncate) else change.offset
            end = longest if isinstance(change, Truncate) else change.offset + len(change.content)
            for start in range(begin // sector * sector, end, sector):
                found[start].append(number)
        return found

    def _sector(self, start: int, length: int, changes: Sequence[int]) -> bytes:
        found = self.synced[start : start + length].ljust(length, b"\0")
        for number in changes:
            change = self.changes[number]
            if isinstance(change, Truncate):
                cut = max(change.size - start, 0)
                found[cut:] = bytes(max(length - cut, 0))
                continue
            begin, end = max(change.offset, start), min(change.offset + len(change.content), start + length)
            found[begin - start : end - start] = change.content[begin - change.offset : end - change.offset]
        return bytes(found)


def applied(content: bytearray, change: Change) -> None:
    """Make a change to what is in a file."""
    if isinstance(change, Truncate):
        del content[change.size :]
        content.extend(bytes(change.size - len(content)))
        return
    content.extend(bytes(max(0, change.offset - len(content))))
    content[change.offset : change.offset + len(change.content)] = change.content


@dataclass
class Surface:
    """A folder on a disk, as far as a trace has come."""

    files: dict[int, Contents] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    renamed: list[Create | Delete] = field(default_factory=list)
    told: int = 0
    """The last position somebody was told of."""

    def do(self, op: Op) -> None:
        """Go one step further."""
        match op:
            case Write() | Truncate():
                self.files[op.file].changes.append(op)
            case Sync():
                self.files[op.file].sync()
            case Create():
                self.files.setdefault(op.file, Contents())
                self.renamed.append(op)
            case Delete():
                self.renamed.append(op)
            case SyncFolder():
                self.names = self._names(lambda changes: changes[-1])
                self.renamed.clear()
            case Mark():
                self.told = op.position

    def _names(self, survived: Survived) -> dict[str, int]:
        by_name = defaultdict(list)
        for number, change in enumerate(self.renamed):
            by_name[change.name].append(number)
        found = dict(self.names)
        for name, changes in by_name.items():
            if (kept := survived(changes)) < 0:
                continue
            change = self.renamed[kept]
            found.pop(name, None)
            if isinstance(change, Create):
                found[name] = change.file
        return found

    def image(self, chance: Random) -> dict[str, bytes]:
        """One of the states the folder may be found in: what is in the files, by name."""
        sector, fill = chance.choice(SECTORS), chance.choice([b"\0", b"\xa5"])
        way = partial(chance.choice([all_lost, all_kept, in_order, in_any_order, by_sector]), chance)
        names = self._names(way(len(self.renamed)))
        files = {name: self.files[number] for name, number in names.items()}
        return {name: each.drawn(way(len(each.changes)), sector, fill) for name, each in files.items()}


def images(trace: Sequence[Op], number: int, chance: Random) -> Iterator[tuple[int, dict[str, bytes]]]:
    """Images of power cuts at random moments, in the order of the moments, each with the last position told before."""
    cuts = sorted(chance.randrange(len(trace) + 1) for _ in range(number))
    surface, done = Surface(), 0
    for cut in cuts:
        for op in trace[done:cut]:
            surface.do(op)
        done = cut
        yield surface.told, surface.image(chance)
