"""Views begin with the facts that are kept in the store, and are right whatever became of those."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from threading import Event, Thread

import psycopg
import pytest

from pipeline_engine.deal import ActivityLogged, DealOpened
from pipeline_engine.engine import Engine, keeping
from pipeline_engine.engine.shell import EVENTS
from pipeline_engine.envelope import Envelope
from pipeline_engine.errors import BadValue, UnreadableEvent
from pipeline_engine.facts import KeptFacts, Projector
from pipeline_engine.store import IDENTITY, Draft, Row, Store, StreamAppend, open_store
from tests.engine.shop import MONDAY, PROCESS, Clock

Opened = Callable[..., Engine]
COLUMNS = [
    pytest.param(100_000, marks=pytest.mark.slow, id="ci"), pytest.param(1_000_000, marks=pytest.mark.soak, id="soak")
]  # fmt: skip


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty events are worth a save."""
    monkeypatch.setattr(keeping, "LEAST", 20)


@pytest.fixture
def opened(lasting_url: str) -> Iterator[Opened]:
    """Opens the store as another process would."""
    engines: list[Engine] = []

    def open_one() -> Engine:
        store = open_store(lasting_url, clock=Clock(), clock_name="test", keys=IDENTITY, events=EVENTS)
        engines.append(Engine(store, Clock()))
        return engines[-1]

    yield open_one
    for engine in engines:
        engine.close()


def filled(engine: Engine, deals: int, first: int = 0, calls: int = 4) -> None:
    """Deals of an opening and some calls each."""
    if not first:
        engine.publish_text(PROCESS, "shop.yaml", by="ops")
    envelope = Envelope(at=MONDAY, actor="rep", via="import", command_id="c")
    drafts = (
        Draft(envelope, DealOpened(process="shop", version=1, stage="lead", owner="rep")),
        *(Draft(envelope, ActivityLogged(kind="call", minutes=n)) for n in range(calls)),
    )
    for start in range(first, first + deals, 500):
        names = range(start, min(start + 500, first + deals))
        store_of(engine).append_many([StreamAppend(f"deal:D-{n}", 0, drafts) for n in names])


def store_of(engine: Engine) -> Store:
    """The store beneath."""
    return engine._store


def from_nothing(engine: Engine) -> str:
    """The digest of the facts that the whole log makes."""
    projector = Projector(lenient=True)
    while rows := store_of(engine).rows_as_readable(projector.position, 20_000):
        projector.advance(rows)
    return projector.facts().digest()


def kept_position(engine: Engine) -> int:
    """Up to where facts are kept."""
    return engine._follower.keeping.looked_up()[0]


