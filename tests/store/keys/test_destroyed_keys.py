"""A key is made before what it closes is recorded, and what it closed is gone everywhere when it is destroyed."""

import subprocess
import sys
from collections.abc import Callable
from threading import Event as ThreadEvent
from threading import Thread

import pytest

from pipeline_engine.envelope import Recorded
from pipeline_engine.errors import SubjectIsErased, UnreadableEvent
from pipeline_engine.store import Draft, Fold, Store, StreamAppend
from pipeline_engine.store.keys import sealing
from pipeline_engine.store.keys.model import COMMANDS
from pipeline_engine.values import Personal
from tests.store.given import Noted, draft
from tests.store.keys.given import MAIL, keys_of, note, texts

pytestmark = pytest.mark.slow

Open = Callable[..., Store]


def _newest(state: str | None, recorded: Recorded) -> str | None:
    return recorded.event.text.value if isinstance(recorded.event, Noted) else state


NEWEST: Fold[str | None] = Fold("newest", _newest)


def test_each_subject_has_one_key(store: Store) -> None:
    """Two values about one subject are closed by one key; two subjects never share one."""
    note(store, "c-1")
    note(store, "c-2", "another text")
    note(store, "c-3", subject="person:p-7")
    assert sorted(row.subject for row in keys_of(store).rows()) == ["deal:D-1", "person:p-7", COMMANDS]


