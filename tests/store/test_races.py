"""Two writers at once: nothing is lost, and no decision stands on what is no longer so.

Every test that expects no loss has a control beside it, which takes one guard away and must lose something.
"""

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from eventsourcing.persistence import StoredEvent

from pipeline_engine.errors import StoreUnreachable, WrongExpectedVersion
from pipeline_engine.store import Decision, Reader, Receipt, Store
from pipeline_engine.store.answering import ATTEMPTS
from pipeline_engine.store.event_store import PATIENCE
from pipeline_engine.store.log import Append, Conflict, OutcomeUnknown
from tests.store.given import COUNT, Counted, Meddled, appending, ask, count_many, draft

WRITERS = 6
COMMANDS = 15


def race(stores: Sequence[Store]) -> list[Receipt]:
    """Every store counts on one stream from a thread of its own, all at the same time."""
    start = Barrier(len(stores))

    def write(nth: int) -> list[Receipt]:
        start.wait()
        return [ask(stores[nth], f"w{nth}-{number}") for number in range(COMMANDS)]

    with ThreadPoolExecutor(len(stores)) as threads:
        return [receipt for receipts in threads.map(write, range(len(stores))) for receipt in receipts]


def missing(store: Store, receipts: Sequence[Receipt]) -> int:
    """How many acknowledged commands are not in the log where their receipt says."""
    there = {(event.version, event.envelope.command_id) for event in store.events("deal:D-1")}
    return len(receipts) - len({version for version, _ in there} & {receipt.first for receipt in receipts})


def test_threads_that_share_a_store_lose_nothing(store: Store):
    """Writers on one stream are all acknowledged, each event is there once, and the versions have no gap."""
    receipts = race([store] * WRITERS)
    assert missing(store, receipts) == 0
    assert [row.version for row in store.rows(0, 1000)] == list(range(1, WRITERS * COMMANDS + 1))
    assert store.load("deal:D-1", COUNT) == (WRITERS * COMMANDS, WRITERS * COMMANDS)


def test_stores_that_share_a_database_lose_nothing(lasting_url: str, opened: Callable[..., Store]):
    """Writers with connections and caches of their own are checked by the database, and decide anew."""
    stores = [opened(lasting_url) for _ in range(3)]
    receipts = race(stores)
    assert missing(stores[0], receipts) == 0
    assert {store.load("deal:D-1", COUNT) for store in stores} == {(3 * COMMANDS, 3 * COMMANDS)}


class FalseAcknowledgement(Meddled):
    """Says that it recorded what it refused."""

    def append(self, events: Sequence[StoredEvent], append: Append) -> int:
        """Swallows the conflict."""
        try:
            return self.log.append(events, append)
        except Conflict:
            return 0


def test_control_a_false_acknowledgement_is_a_loss(lasting_url: str):
    """Control: where a conflict is swallowed, the same race must find acknowledged commands missing."""
    logs = [FalseAcknowledgement(lasting_url) for _ in range(2)]
    first, second = (log.store() for log in logs)
    behind = appending(Counted(), command_id="late")

    def overtaken(state: int | None, version: int, reader: Reader) -> Decision:
        ask(second, f"quick-{version}")
        return behind(state, version, reader)

    receipts = [ask(first, "late", overtaken), *race([first, second])]
    assert missing(first, receipts) > 0
    for log in logs:
        log.close()


def test_two_processes_share_one_database(lasting_url: str, opened: Callable[..., Store]):
    """Writers in processes of their own lose nothing either, and a third one sees what both wrote."""
    store = opened(lasting_url)
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=count_many, args=(lasting_url, who, 25)) for who in ("a", "b")]
    for writer in writers:
        writer.start()
    count_many(lasting_url, "c", 10)
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert store.load("deal:D-1", COUNT) == (60, 60)
    assert len({recorded.envelope.command_id for recorded in store.events("deal:D-1")}) == 60


def test_the_same_command_from_many_threads_is_recorded_once(store: Store):
    """Clients that all send one command get one answer; exactly one of them recorded it."""
    start = Barrier(WRITERS)

    def send(_: int) -> Receipt:
        start.wait()
        return ask(store, "c-1")

    with ThreadPoolExecutor(WRITERS) as threads:
        receipts = list(threads.map(send, range(WRITERS)))
    assert sorted(receipt.known for receipt in receipts) == [False] + [True] * (WRITERS - 1)
    assert {(receipt.first, receipt.position) for receipt in receipts} == {(1, 1)}
    assert store.position() == 1


def decide_while_revoked(store: Store, decided: list[int]) -> Callable[[int | None, int, Reader], Decision]:
    """A move that needs an odd count on `person:rep`; while it is decided first, that count changes."""

    def decide(state: int | None, version: int, reader: Reader) -> Decision:
        role, _ = reader.state("person:rep", COUNT)
        decided.append(role or 0)
        if len(decided) == 1:
            ask(store, "revoke", stream="person:rep")
        return Decision((draft(Counted()),)) if role == 1 else Decision()

    return decide


