"""What every backend promises, proved on each of them."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from pipeline_engine.envelope import Envelope, Recorded
from pipeline_engine.errors import BadValue, CommandIdReused, StoreUnreachable, UnreadableEvent, WrongExpectedVersion
from pipeline_engine.store import IDENTITY, Decision, Draft, Fold, Reader, Receipt, Store, StreamAppend
from pipeline_engine.store.codec import Codec
from pipeline_engine.store.folds import Folds
from pipeline_engine.values import microseconds
from tests.store.given import (
    COUNT,
    EVENTS,
    FRIDAY,
    Clock,
    Counted,
    Meddled,
    Noted,
    Opened,
    appending,
    ask,
    draft,
    personal,
)


def never(state: int | None, version: int, reader: Reader) -> Decision:
    """A decision that must not be asked for."""
    raise AssertionError("decided, though the answer was known")


def test_what_a_command_comes_to_is_appended_and_answered(store: Store):
    """A receipt names the versions that answer the command, and the position that shows them."""
    receipt = ask(store, "c-1", appending(Opened(), Counted(by=2)))
    assert receipt == Receipt("deal:D-1", 1, 2, 2, known=False)
    assert store.load("deal:D-1", COUNT) == (2, 2)


def test_an_event_comes_back_as_it_went_in(store: Store):
    """Nothing of an envelope or an event is lost on the way through the log."""
    event = Opened(title=personal("Möbel für Zoë"), fields={"email": personal("a@b.example"), "seats": 5})
    kept = Draft(Envelope(at=FRIDAY, actor="rep-03", command_id="c-1", via="cli"), event)
    ask(store, "c-1", lambda *_: Decision((kept,)))
    (recorded,) = store.events("deal:D-1")
    assert (recorded.envelope, recorded.event) == (kept.envelope, event)
    assert (recorded.stream, recorded.version, recorded.position) == ("deal:D-1", 1, 1)


def test_an_event_without_a_time_stays_without_one(store: Store):
    """A time nobody knows is never invented."""
    undated = Draft(Envelope(at=None, at_precision="unknown", actor="crm", command_id="i-1", via="import"), Counted())
    store.append_many([StreamAppend("deal:D-1", 0, (undated,))])
    assert store.events("deal:D-1")[0].envelope.at is None


def test_asked_twice_recorded_once(store: Store):
    """The same command id with the same request is answered by its first receipt, without deciding again."""
    first = ask(store, "c-1")
    again = ask(store, "c-1", never)
    assert again == Receipt(first.stream, first.first, first.last, first.position, known=True)
    assert store.position() == 1


def test_a_command_id_is_not_used_for_two_requests(store: Store):
    """The same id with another digest is refused, and nothing is recorded."""
    ask(store, "c-1")
    with pytest.raises(CommandIdReused, match="`c-1`"):
        ask(store, "c-1", never, digest="another")
    assert store.position() == 1


def test_a_command_that_changes_nothing_is_remembered(store: Store):
    """A decision without events is answered with `last < first`, and asking again decides nothing."""
    ask(store, "c-1")
    nothing = ask(store, "c-2", lambda *_: Decision())
    assert nothing == Receipt("deal:D-1", 2, 1, 1, known=False)
    assert ask(store, "c-2", never) == Receipt("deal:D-1", 2, 1, 1, known=True)


def test_a_repeated_refusal_points_to_the_first(store: Store):
    """A decision that repeats an earlier event appends nothing; its receipt points to that event."""
    ask(store, "c-1")
    ask(store, "c-2")
    repeated = ask(store, "c-3", lambda *_: Decision(repeats=1))
    assert (repeated.first, repeated.last, store.position()) == (1, 1, 2)


def test_what_decide_raises_leaves_no_trace(store: Store):
    """Bad input is an error and no event: the command id is free again."""

    def wrong(*_: Any) -> Decision:
        raise BadValue("amount", "ten", "a number")

    with pytest.raises(BadValue):
        ask(store, "c-1", wrong)
    assert (store.receipt("c-1"), store.position()) == (None, 0)
    assert ask(store, "c-1").known is False


def test_a_receipt_can_be_asked_for_later(store: Store):
    """Whoever lost the reply learns the true outcome by the command id."""
    first = ask(store, "c-1")
    assert store.receipt("c-1") == Receipt("deal:D-1", 1, 1, first.position, known=True)
    assert store.receipt("c-2") is None


def test_record_times_never_go_back(store: Store, clock: Clock):
    """A clock that is set back does not reorder what is known: the record time is at least the last one."""
    ask(store, "c-1")
    clock.back(hours=2)
    ask(store, "c-2", stream="deal:D-2")
    store.append_many([StreamAppend("deal:D-3", 0, (draft(Counted()),))])
    assert [row.recorded_at for row in store.rows(0, 10)] == [microseconds(FRIDAY)] * 3
    clock.now = FRIDAY.replace(hour=11)
    ask(store, "c-3")
    assert store.rows(3, 1)[0].recorded_at == microseconds(clock.now)


def test_the_log_is_read_by_position_in_pages(store: Store):
    """Rows after a position come in the order of positions, at most as many as asked for."""
    for number in range(5):
        ask(store, f"c-{number}", stream=f"deal:D-{number}")
    page = store.rows(1, 3)
    assert [(row.position, row.stream, row.version, row.name) for row in page] == [
        (number + 1, f"deal:D-{number}", 1, "Counted") for number in (1, 2, 3)
    ]
    assert isinstance(page[0].payload, bytes)
    assert (store.rows(5, 10), store.position()) == ([], 5)


def test_events_of_a_stream_after_a_version(store: Store):
    """A stream is read in the order of its versions, from any of them on."""
    ask(store, "c-1", appending(Opened(), Counted(by=2), Counted(by=3)))
    assert [recorded.version for recorded in store.events("deal:D-1", after=1)] == [2, 3]
    assert store.events("deal:D-9") == []
    assert store.load("deal:D-9", COUNT) == (None, 0)


def test_streams_are_listed_bytewise(store: Store):
    """Stream ids are compared by their bytes, on every backend and whatever the server's language is."""
    ids = ["deal:B", "deal:a", "deal:Ä", "deal:b-1", "deal:b", "deal:𝄞", "deal:～", "person:a"]
    for number, stream in enumerate(ids):
        ask(store, f"c-{number}", stream=stream)
    assert list(store.streams("deal:")) == sorted(ids[:-1], key=str.encode)
    assert list(store.streams("person:")) == ["person:a"]
    assert list(store.streams("")) == sorted(ids, key=str.encode)


