"""Whoever moves, changes or looks at a deal beside others is answered as if each had come alone, one after the other.

Two checkers that share nothing say so: one searches for an order of what the clients saw, one takes the log's order
and holds every answer against it. Each control breaks the store on purpose, and both checkers must see it.
"""

from collections.abc import Sequence
from random import Random
from time import monotonic, sleep
from typing import Any, cast

import pytest
from eventsourcing.persistence import StoredEvent

from pipeline_engine.store import Row
from pipeline_engine.store.log import Append, Command, Conflict, Log
from tests.order.asked import Meddle, Note, engine_at, in_processes, in_threads, overlapping, prepare
from tests.order.search import has_an_order, without_order
from tests.order.witness import not_borne_out

pytestmark = pytest.mark.slow

CLIENTS = 4
SIZES = [
    pytest.param(100, 5_000, 6, marks=pytest.mark.slow),
    pytest.param(100, 50_000, 61, marks=pytest.mark.soak),
]


@pytest.mark.parametrize(("deals", "operations", "seed"), SIZES)
def test_every_history_has_an_order(lasting_url: str, deals: int, operations: int, seed: int) -> None:
    """Clients in processes of their own get answers that one clerk could have given, and the log bears each out."""
    prepare(lasting_url, deals)
    begin = monotonic()
    notes = in_processes(lasting_url, CLIENTS, (seed, deals, operations))
    between = overlapping(notes)
    print(f"seed {seed}: {len(notes)} operations, {between} overlapped, {monotonic() - begin:.0f} s")  # noqa: T201 -- a random test says its seed
    assert len(notes) == operations
    assert between > operations / 20
    assert without_order(notes) == []
    with engine_at(lasting_url) as engine:
        assert not_borne_out(engine._store, notes) == []
        fidelity = engine.backtest(engine.process("race")).fidelity
    assert fidelity.reproduced == fidelity.replayable > operations / 10


class Over:
    """A log that does what the one below does, but for what a fault changes."""

    def __init__(self, log: Log) -> None:
        self.log, self.random = log, Random(6)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.log, name)


class Unchecked(Over):
    """Decides now and then on an older version, and appends it behind what others appended meanwhile."""

    def begin(self, command_id: str, stream: str, after: int) -> tuple[Command | None, list[Row]]:
        """Nothing new, every other time."""
        known, rows = self.log.begin(command_id, stream, after)
        return known, [] if after and self.random.random() < 0.5 else rows

    def append(self, events: Sequence[StoredEvent], append: Append) -> int:
        """Take the next version there is, whatever was decided on."""
        sleep(0.001)
        try:
            return self.log.append(events, append)
        except Conflict:
            stream, command = append.command.stream, append.command
            at = len(self.log.stream_rows(stream, 0))
            moved = [StoredEvent(e.originator_id, at + n, e.topic, e.state) for n, e in enumerate(events, 1)]
            return self.append(moved, Append(command._replace(first=at + 1, last=at + len(moved)), {stream: at}))


class Stale(Over):
    """Answers now and then from what was read before, without asking what is new."""

    def stream_rows(self, stream: str, after: int) -> list[Row]:
        """Nothing new, every other time."""
        return [] if after and self.random.random() < 0.5 else self.log.stream_rows(stream, after)


class FalseAcknowledgement(Over):
    """Says that it recorded what another writer kept it from recording."""

    def append(self, events: Sequence[StoredEvent], append: Append) -> int:
        """Swallow the conflict."""
        sleep(0.001)
        try:
            return self.log.append(events, append)
        except Conflict:
            return 0


@pytest.mark.parametrize("fault", [Unchecked, Stale, FalseAcknowledgement])
def test_control_both_checkers_see_a_store_that_is_broken(lasting_url: str, fault: Any) -> None:
    """Control: without the version check, from a stale cache or with a false yes, neither checker is content."""
    prepare(lasting_url, 6)
    notes = in_threads(lasting_url, CLIENTS, (6, 6, 600), cast("Meddle", fault))
    assert without_order(notes) != []
    with engine_at(lasting_url) as engine:
        assert not_borne_out(engine._store, notes) != []


def test_control_threads_on_a_sound_store_content_both_checkers(lasting_url: str) -> None:
    """Control of the controls: the same clients on a log that nobody broke are answered in order."""
    prepare(lasting_url, 6)
    notes = in_threads(lasting_url, CLIENTS, (6, 6, 600), cast("Meddle", Over))
    assert without_order(notes) == []
    with engine_at(lasting_url) as engine:
        assert not_borne_out(engine._store, notes) == []


def noted(client: int, asked: int, answered: int, answer: Any, to: str | None = None) -> Note:
    """A note about one deal: a move where it says to where, else a look."""
    return Note(client, "D-1", "move" if to else "look", to, f"c{client}-{asked}", asked, answered, answer)


def test_the_search_knows_an_order_from_none() -> None:
    """A look beside a move may see either stage; after the move was answered it must not see the old one."""
    moved = noted(0, 1, 5, True, to="qualified")
    old, new = ("lead", None, 1), ("qualified", None, 2)
    assert has_an_order([moved, noted(1, 2, 3, old), noted(1, 4, 6, new)])
    assert has_an_order([moved, noted(1, 2, 3, new), noted(1, 4, 6, new)])
    assert not has_an_order([moved, noted(1, 2, 3, new), noted(1, 4, 6, old)])
    assert not has_an_order([moved, noted(1, 6, 7, old)])
    assert not has_an_order([moved, noted(1, 2, 3, True, to="proposal")])