def run(url: str, statement: str) -> None:
    """A statement behind everybody's back, on the tables of the store at a URL."""
    if url.startswith("sqlite:"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as raw, raw:
            raw.execute(statement)
        return
    plain, _, schema = url.partition("?schema=")
    with psycopg.connect(plain, options=f"-csearch_path={schema}") as connection:
        connection.execute(statement.encode())


@pytest.mark.usefixtures("few")
def test_a_process_begins_with_what_another_kept(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads only what is new, and says the same as if it had read everything."""
    first = opened()
    filled(first, 10)
    first.facts()
    assert kept_position(first) == 51
    filled(first, 1, first=10)
    read: list[int] = []
    second = opened()
    as_it_was = store_of(second).rows_as_readable

    def told(after: int, limit: int) -> list[Row]:
        read.append(after)
        return as_it_was(after, limit)

    monkeypatch.setattr(store_of(second), "rows_as_readable", told)
    assert second.facts().digest() == from_nothing(first)
    assert (min(read), kept_position(second)) == (51, 51)


def test_a_small_store_keeps_nothing(opened: Opened) -> None:
    """A command is not made slower by what nobody needs."""
    engine = opened()
    filled(engine, 3)
    engine.facts()
    assert (engine.standings(), kept_position(engine)) == ([], 0)


SPOILED = [
    "UPDATE fact_parts_1 SET crc = crc + 1",
    "DELETE FROM fact_parts_1",
    "UPDATE fact_header_1 SET recorded_at = recorded_at + 1",
    "UPDATE followers SET position = position + 1000",
]


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("harm", SPOILED)
def test_what_is_spoiled_is_told_and_made_anew(opened: Opened, lasting_url: str, harm: str) -> None:
    """The answer is right at once; the doctor tells before, and whoever asks is told, once."""
    first = opened()
    filled(first, 10)
    digest = first.facts().digest()
    run(lasting_url, harm)
    second = opened()
    assert [each.ok for each in second.findings() if each.check == "view"] == [False]
    assert second.facts().digest() == digest
    assert "not believed" in second.notes()[0]
    third = opened()
    assert (third.facts().digest(), third.notes()) == (digest, [])
    assert [each.ok for each in third.findings() if each.check == "view"] == [True]


@pytest.mark.usefixtures("few")
def test_another_log_under_the_same_facts_is_noticed(opened: Opened, lasting_url: str) -> None:
    """A log that was put back and went another way since: its own facts are told."""
    first = opened()
    filled(first, 10)
    first.facts()
    run(lasting_url, "UPDATE stored_events SET recorded_at = recorded_at + 1")
    second = opened()
    assert second.facts().digest() == from_nothing(second)
    assert second.notes() == ["the facts kept in the store are not believed: the log is another one"]


@pytest.mark.usefixtures("few")
def test_other_code_makes_its_own_facts(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another version of the program kept is made anew; the older one that still runs adds nothing to it."""
    older = opened()
    filled(older, 10)
    older.facts()
    filled(older, 30, first=10)
    with monkeypatch.context() as patch:
        patch.setattr(KeptFacts, "shape", 7)
        newer = opened()
        assert newer.facts().digest() == from_nothing(newer)
        assert kept_position(newer) == 201
    filled(older, 30, first=40)
    with pytest.raises(Exception, match="another version of this program"):
        older._follower.keeping.follower.catch_up()
    assert older.facts().digest() == from_nothing(older)


@pytest.mark.usefixtures("few")
def test_who_may_only_read_is_right_too(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be saved, and the answer is that of the whole log."""
    engine = opened()
    filled(engine, 10)
    monkeypatch.setattr(keeping.Keeping, "save", lambda *_, **__: False)
    assert engine.facts().digest() == from_nothing(engine)
    filled(engine, 10, first=10)
    assert engine.facts().digest() == from_nothing(engine)
    assert kept_position(engine) == 0


@pytest.mark.usefixtures("few")
def test_of_two_that_save_at_once_one_does(opened: Opened) -> None:
    """Neither is harmed, and nothing is kept twice."""
    engines = [opened() for _ in range(3)]
    filled(engines[0], 60)
    found: list[str] = []
    threads = [Thread(target=lambda each=each: found.append(each.facts().digest())) for each in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [from_nothing(engines[0])] * 3
    assert opened().facts().digest() == found[0]


def spoil(url: str, deal: str) -> None:
    """The second event of a deal becomes none of ours."""
    value = "'{}'" if url.startswith("sqlite") else "'{}'::bytea"
    run(url, f"UPDATE stored_events SET state = {value} WHERE originator_id = 'deal:{deal}' AND originator_version = 2")


def test_an_event_that_cannot_be_read_is_left_out_and_told(opened: Opened, lasting_url: str) -> None:
    """Views go on without it and what follows in its deal, and say so; what is to be proved is refused."""
    engine = opened()
    filled(engine, 3)
    spoil(lasting_url, "D-1")
    looking = opened()
    assert looking.facts().activities.num_rows == 8
    assert looking.notes() == ["left out of this: 4 events; `follow parked facts` tells which and why"]
    assert [each.version for each in looking.parked("facts")] == [2, 3, 4, 5]
    assert [(each.name, each.parked) for each in looking.standings()] == [("facts", 4)]
    assert [each.ok for each in looking.findings() if each.check == "view"] == [False]
    for auditor in (looking, opened()):
        with pytest.raises(UnreadableEvent, match="event 2 of stream `deal:D-1`"):
            auditor.audit_refusals(since=None, until=None, limit=10, before=None)


def test_a_released_event_stays_out_and_the_rest_comes_back(opened: Opened, lasting_url: str) -> None:
    """For the process that released it, for one that was reading, and for one that comes later."""
    engine = opened()
    filled(engine, 3)
    spoil(lasting_url, "D-1")
    releasing, reading = opened(), opened()
    assert reading.facts().activities.num_rows == releasing.facts().activities.num_rows == 8
    assert len(releasing.retry("facts", "deal:D-1")) == 4
    assert releasing.release("facts", "deal:D-1", "it was spoilt", by="ops-1") == []
    for each in (releasing, reading, opened()):
        assert (each.facts().activities.num_rows, each.notes()) == (11, [])
    with pytest.raises(BadValue, match="put events aside"):
        releasing.release("facts", "deal:D-1", "it was spoilt", by="ops-1")


@pytest.mark.usefixtures("few")
def test_the_runner_keeps_them_and_adds_nothing_for_a_single_event(opened: Opened) -> None:
    """Once there is enough; a view that is run shows in the books."""
    engine = opened()
    filled(engine, 10)
    kept = engine._follower.keeping
    steps = [kept.step(), kept.step()]
    filled(engine, 1, first=10)
    assert (steps, kept.step()) == ([51, 0], 0)
    kept.beat("me", None)
    assert [(each.name, each.position, each.beat_by) for each in engine.standings()] == [("facts", 51, "me")]


@pytest.mark.parametrize("events", COLUMNS)
def test_facts_are_made_anew_under_load_and_nobody_sees_them_empty(
    opened: Opened, lasting_url: str, events: int
) -> None:
    """Row 10 of what the store survives: the same digest as live, while others write and read."""
    engine = opened()
    filled(engine, events // 50, calls=49)
    live = engine.facts()
    with watched(opened(), opened()) as seen:
        position = engine.rebuild_view("facts")
    assert position >= live.position
    assert min(seen) >= live.position
    assert opened().facts().digest() == engine.facts().digest() == from_nothing(engine)


@contextmanager
def watched(writing: Engine, reading: Engine) -> Iterator[list[int]]:
    """Somebody writes and somebody looks beside what is done: the positions of the facts that were seen."""
    stop, seen = Event(), list[int]()
    threads = [Thread(target=_write, args=(writing, stop)), Thread(target=_look, args=(reading, stop, seen))]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _write(engine: Engine, stop: Event) -> None:
    number = 10**6
    while not stop.wait(0.02):
        filled(engine, 1, first=number)
        number += 1


def _look(engine: Engine, stop: Event, seen: list[int]) -> None:
    while not stop.is_set():
        seen.append(kept_position(engine))


@pytest.mark.usefixtures("few")
def test_facts_that_are_cleared_in_place_are_seen_empty(opened: Opened, lasting_url: str) -> None:
    """The control: the same look tells of a rebuild that throws away what is being read."""
    engine = opened()
    filled(engine, 10)
    live = engine.facts()
    with watched(opened(), opened()) as seen:
        run(lasting_url, "UPDATE followers SET position = 0")
        while not seen or seen[-1]:
            pass
    assert min(seen) < live.position