@pytest.mark.parametrize("name", ["", "deal:\0", "deal:\n", "deal:" + "x" * 200, "deal:\ud800"])
def test_names_are_short_and_printable(store: Store, name: str):
    """A stream or a command id that a database cannot keep, or a person cannot read, is refused."""
    with pytest.raises(BadValue):
        ask(store, "c-1", stream=name)
    with pytest.raises(BadValue):
        ask(store, name)


def test_a_batch_is_appended_whole(store: Store):
    """A bulk append may touch many streams, one of them more than once; it returns the position."""
    batch = [
        StreamAppend("deal:D-1", 0, (draft(Opened()), draft(Counted(by=4)))),
        StreamAppend("deal:D-2", 0, (draft(Opened()),)),
        StreamAppend("deal:D-1", 2, (draft(Counted(by=5)),)),
    ]
    assert store.append_many(batch) == store.position() == 4
    assert store.load("deal:D-1", COUNT) == (9, 3)


@pytest.mark.parametrize("late", [0, 2])
def test_a_batch_with_one_wrong_version_appends_nothing(store: Store, late: int):
    """All or nothing: a stream that is behind or ahead of what is expected keeps the batch out."""
    ask(store, "c-1")
    with pytest.raises(WrongExpectedVersion):
        store.append_many([
            StreamAppend("deal:D-2", 0, (draft(Opened()),)),
            StreamAppend("deal:D-1", late, (draft(Counted()),)),
        ])  # fmt: skip
    assert (store.position(), store.events("deal:D-2")) == (1, [])