def test_a_role_revoked_while_deciding_is_seen(store: Store):
    """What a decision read elsewhere is checked under the lock; where it changed, it is decided anew."""
    ask(store, "grant", stream="person:rep")
    decided: list[int] = []
    receipt = ask(store, "move", decide_while_revoked(store, decided))
    assert decided == [1, 2]
    assert receipt.last < receipt.first
    assert store.events("deal:D-1") == []


class ForgetsReads(Meddled):
    """Checks the stream that is written to and forgets what was read elsewhere."""

    def append(self, events: Sequence[StoredEvent], append: Append) -> int:
        """Checks one version only."""
        stream = append.command.stream
        return self.log.append(events, append._replace(versions={stream: append.versions[stream]}))


def test_control_without_the_check_a_revoked_role_still_moves(url: str):
    """Control: the same interleaving, where reads are not checked, must let the move through."""
    log = ForgetsReads(url)
    store = log.store()
    ask(store, "grant", stream="person:rep")
    decided: list[int] = []
    receipt = ask(store, "move", decide_while_revoked(store, decided))
    assert (decided, receipt.first, receipt.last) == ([1], 1, 1)
    log.close()


def test_a_stream_read_before_it_exists_is_checked_too(store: Store):
    """That a stream has no events is a fact like any other, and checked like any other."""
    seen: list[int] = []

    def decide(state: int | None, version: int, reader: Reader) -> Decision:
        seen.append(reader.state("person:new", COUNT)[1])
        if len(seen) == 1:
            ask(store, "added", stream="person:new")
        return Decision((draft(Counted()),))

    ask(store, "move", decide)
    assert seen == [0, 1]


def test_a_slow_decision_is_not_overtaken_for_ever(store: Store):
    """A command that lost several times keeps other writers out, and is recorded."""
    tries: list[int] = []

    def slow(state: int | None, version: int, reader: Reader) -> Decision:
        tries.append(version)
        if len(tries) <= PATIENCE:
            ask(store, f"quick-{version}")
        return Decision((draft(Counted()),))

    assert ask(store, "slow", slow).first == PATIENCE + 1
    assert len(tries) == PATIENCE + 1


def test_a_decision_that_writes_while_it_keeps_others_out_is_refused(store: Store):
    """A decision is pure; one that writes is told so before its writes could be undone."""

    def writes(state: int | None, version: int, reader: Reader) -> Decision:
        ask(store, f"inner-{version}")
        return Decision((draft(Counted()),))

    with pytest.raises(RuntimeError, match="must not write"):
        ask(store, "outer", writes)
    assert store.position() == PATIENCE
    assert ask(store, "c-1").first == PATIENCE + 1


class AlwaysBehind(Meddled):
    """Another writer is first every time."""

    def append(self, events: Sequence[StoredEvent], append: Append) -> int:
        """Refuses."""
        raise Conflict("somebody was first")


def test_writers_that_never_win_give_up(url: str):
    """A command that loses every time ends in an error that says so, and is not recorded."""
    log = AlwaysBehind(url)
    store = log.store()
    with pytest.raises(WrongExpectedVersion, match=f"lost {ATTEMPTS} times"):
        ask(store, "c-1")
    assert store.receipt("c-1") is None
    log.close()


class LosesReplies(Meddled):
    """Loses the reply of the first appends: after they were recorded, or before."""

    recorded = True
    times = 1

    def append(self, events: Sequence[StoredEvent], append: Append) -> int:
        """Breaks off."""
        position = self.log.append(events, append) if self.recorded or not self.times else 0
        if self.times:
            self.times -= 1
            raise OutcomeUnknown("the line went dead")
        return position

    def append_many(self, events: Sequence[StoredEvent], versions: object) -> int:
        """Breaks off."""
        raise OutcomeUnknown("the line went dead")


@pytest.mark.parametrize("recorded", [True, False])
def test_a_lost_reply_is_looked_up(url: str, recorded: bool):
    """Where the reply is lost the command id tells what happened; the event is there once."""
    log = LosesReplies(url)
    log.recorded = recorded
    store = log.store()
    receipt = ask(store, "c-1")
    assert (receipt.first, receipt.last, receipt.known) == (1, 1, recorded)
    assert [row.version for row in store.rows(0, 10)] == [1]
    log.close()


def test_a_line_that_stays_dead_is_an_error(url: str):
    """Where no reply ever comes, the caller is told to ask again with the same id."""
    log = LosesReplies(url)
    log.recorded, log.times = False, 1000
    store = log.store()
    with pytest.raises(StoreUnreachable, match="ask again with the same id"):
        ask(store, "c-1")
    with pytest.raises(StoreUnreachable, match="look whether it is there"):
        store.append_many([])
    log.close()
