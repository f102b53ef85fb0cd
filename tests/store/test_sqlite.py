"""A store in an SQLite file: what it refuses to open, and what it never gives away for speed."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import pytest

from pipeline_engine.errors import BadStore, StoreUnreachable
from pipeline_engine.store import Store, StreamAppend
from pipeline_engine.store.sqlite_file import File
from tests.store.given import COUNT, Counted, ask, draft, store_at


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file is to be."""
    return tmp_path / "sales.db"


@pytest.fixture
def store(path: Path, opened: Callable[..., Store]) -> Store:
    """An empty store in that file."""
    return opened(f"sqlite:///{path}")


def reopened(path: Path) -> Store:
    """The store in a file, opened once more."""
    return store_at(f"sqlite:///{path}")


def test_a_store_is_found_again(path: Path, store: Store):
    """What was recorded is there after the store was closed, command ids included."""
    ask(store, "c-1")
    store.close()
    with closing(reopened(path)) as again:
        assert again.load("deal:D-1", COUNT) == (1, 1)
        assert ask(again, "c-1").known


def test_a_relative_path_counts_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """`sqlite:///file.db` is a file in this folder."""
    monkeypatch.chdir(tmp_path)
    with closing(store_at("sqlite:///here.db")) as store:
        ask(store, "c-1")
    assert (tmp_path / "here.db").is_file()


def test_every_connection_syncs_to_the_disk(path: Path, store: Store):
    """The journal is a write-ahead log and every commit is synced, on every connection."""
    found = {finding.check: finding.found for finding in store.findings()}
    assert (found["journal"], found["synchronous"][:7]) == ("journal mode wal", "level 2")
    with File(path, "full").connection() as connection:
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_less_durability_is_a_choice_and_shows(path: Path):
    """`synchronous=normal` must be asked for, and the doctor shows it; `off` cannot be asked for."""
    with closing(store_at(f"sqlite:///{path}?synchronous=normal")) as store:
        assert [finding.check for finding in store.findings() if not finding.ok] == ["synchronous"]
    with pytest.raises(BadStore, match="`synchronous=off`, which is no setting"):
        store_at(f"sqlite:///{path}?synchronous=off")


def test_a_foreign_file_is_refused_and_left_alone(path: Path):
    """An SQLite file of another program stays byte for byte as it was."""
    with closing(sqlite3.connect(path)) as foreign:
        foreign.execute("CREATE TABLE invoices (id)")
    before = path.read_bytes()
    with pytest.raises(BadStore, match="another program"):
        reopened(path)
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == ["sales.db"]


def test_a_file_that_is_no_database_is_refused(path: Path):
    """A text file is not a store."""
    path.write_text("deal;stage;amount\n" * 100)
    with pytest.raises(BadStore, match="is not an SQLite file"):
        reopened(path)


def test_a_newer_format_is_refused(path: Path, store: Store):
    """A store of a later version is not read half right: the message names both formats."""
    store.close()
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("UPDATE store_header SET value = '2' WHERE key = 'format'")
    with pytest.raises(BadStore, match=r"has format 2, this version reads format 1"):
        reopened(path)


def test_a_damaged_file_is_told(path: Path, store: Store):
    """Damage is an error in one line, not a wrong answer."""
    store.append_many([StreamAppend("deal:D-1", 0, tuple(draft(Counted()) for _ in range(500)))])
    store.close()
    with path.open("r+b") as raw:
        raw.seek(4096)
        raw.write(b"\xff" * (path.stat().st_size - 4096))
    with pytest.raises(BadStore, match="is damaged"), closing(reopened(path)) as again:
        again.load("deal:D-1", COUNT)


def test_a_missing_folder_is_told(path: Path):
    """The message says what to do."""
    with pytest.raises(StoreUnreachable, match="create it first"):
        reopened(path.parent / "none" / "sales.db")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_told(path: Path, store: Store):
    """A file without permission is out of reach."""
    store.close()
    path.chmod(0)
    with pytest.raises(StoreUnreachable):
        reopened(path)


@pytest.mark.parametrize("url", ["sqlite://sales.db", "sqlite:///", "sqlite:///:memory:", "mysql://x", "sales.db", ""])
def test_a_url_that_names_no_store_is_told(url: str):
    """What was found and what was needed, in one line."""
    with pytest.raises(BadStore, match=r"`sqlite:///file\.db`"):
        store_at(url)


def test_a_folder_is_no_store(tmp_path: Path):
    """A folder cannot be opened as a file."""
    with pytest.raises(BadStore, match="is a folder"):
        reopened(tmp_path)


def test_another_clock_is_reported(path: Path, store: Store):
    """A store written under one clock may be opened under another, but the doctor says so."""
    ask(store, "c-1")
    with closing(store_at(f"sqlite:///{path}", clock_name="simulated")) as other:
        (finding,) = [finding for finding in other.findings() if not finding.ok]
    assert finding.found == "written with `system`, opened with `simulated`"


def test_positions_are_never_given_twice(path: Path, store: Store):
    """A row that somebody deletes by hand leaves a gap; its position is not given to another event."""
    ask(store, "c-1")
    ask(store, "c-2")
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("DELETE FROM stored_events WHERE position = 2")
    ask(store, "c-3", stream="deal:D-2")
    assert [row.position for row in store.rows(0, 10)] == [1, 3]


def test_the_doctor_finds_what_was_tampered_with(path: Path, store: Store):
    """A gap in a stream, a record time that goes back and a receipt that points nowhere are found."""
    for number in range(4):
        ask(store, f"c-{number}")
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("DELETE FROM stored_events WHERE position = 2")
        raw.execute("UPDATE stored_events SET recorded_at = 1 WHERE position = 3")
    wrong = {finding.check for finding in store.findings() if not finding.ok}
    assert wrong == {"versions", "record times", "receipts"}


def test_a_failed_commit_leaves_a_store_that_works(path: Path, store: Store):
    """A full disk is a clear error; nothing is kept, and the store works again without a restart."""
    ask(store, "c-0")
    log = store._log
    with log.file.connection() as connection:  # type: ignore[attr-defined]  # the one place that can make the disk small
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
    batch = [StreamAppend("deal:D-2", 0, tuple(draft(Counted()) for _ in range(200)))]
    with pytest.raises(StoreUnreachable, match="full"):
        store.append_many(batch)
    assert store.position() == 1
    with log.file.connection() as connection:  # type: ignore[attr-defined]  # as above
        connection.execute("PRAGMA max_page_count = 1000000")
    assert store.append_many(batch) == 201


def test_a_held_lock_is_waited_for(path: Path, store: Store):
    """A writer of another program that holds the file for a while delays a command and does not break it."""
    holder = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    asked = Event()

    def answer() -> None:
        ask(store, "c-1")
        asked.set()

    thread = Thread(target=answer)
    thread.start()
    assert not asked.wait(0.1)
    assert store.position() == 0
    holder.execute("ROLLBACK")
    thread.join(10)
    holder.close()
    assert store.position() == 1


def test_many_processes_may_make_a_store_at_once(tmp_path: Path):
    """Threads that open the same new file at the same time get one store, with one header."""
    stores: list[Store] = []
    threads = [Thread(target=lambda: stores.append(reopened(tmp_path / "new.db"))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    for number, store in enumerate(stores):
        ask(store, f"c-{number}")
    assert [store.position() for store in stores] == [6] * 6
    for store in stores:
        store.close()
