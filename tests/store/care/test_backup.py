"""Copies of a store: what is in them, what they are made beside, and that a bad one is never taken for a good one."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from random import Random
from threading import Event, Thread
from typing import Any

import pytest

from pipeline_engine.errors import BadStore, StoreUnreachable
from pipeline_engine.store import Store, back_up_store, digest_store, read_back, restore, restore_keys
from pipeline_engine.store.care import backup, restoring
from pipeline_engine.store.care.backup import back_up
from pipeline_engine.store.care.digest import Digest
from tests.store.care.given import changed, everything, filled, plain_store_at
from tests.store.given import COUNT, Counted, appending, ask, store_at

pytestmark = pytest.mark.slow


@pytest.fixture
def other_schema(shared_database: str, request: pytest.FixtureRequest) -> str:
    """The URL of one more fresh schema."""
    return f"{shared_database}?schema=into_{abs(hash(request.node.nodeid)) % 10**12}"


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a back-up is restored to, on each backend."""
    return (
        str(request.getfixturevalue("other_schema")) if request.param == "postgresql" else f"sqlite:///{tmp_path}/to.db"
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Where the back-up is to be."""
    return tmp_path / "copies" / "monday.db"


@pytest.fixture(autouse=True)
def _folder(copy: Path) -> None:
    copy.parent.mkdir()


def test_a_restored_store_is_the_same_to_the_byte(lasting_url: str, target: str, copy: Path):
    """Positions, versions, record times, names, payloads, command log and header, from either kind into either kind."""
    with closing(filled(lasting_url)) as store:
        store.back_up(copy)
    before = everything(lasting_url)
    done = restore(copy, target)
    assert (everything(target), done.same) == (before, True)
    assert digest_store(target) == digest_store(lasting_url) == done.found


def test_a_restored_store_goes_on_where_it_was(lasting_url: str, target: str, copy: Path):
    """A command that was answered is answered again, and the next event gets the next position."""
    with closing(filled(lasting_url)) as store:
        store.back_up(copy)
        position, receipt = store.position(), store.receipt("c-1")
    restore(copy, target)
    with closing(plain_store_at(target)) as again:
        assert again.receipt("c-1") == receipt
        assert ask(again, "new", stream="deal:new").position == position + 1


def test_a_copy_of_a_store_in_memory_lasts(copy: Path, target: str):
    """A trial in memory can be kept."""
    with closing(filled("memory://")) as store:
        made = store.back_up(copy)
    restore(copy, target)
    assert digest_store(target) == made.digest


def test_a_copy_is_a_store_itself(lasting_url: str, copy: Path):
    """It can be opened, read and written like any other, should there be nothing else left."""
    with closing(filled(lasting_url)) as store:
        store.back_up(copy)
        expected = store.load("deal:D-1", COUNT)
    with closing(plain_store_at(f"sqlite:///{copy}")) as opened:
        assert opened.load("deal:D-1", COUNT) == expected
        assert not [finding for finding in opened.findings(deep=True) if not finding.ok]


def test_positions_that_were_never_given_stay_free(postgres_schema: str, target: str, copy: Path):
    """A server leaves gaps where a transaction was taken back: what followed keeps its position."""
    with closing(filled(postgres_schema, commands=4)) as store:
        server = store._log.server  # type: ignore[attr-defined]  # a number is drawn in its schema and never used
        with server.get_connection() as connection:
            table = f'"{server.schema}".stored_events'
            connection.execute("SELECT nextval(pg_get_serial_sequence(%s, 'notification_id'))", (table,))
        last = store.position()
        assert ask(store, "after", stream="deal:late").position == last + 2
        store.back_up(copy)
    restore(copy, target)
    assert everything(target)[0] == everything(postgres_schema)[0]


class Writers:
    """Somebody who goes on counting while a copy is made; what was acknowledged is remembered."""

    def __init__(self, url: str, name: str) -> None:
        self.url, self.name, self.acknowledged = url, name, 0
        self._stop = Event()
        self._thread = Thread(target=self._write)

    def _write(self) -> None:
        with closing(plain_store_at(self.url)) as store:
            while not self._stop.is_set():
                ask(store, f"{self.name}-{self.acknowledged}", stream=f"deal:W-{self.acknowledged % 5}")
                self.acknowledged += 1

    def __enter__(self) -> "Writers":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(30)


@pytest.mark.parametrize("rounds", [1, pytest.param(20, marks=pytest.mark.soak)])
def test_back_up_restore_and_verify_under_load(lasting_url: str, tmp_path: Path, rounds: int):
    """Row 22: a copy made while commands come in is a prefix of the log, whole, and restores to the same digest."""
    filled(lasting_url, commands=300, seed=rounds).close()
    for number in range(rounds):
        file, into = tmp_path / f"copy-{number}.db", f"sqlite:///{tmp_path}/into-{number}.db"
        with Writers(lasting_url, f"w{number}") as writers, closing(plain_store_at(lasting_url)) as store:
            begun = writers.acknowledged
            made = store.back_up(file)
            while writers.acknowledged < begun + 3:
                pass
        assert restore(file, into).same
        prefix = digest_store(lasting_url, made.digest.position)
        assert (prefix.log, prefix.events) == (made.digest.log, made.digest.events)
        assert digest_store(lasting_url).position > made.digest.position
        with closing(plain_store_at(into)) as restored:
            assert all(restored.receipt(f"w{number}-{nth}") for nth in range(begun))
            assert not [finding for finding in restored.findings(deep=True) if not finding.ok]


def test_writers_go_on_while_pages_are_copied(tmp_path: Path, copy: Path):
    """Nobody waits for a copy: a command is acknowledged between two pages of it, and is not in it."""
    url = f"sqlite:///{tmp_path}/sales.db"
    with closing(filled(url, commands=600)) as store, closing(plain_store_at(url)) as other:
        before, acknowledged = store.position(), list[int]()

        def told(done: int, total: int) -> None:
            if not acknowledged:
                acknowledged.append(ask(other, "meanwhile", stream="deal:meanwhile").position)

        made = store.back_up(copy, told)
    assert (acknowledged, made.digest.position) == ([before + 1], before)


# What is done to a good back-up, and what is said of it.
DAMAGE = {
    "an event was changed": (
        "UPDATE stored_events SET state = CAST(state || ' ' AS BLOB) WHERE position = 9", "an event was changed",
    ),
    "a payload became text": (
        "UPDATE stored_events SET state = CAST(state AS TEXT) WHERE position = 9", "not of the kind that was written",
    ),
    "a record time was changed": ("UPDATE stored_events SET recorded_at = recorded_at + 1", "an event was changed"),
    "an event is missing": ("DELETE FROM stored_events WHERE position = 9", "holds"),
    "two events have changed places": (
        "UPDATE stored_events SET position = CASE position WHEN 3 THEN -4 ELSE -3 END WHERE position IN (3, 4)",
        "is not as it was made",
    ),
    "a command is missing": ("DELETE FROM command_log WHERE command_id = 'c-1'", "commands"),
    "a command points elsewhere": ("UPDATE command_log SET last = last + 1", "command log was changed"),
    "another header": ("UPDATE store_header SET value = value || ', x' WHERE key = 'clock'", "its header was changed"),
    "no header": ("DELETE FROM store_header", "the header of the store in .* is damaged"),
    "no whole note": ("DELETE FROM backup_note WHERE key = 'log'", "what was noted of it cannot be read"),
    "a note of something else": ("UPDATE backup_note SET value = 'x' WHERE key = 'events'", "cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("what", DAMAGE)
def test_a_back_up_that_was_changed_is_not_restored(tmp_path: Path, copy: Path, what: str):
    """Whatever was changed after it was made is found before anything is written."""
    statement, told = DAMAGE[what]
    with closing(filled(f"sqlite:///{tmp_path}/sales.db")) as store:
        store.back_up(copy)
    changed(copy, statement)
    with pytest.raises(BadStore, match=told):
        restore(copy, f"sqlite:///{tmp_path}/to.db")
    assert not (tmp_path / "to.db").exists()


def test_any_flipped_byte_is_found_or_is_of_no_page(tmp_path: Path, copy: Path):
    """A file that rots: each of many single flipped bits either is found, or leaves every event what it was."""
    seed = 11
    with closing(filled(f"sqlite:///{tmp_path}/sales.db", commands=60)) as store:
        expected = store.back_up(copy).digest
    whole, random, found = copy.read_bytes(), Random(seed), 0
    for _ in range(60):
        place = random.randrange(len(whole))
        copy.write_bytes(whole[:place] + bytes([whole[place] ^ (1 << random.randrange(8))]) + whole[place + 1 :])
        try:
            assert read_back(copy).digest == expected, f"seed {seed}, byte {place}"
        except (BadStore, StoreUnreachable):
            found += 1
    assert found > 10, f"seed {seed}: the damage was done where nothing is"


class Forgetful:
    """A log whose snapshot leaves out an event when it is read the first time, as a broken copy would."""

    def __init__(self, store: Store) -> None:
        self._log, self._lost = store._log, False

    def __getattr__(self, name: str) -> object:
        return getattr(self._log, name)

    def snapshot(self) -> "Forgetful":
        """Itself."""
        return self

    def __enter__(self) -> "Forgetful":
        self._opened = self._log.snapshot()
        self._inner = self._opened.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.__exit__(None, None, None)

    def head(self) -> int:
        """As it is."""
        return self._inner.head()

    def header(self) -> dict[str, str]:
        """As it is."""
        return self._inner.header()

    def commands(self) -> Iterator[object]:
        """As they are."""
        return self._inner.commands()

    def rows(self, upto: int | None = None) -> Iterator[list[object]]:
        """Without the first, once."""
        for page in self._inner.rows(upto):
            yield list(page[0 if self._lost else 1 :])
            self._lost = True


def test_control_a_copy_that_lost_an_event_gets_no_name(lasting_url: str, copy: Path):
    """Control: where the copying itself loses an event, the copy is not kept and the error says so."""
    with closing(filled(lasting_url)) as store, pytest.raises(BadStore, match="does not hold what the store held"):
        back_up(Forgetful(store), copy)  # type: ignore[arg-type]  # a log with a fault
    assert list(copy.parent.iterdir()) == []


def test_control_a_restored_store_that_differs_is_told(tmp_path: Path, copy: Path, monkeypatch: pytest.MonkeyPatch):
    """Control: where restoring itself loses an event, reading back says that it is not the same."""
    with closing(filled(f"sqlite:///{tmp_path}/sales.db")) as store:
        store.back_up(copy)
    whole = backup.fill

    def losing(snapshot: object, cursor: sqlite3.Cursor, told: object) -> None:
        whole(snapshot, cursor, told)  # type: ignore[arg-type]  # passed on as it came
        cursor.execute("DELETE FROM stored_events WHERE position = 5")

    monkeypatch.setattr(restoring, "fill", losing)
    assert restore(copy, f"sqlite:///{tmp_path}/to.db").same is False


def test_no_back_up_is_written_over(tmp_path: Path, copy: Path):
    """Whatever is at the name already stays as it is."""
    copy.write_text("a letter")
    with closing(filled(f"sqlite:///{tmp_path}/sales.db")) as store, pytest.raises(BadStore, match="there already"):
        store.back_up(copy)
    assert copy.read_text() == "a letter"
    assert list(copy.parent.iterdir()) == [copy]


def test_a_name_that_is_taken_meanwhile_is_left_alone(tmp_path: Path, copy: Path):
    """Also where somebody else makes the file while the copy is being made."""

    def told(done: int, total: int) -> None:
        copy.write_text("a letter")

    with closing(filled(f"sqlite:///{tmp_path}/sales.db")) as store, pytest.raises(BadStore, match="somebody else"):
        store.back_up(copy, told)
    assert copy.read_text() == "a letter"
    assert list(copy.parent.iterdir()) == [copy]


def test_a_copy_that_breaks_off_leaves_nothing(lasting_url: str, copy: Path):
    """Interrupted in the middle, there is neither half a file nor one with a name."""

    def told(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with closing(filled(lasting_url)) as store, pytest.raises(KeyboardInterrupt):
        store.back_up(copy, told)
    assert list(copy.parent.iterdir()) == []


def test_a_copy_is_for_its_owner_only(tmp_path: Path, copy: Path):
    """It holds what the store holds, so nobody else on the machine may read it."""
    with closing(filled(f"sqlite:///{tmp_path}/sales.db")) as store:
        store.back_up(copy)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert (list(copy.parent.iterdir()), copy.stat().st_nlink) == ([copy], 1)


def test_a_file_system_without_links_takes_copies_too(tmp_path: Path, copy: Path, monkeypatch: pytest.MonkeyPatch):
    """A memory stick, say; a name that is taken is still left alone."""

    def no_links(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    with closing(filled(f"sqlite:///{tmp_path}/sales.db")) as store:
        made = store.back_up(copy)
    assert read_back(copy).digest == made.digest
    assert list(copy.parent.iterdir()) == [copy]


def test_a_back_up_goes_into_an_empty_store_only(tmp_path: Path, copy: Path, target: str):
    """What is in a store is never mixed with what comes out of a back-up."""
    with closing(filled(f"sqlite:///{tmp_path}/sales.db")) as store:
        store.back_up(copy)
    with closing(plain_store_at(target)) as used:
        ask(used, "c-1", appending(Counted()))
    before = everything(target)
    with pytest.raises(BadStore, match="empty store only"):
        restore(copy, target)
    assert everything(target) == before


def test_a_restore_that_breaks_off_leaves_the_store_empty(tmp_path: Path, copy: Path, target: str):
    """All of it or nothing: afterwards it can be tried again."""
    with closing(filled(f"sqlite:///{tmp_path}/sales.db")) as store:
        store.back_up(copy)
    calls = list[int]()

    def told(done: int, total: int) -> None:
        calls.append(done)
        if len(calls) > 1:  # the first call is of reading the back-up
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore(copy, target, told=told)
    assert digest_store(target).events == 0
    assert restore(copy, target).same


@pytest.mark.parametrize(
    ("content", "error", "told"),
    [(None, StoreUnreachable, "there is no file"), (b"letters" * 900, BadStore, "not an SQLite file"),
     (b"", BadStore, "no back-up of a store")],
)  # fmt: skip
def test_what_is_no_back_up_is_told(
    copy: Path, tmp_path: Path, content: bytes | None, error: type[Exception], told: str
):
    """A file that is not there, a text, an empty file."""
    if content is not None:
        copy.write_bytes(content)
    with pytest.raises(error, match=told):
        restore(copy, f"sqlite:///{tmp_path}/to.db")


def test_a_back_up_cut_short_is_told(tmp_path: Path, copy: Path):
    """Half a file, as a broken transfer leaves it, is not restored."""
    with closing(filled(f"sqlite:///{tmp_path}/sales.db", commands=200)) as store:
        store.back_up(copy)
    copy.write_bytes(copy.read_bytes()[: copy.stat().st_size // 2])
    with pytest.raises(BadStore, match="damaged"):
        restore(copy, f"sqlite:///{tmp_path}/to.db")


def test_a_back_up_of_a_newer_version_is_not_read(tmp_path: Path, copy: Path):
    """An older program does not restore what it cannot read whole."""
    with closing(filled(f"sqlite:///{tmp_path}/sales.db")) as store:
        store.back_up(copy)
    changed(copy, "UPDATE store_header SET value = '9' WHERE key = 'format'")
    with pytest.raises(BadStore, match="has format 9"):
        restore(copy, f"sqlite:///{tmp_path}/to.db")


def test_a_folder_names_the_copy_after_the_moment(tmp_path: Path):
    """One folder takes the copies of every day."""
    url = f"sqlite:///{tmp_path}/sales.db"
    filled(url).close()
    made = back_up_store(url, tmp_path / "copies", lambda: datetime(2026, 1, 30, 9, tzinfo=UTC))
    assert made.file == tmp_path / "copies" / "sales-20260130T090000Z.backup.db"


def test_the_digest_of_a_prefix_does_not_change(lasting_url: str):
    """What the log held up to a position is one number for ever, whatever comes afterwards."""
    with closing(filled(lasting_url)) as store:
        before = store.digest(20)
        whole = store.digest()
        ask(store, "later", stream="deal:later")
        assert store.digest(20) == before == Digest(20, 20, before.log)
        assert store.digest(whole.position).log == whole.log != store.digest().log


def test_every_field_counts_in_the_digest(tmp_path: Path):
    """Where one field of one event or command differs, the digest does, also where two texts change their border."""
    url = f"sqlite:///{tmp_path}/sales.db"
    filled(url).close()
    digests = {digest_store(url)}
    changes = (
        "UPDATE stored_events SET topic = 'X' WHERE position = 2",
        "UPDATE stored_events SET recorded_at = recorded_at + 1 WHERE position = 2",
        "UPDATE stored_events SET originator_version = 999 WHERE position = 2",
        "UPDATE stored_events SET originator_id = originator_id || 'X', topic = '' WHERE position = 2",
        "UPDATE stored_events SET state = x'7b7d' WHERE position = 2",
        "UPDATE command_log SET digest = 'e' WHERE command_id = 'c-1'",
        "UPDATE command_log SET stream = 'deal:E' WHERE command_id = 'c-1'",
        "UPDATE command_log SET position = 0 WHERE command_id = 'c-1'",
        "UPDATE command_log SET command_id = 'c-1b' WHERE command_id = 'c-1'",
    )
    for number, statement in enumerate(changes, 2):
        changed(tmp_path / "sales.db", statement)
        digests.add(digest_store(url))
        assert len(digests) == number, statement


def test_the_digest_is_what_its_description_says(tmp_path: Path):
    """Whoever holds a digest of years ago can compute it again without us: by hand, from the description alone."""
    url = f"sqlite:///{tmp_path}/sales.db"
    filled(url, commands=8).close()
    rows, commands, _ = everything(url)
    log, answered = sha256(b"pipeline_engine log").digest(), sha256(b"pipeline_engine commands").digest()
    for position, stream, version, recorded_at, name, payload in rows:
        log = linked(log, (position, version, recorded_at), (stream, name, payload))
    for command_id, digest, stream, first, last, position in commands:
        answered = linked(answered, (first, last, position), (command_id, digest, stream))
    found = digest_store(url)
    assert (found.log, found.command_log) == (log.hex(), answered.hex())


def linked(before: bytes, numbers: tuple[Any, ...], texts: tuple[Any, ...]) -> bytes:
    """One more link, made the slow way."""
    parts = [text if isinstance(text, bytes) else str(text).encode() for text in texts]
    link = before + b"".join(int(number).to_bytes(8, "big") for number in numbers)
    link += b"".join(len(part).to_bytes(4, "big") for part in parts) + b"".join(parts)
    return sha256(link).digest()


def test_whoever_copies_what_is_not_there_makes_nothing(lasting_url: str, copy: Path):
    """Neither a copy nor a digest nor keys put back begin an empty store; a later look finds none either."""
    for look in (
        lambda: back_up_store(lasting_url, copy, lambda: datetime(2026, 1, 30, tzinfo=UTC)),
        lambda: digest_store(lasting_url),
        lambda: restore_keys(lasting_url, copy, clock=lambda: datetime(2026, 1, 30, tzinfo=UTC)),
        lambda: store_at(lasting_url, make=False),
    ):
        with pytest.raises(StoreUnreachable, match="there is no store"):
            look()
    assert not list(copy.parent.iterdir())