def test_two_who_make_the_key_of_one_subject_end_up_with_one(lasting_url: str, opened: Open) -> None:
    """Processes that are first at the same time lose nothing: one key stands, and both close with it."""
    stores = [opened(lasting_url) for _ in range(4)]
    writers = [
        Thread(target=note, args=(store, f"c-{nth}"), kwargs={"stream": f"deal:D-{nth}", "subject": "person:p-7"})
        for nth, store in enumerate(stores)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(row.subject for row in keys_of(stores[0]).rows()) == ["person:p-7", COMMANDS]
    assert [texts(stores[0], f"deal:D-{nth}") for nth in range(4)] == [[MAIL]] * 4


def test_a_key_is_there_before_the_event_that_needs_it(lasting_url: str, opened: Open) -> None:
    """An append that breaks off leaves a key too many, never an event whose key is missing."""
    store = opened(lasting_url)

    def broken(*_: object) -> int:
        raise RuntimeError("the power went")

    store._log.append = broken  # type: ignore[method-assign, assignment]  # the fault of this test
    with pytest.raises(RuntimeError):
        note(store, "c-1")
    other = opened(lasting_url)
    assert sorted(row.subject for row in keys_of(other).rows()) == ["deal:D-1", COMMANDS]
    assert other.events("deal:D-1") == []


def test_after_its_key_is_destroyed_a_value_is_erased_and_the_event_stays(store: Store) -> None:
    """History and counts stay; what was said about the person is None from then on, and of nobody else."""
    note(store, "c-1")
    note(store, "c-2", "about somebody else", subject="person:p-7")
    keys_of(store).destroy("deal:D-1", "1")
    assert texts(store) == [None, "about somebody else"]


def test_states_that_were_kept_forget_what_was_erased(store: Store) -> None:
    """A state in memory was folded while the key was there; it is folded anew."""
    note(store, "c-1")
    assert store.load("deal:D-1", NEWEST) == (MAIL, 1)
    keys_of(store).destroy("deal:D-1", "1")
    assert store.load("deal:D-1", NEWEST) == (None, 1)


def test_another_process_opens_nothing_either_once_the_erasure_is_acknowledged(lasting_url: str, opened: Open) -> None:
    """Its keys and states in memory are given up in time: an erasure is acknowledged only after that."""
    mine = opened(lasting_url)
    note(mine, "c-1")
    assert mine.load("deal:D-1", NEWEST) == (MAIL, 1)
    code = (
        "import sys; from tests.store.given import store_at\n"
        "from tests.store.keys.given import keys_of\n"
        "keys_of(store_at(sys.argv[1])).destroy('deal:D-1', '1')"
    )
    subprocess.run([sys.executable, "-c", code, lasting_url], check=True)
    assert mine.load("deal:D-1", NEWEST) == (None, 1)
    assert texts(mine) == [None]


def test_keys_in_memory_would_open_it_still_if_they_were_never_looked_at_again(
    lasting_url: str, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: with a lease that does not end, the same reading shows the text after the erasure."""
    mine, other = opened(lasting_url), opened(lasting_url)
    note(mine, "c-1")
    keys_of(other).destroy("deal:D-1", "1")
    monkeypatch.setattr(sealing, "LEASE_SECONDS", 3600)
    assert texts(mine) == [MAIL]


def test_an_erasure_is_carried_out_once(store: Store) -> None:
    """Carried out again, it does not reach what was recorded since: that has a key of its own."""
    note(store, "c-1")
    assert keys_of(store).destroy("deal:D-1", "1")
    note(store, "c-2", "recorded since")
    assert not keys_of(store).destroy("deal:D-1", "1")
    assert texts(store) == [None, "recorded since"]
    assert keys_of(store).destroy("deal:D-1", "2")
    assert texts(store) == [None, None]


def test_nothing_more_is_recorded_about_a_person_who_was_erased(lasting_url: str, opened: Open) -> None:
    """An import that runs again must not bring them back; every process refuses, and records nothing."""
    store, other = opened(lasting_url), opened(lasting_url)
    note(store, "c-1", subject="person:p-7")
    note(other, "c-2", subject="person:p-7")
    keys_of(store).destroy("person:p-7", "1")
    for each in (store, other, opened(lasting_url)):
        with pytest.raises(SubjectIsErased, match="`person:p-7` was erased"):
            note(each, "c-3", subject="person:p-7")
        with pytest.raises(SubjectIsErased):
            each.append_many([StreamAppend("deal:D-2", 0, (_note_about("person:p-7"),))])
    assert store.position() == 2


def _note_about(subject: str) -> Draft:
    return draft(Noted(text=Personal(subject, MAIL)))


def test_a_person_of_whom_nothing_is_known_yet_is_erased_all_the_same(store: Store) -> None:
    """Whoever asks to be left out is left out, also where nothing had been sealed about them."""
    keys_of(store).destroy("person:p-7", "1")
    with pytest.raises(SubjectIsErased):
        note(store, "c-1", subject="person:p-7")


def test_many_subjects_at_once_are_sealed_though_few_keys_are_kept_in_memory(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys in memory are bounded; what does not fit is looked up again."""
    monkeypatch.setattr(sealing, "KEPT", 7)
    batch = [StreamAppend(f"deal:D-{n}", 0, (_note_about(f"deal:D-{n}"),)) for n in range(50)]
    store.append_many(batch)
    assert [texts(store, f"deal:D-{n}") for n in range(50)] == [[MAIL]] * 50
    assert len(keys_of(store)._by_id) <= 7
    assert len(keys_of(store)._by_subject) <= 7


def test_a_key_that_is_missing_and_was_not_destroyed_is_no_erasure(lasting_url: str, opened: Open) -> None:
    """Keys from an older back-up do not know the newer subjects: that is said, and never taken for an erasure."""
    store = opened(lasting_url)
    note(store, "c-1")
    with keys_of(store)._rows.transaction() as run:  # type: ignore[attr-defined]  # what a wrong restore would do
        run("DELETE FROM {at}subject_keys")
    with pytest.raises(UnreadableEvent, match=r"its key is not in .*; restore the keys from a later back-up"):
        opened(lasting_url).events("deal:D-1")


def test_nothing_that_is_shown_shows_a_key(store: Store) -> None:
    """Neither what is printed of keys nor an error holds their bytes."""
    note(store, "c-1")
    keys = keys_of(store)
    secrets = [secret for _, secret in keys.plain_rows() if secret]
    wrapped = [row.wrapped for row in keys.rows() if row.wrapped]
    shown = "".join(map(repr, [keys, keys._master, *keys.rows(), *keys._by_id.values(), keys._rows.state()]))
    assert len(secrets) == len(wrapped) == 2
    for secret in (*secrets, *wrapped):
        assert repr(secret)[2:-1] not in shown
        assert secret.hex() not in shown
    assert keys._master.written() not in shown
    assert keys._master.written() not in repr([keys._master.written(), keys._rows.state().kept])


@pytest.mark.parametrize("erasures", [pytest.param(4, id="ci"), pytest.param(40, marks=pytest.mark.soak, id="soak")])
def test_erasing_while_others_write_leaves_every_event_readable(lasting_url: str, opened: Open, erasures: int) -> None:
    """What was acknowledged before an erasure began is erased, what is written after it is not, and none is lost."""
    stores, stop, written = [opened(lasting_url) for _ in range(3)], ThreadEvent(), list[tuple[int, int]]()

    def write(who: int) -> None:
        number = 0
        while not stop.is_set():
            note(stores[who], f"c-{who}-{number}", f"{who}-{number}")
            written.append((who, number))
            number += 1

    writers = [Thread(target=write, args=(who,)) for who in (0, 1)]
    for writer in writers:
        writer.start()
    before = list[tuple[int, int]]()
    for nth in range(erasures):
        before = list(written)
        keys_of(stores[2]).destroy("deal:D-1", str(nth))
    stop.set()
    for writer in writers:
        writer.join()
    note(stores[0], "c-last", "after the last one")
    found = texts(opened(lasting_url))
    assert len(found) == len(written) + 1
    assert found[-1] == "after the last one"
    assert {f"{who}-{number}" for who, number in before} & {text for text in found if text} == set()
    # The control: something was written before the last erasure, and it was reached.
    assert before
    assert None in found
