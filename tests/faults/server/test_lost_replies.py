"""The reply to a commit is lost, or the request never arrives: the caller learns what is true, and nothing is doubled.

The controls take away one guard each: without the look-up a caller is told of a conflict that is none, and without the
command log what was asked once is there twice.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from random import Random

import pytest
from eventsourcing.persistence import StoredEvent

from pipeline_engine.errors import WrongExpectedVersion
from pipeline_engine.store import Row
from pipeline_engine.store.log import Append, Command, NewRow
from tests.faults.server.orders import Order, Receipts, order, place, wrongs
from tests.faults.server.wire import Fault, Wire
from tests.store.given import Meddled, store_at

EXECUTE, COMMIT = b"B", b"COMMIT"  # the requests that end a transaction: the append of one round trip, and the others
SHORTEST_ANSWER = {EXECUTE: 90, COMMIT: 18}  # bytes; who has one less has no answer


class Unlucky(Meddled):
    """A log on a wire that is armed before some of the appends."""

    def __init__(self, wire: Wire, chance: Random) -> None:
        super().__init__(wire.through)
        self.wire, self.chance, self.times, self.within = wire, chance, 0, False

    def _arm(self, ends_with: bytes) -> None:
        if not self.times:
            return
        self.times -= 1
        if self.chance.random() < 0.8:
            self.wire.arm(Fault(1, True, self.chance.randrange(SHORTEST_ANSWER[ends_with]), ends_with))
        else:
            self.wire.arm(Fault(self.chance.randint(1, 3), self.chance.random() < 0.5))

    def append(self, events: Sequence[StoredEvent], append: Append) -> int:
        """As it is, on a wire that breaks."""
        self._arm(COMMIT if self.within else EXECUTE)
        return self.log.append(events, append)

    def append_many(
        self, events: Iterable[NewRow], versions: Mapping[str, int], commands: Sequence[Command] = ()
    ) -> int:
        """As it is, on a wire that breaks."""
        self._arm(COMMIT)
        return self.log.append_many(events, versions, commands)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """As it is."""
        with self.log.exclusive():
            self.within = True
            try:
                yield
            finally:
                self.within = False

    def lost(self) -> int:
        """How many replies to a commit were lost."""
        return sum(fault.answered and bool(fault.mark) for fault in self.wire.met)


def ask_all(log: Unlucky, who: str, number: int) -> dict[Order, Receipts]:
    """Ask for one order after the other, each on a wire that breaks, until so many replies to commits were lost."""
    store, told, nth = log.store(), dict[Order, Receipts](), 0
    while log.lost() < number:
        asked = order(who, nth)
        log.times = log.chance.choice([1, 1, 1, 2])
        told[asked] = place(store, asked)
        log.wire.arm(None)
        nth += 1
    log.close()
    return told


@pytest.mark.slow
@pytest.mark.parametrize("number", [200, pytest.param(2000, marks=pytest.mark.soak)])
def test_the_true_outcome_is_learnt_where_the_reply_is_lost(wire: Wire, seed: int, number: int) -> None:
    """Each command is acknowledged, is there once, and is where its receipt says; the look-up answered most of them."""
    told = ask_all(Unlucky(wire, Random(seed)), f"w{seed}", number)
    assert sum(receipts[0].known for receipts in told.values()) > number * 0.9
    store = store_at(wire.url)
    assert wrongs(store, told, told) == []
    store.close()


class Forgets(Unlucky):
    """Does not look a command id up before it is decided."""

    def begin(self, command_id: str, stream: str, after: int) -> tuple[Command | None, list[Row]]:
        """The stream's rows only."""
        return None, self.log.begin(command_id, stream, after)[1]


def test_control_without_the_look_up_a_conflict_is_told_that_is_none(wire: Wire, seed: int) -> None:
    """Control: who does not look an id up after a lost reply is told that others were first, where nobody else was."""
    with pytest.raises(WrongExpectedVersion):
        ask_all(Forgets(wire, Random(seed)), "w", 20)


class KeepsNoCommands(Forgets):
    """Appends without the command log, as a library does that has none."""

    def append(self, events: Sequence[StoredEvent], append: Append) -> int:
        """Events and versions only."""
        self._arm(COMMIT)
        return self.log.append_many(map(NewRow.of, events), append.versions)

    def append_many(
        self, events: Iterable[NewRow], versions: Mapping[str, int], commands: Sequence[Command] = ()
    ) -> int:
        """Events and versions only."""
        return super().append_many(events, versions)


def test_control_without_the_command_log_events_are_there_twice(wire: Wire, seed: int) -> None:
    """Control: where a lost reply is answered by asking again and nothing else, the same check finds doubles."""
    told = ask_all(KeepsNoCommands(wire, Random(seed)), "w", 20)
    store = store_at(wire.url)
    assert any("events instead of" in wrong for wrong in wrongs(store, told, told))
    store.close()