def test_a_batch_that_contradicts_itself_is_refused(store: Store):
    """The second part for a stream must go on where the first one ended."""
    part = StreamAppend("deal:D-1", 0, (draft(Counted()),))
    with pytest.raises(WrongExpectedVersion, match="leaves stream `deal:D-1` at 1"):
        store.append_many([part, part])
    assert store.position() == 0


def test_an_empty_batch_is_no_error(store: Store):
    """Nothing to append leaves the log where it is."""
    ask(store, "c-1")
    assert store.append_many([]) == 1


def test_states_are_carried_on(store: Store):
    """A state that was folded once is folded on with the new events only."""
    seen: list[int] = []

    def evolve(state: int | None, recorded: Recorded) -> int:
        seen.append(recorded.version)
        return (state or 0) + 1

    counting = Fold("counting", evolve)
    for number in range(3):
        ask(store, f"c-{number}")
        assert store.load("deal:D-1", counting) == (number + 1, number + 1)
    assert seen == [1, 2, 3]


def test_an_event_that_rewrites_what_was_before_it_takes_the_whole_stream(store: Store):
    """Where an event changes what earlier ones add up to, the stream is read again up to it; elsewhere it is not."""
    read: list[int] = []

    def again(state: int | None, history: Sequence[Recorded]) -> int:
        read.append(len(history))
        return 100 * (state or 0) + len(history)

    fold = Fold("rewritten", lambda state, recorded: (state or 0) + 1, rewrites=(Noted,), refold=again)
    ask(store, "c-1", appending(Counted(), Counted()))
    assert store.load("deal:D-1", fold) == (2, 2)
    ask(store, "c-2", appending(Noted(text=personal("no")), Counted()))
    assert (store.load("deal:D-1", fold), read) == ((204, 4), [3])
    assert (store.load("deal:D-1", fold), read) == ((204, 4), [3])


def test_the_doctor_finds_nothing_wrong(store: Store, url: str):
    """A store that was used as it should be has no finding, except that memory does not last."""
    ask(store, "c-1", appending(Opened(), Noted(text=personal("hello"))))
    wrong = [finding.check for finding in store.findings() if not finding.ok]
    assert wrong == (["durability"] if url == "memory://" else [])


def test_only_the_newest_states_are_kept(url: str):
    """A store that has seen many streams keeps a bounded number of states, and folds the others again."""
    log = Meddled(url)
    store = log.store()
    for number in range(3):
        ask(store, f"c-{number}", stream=f"deal:D-{number}")
    folds = Folds(log.log, Codec(EVENTS, IDENTITY), kept=2)
    for number in (0, 1, 2, 0):
        assert folds.load(f"deal:D-{number}", COUNT) == (1, 1)
    assert [stream for _, stream in folds._states] == ["deal:D-2", "deal:D-0"]
    log.close()


def test_a_closed_store_says_so(lasting_url: str, opened: Callable[..., Store]):
    """Nothing is opened again behind the caller's back, and the answer comes at once."""
    store = opened(lasting_url)
    ask(store, "c-1")
    store.close()
    with pytest.raises(StoreUnreachable, match="is closed"):
        store.position()
    with pytest.raises(StoreUnreachable, match="is closed"):
        ask(store, "c-2")


def test_rows_of_an_unknown_event_are_not_handed_out(lasting_url: str, opened: Callable[..., Store]):
    """Who reads raw rows goes by their names and would pass over a newer event: it is an error that names it."""
    ask(opened(lasting_url), "c-1")
    older = opened(lasting_url, events={name: kind for name, kind in EVENTS.items() if name != "Counted"})
    with pytest.raises(UnreadableEvent, match=r"event 1 of stream `deal:D-1` \(position 1\).*`Counted`"):
        older.rows(0, 10)
