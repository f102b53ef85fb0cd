"""Many commands in one transaction: all of them are there, or none, whoever else writes and whatever breaks."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from pipeline_engine.errors import BadValue, CommandIdReused, StoreUnreachable
from pipeline_engine.store import Decision, Part, Reader, Receipt, Request, Store
from pipeline_engine.store.event_store import PATIENCE
from pipeline_engine.store.log import Command, NewRow, OutcomeUnknown
from tests.store.given import COUNT, Counted, Meddled, appending, ask, store_at

pytestmark = pytest.mark.slow

Kept = Sequence[Decision | None]
DEALS = tuple(f"deal:D-{number}" for number in range(5))


def part(stream: str, *, by: int = 1, digest: str = "d", prefix: str = "bulk") -> Part[int]:
    """Count something on a stream, as one command of many."""
    command = f"{prefix}/{stream}"
    return Part(stream, Request(command, digest), appending(Counted(by=by), command_id=command))


def all_of(decisions: Kept) -> Kept:
    """Everything is recorded."""
    return decisions


def together(store: Store, parts: Sequence[Part[int]], settle: Callable[[Kept], Kept] = all_of) -> list[Receipt | None]:
    """Ask for the parts in one transaction."""
    return store.transact_all(parts, COUNT, settle)


def counted(store: Store) -> list[int]:
    """What stands on each stream."""
    return [store.load(stream, COUNT)[0] or 0 for stream in DEALS]


def test_each_part_has_its_own_receipt(store: Store) -> None:
    """Every command is answered for itself, at a position at which all of them are seen."""
    ask(store, "before", stream=DEALS[0])
    receipts = together(store, [part(stream) for stream in DEALS])
    assert receipts == [
        Receipt(stream, 2 if stream == DEALS[0] else 1, 2 if stream == DEALS[0] else 1, 6, known=False)
        for stream in DEALS
    ]
    assert counted(store) == [2, 1, 1, 1, 1]


def test_asked_twice_they_are_recorded_once(store: Store) -> None:
    """The same ids with the same requests are answered by the first receipts, without deciding again."""
    first = together(store, [part(stream) for stream in DEALS])
    again = together(store, [part(stream) for stream in DEALS])
    assert [receipt and (receipt.first, receipt.last, receipt.known) for receipt in again] == [
        receipt and (receipt.first, receipt.last, True) for receipt in first
    ]
    assert store.position() == 5


def test_each_command_is_in_the_command_log(store: Store) -> None:
    """One of the many, asked for alone, is known; its id with another request is refused, and nothing is appended."""
    together(store, [part(stream) for stream in DEALS])
    assert store.receipt(f"bulk/{DEALS[3]}") == Receipt(DEALS[3], 1, 1, 5, known=True)
    with pytest.raises(CommandIdReused):
        together(store, [part("deal:new"), part(DEALS[3], digest="another")])
    assert (store.position(), store.events("deal:new")) == (5, [])


def test_what_settles_them_says_what_is_recorded(store: Store) -> None:
    """It sees what each came to; what it leaves out leaves no trace, and its command id is free."""

    def only_the_second(decisions: Kept) -> Kept:
        assert [decision and len(decision.drafts) for decision in decisions] == [1] * 5
        return [decision if number == 1 else None for number, decision in enumerate(decisions)]

    receipts = together(store, [part(stream) for stream in DEALS], only_the_second)
    assert [receipt is not None for receipt in receipts] == [False, True, False, False, False]
    assert (counted(store), store.receipt(f"bulk/{DEALS[0]}")) == ([0, 1, 0, 0, 0], None)


def test_a_part_without_events_is_remembered_and_a_repeated_one_points_back(store: Store) -> None:
    """Nothing to do is an answer too; so is an earlier refusal that said the same."""
    ask(store, "before", stream=DEALS[1])
    nothing: Part[int] = Part(DEALS[0], Request("n-1", "d"), lambda *_: Decision())
    same: Part[int] = Part(DEALS[1], Request("n-2", "d"), lambda *_: Decision(repeats=1))
    assert together(store, [nothing, same]) == [
        Receipt(DEALS[0], 1, 0, 1, known=False), Receipt(DEALS[1], 1, 1, 1, known=False),
    ]  # fmt: skip
    assert store.receipt("n-1") == Receipt(DEALS[0], 1, 0, 1, known=True)


def test_nothing_at_all_is_no_error(store: Store) -> None:
    """Of no parts nothing is recorded."""
    assert together(store, []) == []


def test_one_stream_is_asked_once(store: Store) -> None:
    """Two parts about one stream could not see each other, so they are refused."""
    with pytest.raises(BadValue, match="each stream once"):
        together(store, [part(DEALS[0]), part(DEALS[0], prefix="other")])
    assert store.position() == 0


def test_what_one_decision_raises_leaves_no_trace_of_any(store: Store) -> None:
    """Bad input in the third of five: none of the five is there, and every id is free."""

    def wrong(state: int | None, version: int, reader: Reader) -> Decision:
        raise BadValue("amount", "ten", "a number")

    parts = [part(stream) for stream in DEALS]
    parts[2] = Part(DEALS[2], Request("bad", "d"), wrong)
    with pytest.raises(BadValue):
        together(store, parts)
    assert (store.position(), store.receipt(f"bulk/{DEALS[0]}")) == (0, None)


def overtaken(store: Store, stream: str, times: int) -> tuple[Part[int], list[int]]:
    """A part that another writer overtakes while it is decided, a number of times, and what it found each time."""
    seen: list[int] = []

    def on(state: int | None, version: int, reader: Reader) -> Decision:
        seen.append(version)
        if len(seen) <= times:
            ask(store, f"quick-{len(seen)}", stream=stream)
        return Decision(appending(Counted())(state, version, reader).drafts)

    return Part(DEALS[0], Request("slow", "d"), on), seen


@pytest.mark.parametrize("stream", [DEALS[0], DEALS[4]])
def test_where_another_writer_was_first_all_are_decided_anew(store: Store, stream: str) -> None:
    """One stream moved on meanwhile, the first or the last: nothing was appended, and then everything is."""
    slow, seen = overtaken(store, stream, times=1)
    receipts = together(store, [*(part(other) for other in DEALS[1:]), slow])
    assert len(seen) == 2
    assert all(receipt and not receipt.known for receipt in receipts)
    assert counted(store) == [1 + (stream == each) for each in DEALS]


def test_who_hammers_on_a_stream_is_kept_out_after_some_patience(store: Store) -> None:
    """A bulk that lost several times is recorded all the same."""
    slow, seen = overtaken(store, DEALS[4], times=PATIENCE)
    assert None not in together(store, [part(DEALS[4]), slow])
    assert len(seen) == PATIENCE + 1


class ForgetsTheRest(Meddled):
    """Checks the versions of what is written to only."""

    def append_many(self, events: Sequence[NewRow], versions: dict[str, int], commands: Sequence[Command] = ()) -> int:
        """Forgets what else was read."""
        own = {stream: version for stream, version in versions.items() if stream.startswith("deal:")}
        return self.log.append_many(events, own, commands)


def test_control_without_the_check_what_was_read_may_have_changed(url: str) -> None:
    """Control: where versions are not checked, the same interleaving records a decision on what no longer holds."""
    log = ForgetsTheRest(url)
    store, seen = log.store(), []

    def on(state: int | None, version: int, reader: Reader) -> Decision:
        reader.state("person:rep", COUNT)
        seen.append(version)
        if len(seen) == 1:
            ask(store, "revoke", stream="person:rep")
        return Decision()

    reads: Part[int] = Part(DEALS[1], Request("reads", "d"), on)
    store.transact_all([part(DEALS[0]), reads], COUNT, all_of)
    assert len(seen) == 1
    log.close()


def test_a_role_that_is_revoked_while_many_are_decided_is_seen(store: Store) -> None:
    """What any of the decisions read elsewhere is checked with the append of all."""
    seen: list[int] = []

    def on(state: int | None, version: int, reader: Reader) -> Decision:
        seen.append(reader.state("person:rep", COUNT)[1])
        if len(seen) == 1:
            ask(store, "revoke", stream="person:rep")
        return Decision()

    together(store, [part(DEALS[0]), Part(DEALS[1], Request("reads", "d"), on)])
    assert seen == [0, 1]


class LosesReplies(Meddled):
    """Loses the reply of the first batch: after it was recorded, or before."""

    recorded, times = True, 1

    def append_many(self, events: Sequence[NewRow], versions: dict[str, int], commands: Sequence[Command] = ()) -> int:
        """Breaks off."""
        position = self.log.append_many(events, versions, commands) if self.recorded or not self.times else 0
        if self.times:
            self.times -= 1
            raise OutcomeUnknown("the line went dead")
        return position


@pytest.mark.parametrize("recorded", [True, False])
def test_a_lost_reply_is_looked_up_for_all(url: str, recorded: bool) -> None:
    """Where the reply is lost the command ids tell what happened; each event is there once."""
    log = LosesReplies(url)
    log.recorded = recorded
    store = log.store()
    receipts = together(store, [part(stream) for stream in DEALS])
    assert [receipt and receipt.known for receipt in receipts] == [recorded] * 5
    assert store.position() == 5
    log.close()


def test_a_line_that_stays_dead_is_an_error_for_all(url: str) -> None:
    """Where no reply ever comes, the caller is told to ask again with the same id, and nothing is there."""
    log = LosesReplies(url)
    log.recorded, log.times = False, 1000
    with pytest.raises(StoreUnreachable, match="ask again with the same id"):
        together(log.store(), [part(stream) for stream in DEALS])
    assert log.log.position() == 0
    log.close()


def test_racing_bulks_over_the_same_deals_are_each_there_whole(store: Store) -> None:
    """Six bulks at once over five deals: every deal has every one of them, and every bulk its own positions."""
    start = Barrier(6)

    def run(number: int) -> list[Receipt | None]:
        start.wait()
        return together(store, [part(stream, prefix=f"bulk-{number}") for stream in DEALS])

    with ThreadPoolExecutor(6) as threads:
        found = list(threads.map(run, range(6)))
    assert counted(store) == [6] * 5
    positions = {receipt.position for receipts in found for receipt in receipts if receipt}
    assert positions == {5, 10, 15, 20, 25, 30}


CRASH = """
import os, signal, sys
from tests.store.test_together import DEALS, all_of, part
from tests.store.given import COUNT, store_at
store = store_at(sys.argv[1])
kill = lambda: os.kill(os.getpid(), signal.SIGKILL)
if sys.argv[2] == "decided":
    store.transact_all([part(s) for s in DEALS], COUNT, lambda decisions: kill())
if sys.argv[2] == "written":
    note = store._log.recorder
    name = "_copy_rows" if hasattr(note, "_copy_rows") else None
    if name:
        rows = note._copy_rows
        note._copy_rows = lambda *a: (rows(*a), kill())
    else:
        appended = note.appended
        note.appended = lambda *a: (appended(*a), kill())
    store.transact_all([part(s) for s in DEALS], COUNT, all_of)
"""


@pytest.mark.parametrize("when", ["decided", "written"])
def test_a_process_killed_in_between_leaves_nothing_half_done(
    lasting_url: str, opened: Callable[..., Store], when: str
) -> None:
    """Killed after deciding, or after writing and before the end: nothing is there, and asked again all of it is."""
    opened(lasting_url)
    root = Path(__file__).resolve().parents[2]
    killed = subprocess.run(
        [sys.executable, "-c", CRASH, lasting_url, when], cwd=root, check=False, timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(root), *sys.path])},
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL
    store = store_at(lasting_url)
    assert (store.position(), store.receipt(f"bulk/{DEALS[0]}")) == (0, None)
    assert all(receipt and not receipt.known for receipt in together(store, [part(stream) for stream in DEALS]))
    assert counted(store) == [1] * 5
    store.close()
