"""A store's file is deleted, replaced, moved, write-protected or left with a journal; nothing goes into the void."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest

from pipeline_engine.errors import BadStore, StoreUnreachable
from pipeline_engine.store import sqlite_file
from pipeline_engine.store.sqlite_file import File
from tests.faults.office import Losses, Office, asked, ids, losses

pytestmark = pytest.mark.slow
GONE = "was deleted, moved or replaced while it was in use"
Open = Callable[[Path], Office]
Command = Callable[..., subprocess.CompletedProcess[str]]


def test_a_deleted_file_takes_no_more_commands(path: Path, office: Office):
    """A command on a file that was deleted is told, and no empty file appears in its place."""
    path.unlink()
    with pytest.raises(StoreUnreachable, match=GONE):
        asked(office, 5, 6)
    with pytest.raises(StoreUnreachable, match=GONE):
        office.store.position()
    assert not path.exists()


def test_a_file_that_is_put_back_goes_on(path: Path, office: Office):
    """A file that was moved away and comes back is the same store; nothing has to be started anew."""
    path.rename(path.with_name("away.db"))
    with pytest.raises(StoreUnreachable, match=GONE):
        asked(office, 5, 6)
    path.with_name("away.db").rename(path)
    assert losses(office.store, asked(office, 5, 8)) == Losses()


def test_a_replaced_file_is_not_taken_for_the_store(path: Path, office: Office, opened: Open):
    """Another store at the same place, as after a restore, is not mixed with what is remembered of the first."""
    other = opened(path.with_name("other.db"))
    other.publish()
    other.close()
    path.with_name("other.db").replace(path)
    before = path.read_bytes()
    with pytest.raises(StoreUnreachable, match=GONE):
        asked(office, 5, 6)
    assert path.read_bytes() == before


@pytest.mark.parametrize("replaced", [True, False])
def test_a_deleted_journal_is_told_and_brought_in(path: Path, office: Office, opened: Open, replaced: bool):
    """A write-ahead log deleted under the process is told; what it held is brought to the file, and it goes on."""
    journal = Path(f"{path}-wal")
    journal.unlink()
    if replaced:
        journal.touch()
    with pytest.raises(StoreUnreachable, match=GONE):
        asked(office, 5, 6)
    said = asked(office, 5, 8)
    assert losses(office.store, said) == Losses()
    office.close()
    assert losses(opened(path).store, said) == Losses()


@pytest.mark.parametrize("name", ["sales.db", "sales.db-wal"])
@pytest.mark.parametrize("replaced", [True, False])
def test_a_change_in_a_folder_that_was_still_for_long_is_seen(path: Path, office: Office, name: str, replaced: bool):
    """Where nothing came or went in the folder its files are not looked at again; when something does, they are."""
    os.utime(path.parent, (0, 0))
    asked(office, 5, 7)
    path.with_name(name).unlink()
    if replaced:
        path.with_name(name).touch()
    with pytest.raises(StoreUnreachable, match=GONE):
        asked(office, 7, 8)


def test_control_without_the_look_a_deleted_file_takes_commands(
    path: Path, office: Office, opened: Open, monkeypatch: pytest.MonkeyPatch
):
    """Control: where nobody looks at the place, a command on a deleted file is acknowledged, and is lost."""
    monkeypatch.setattr(File, "_check_place", lambda file: None)
    path.unlink()
    asked(office, 5, 7)
    office.close()
    assert set(losses(opened(path).store, ids(7)).lost) == set(ids(7))


def test_going_to_another_folder_does_not_lose_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A store named by a relative path stays where it was opened, wherever its process goes."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    with closing(Office("sqlite:///sales.db")) as office:
        office.publish()
        os.chdir("elsewhere")
        with office.store._log.file.connection():  # type: ignore[attr-defined]  # the idle one is taken, a second is made
            assert losses(office.store, asked(office, 0, 4)) == Losses()
    assert not list((tmp_path / "elsewhere").iterdir())


@pytest.mark.parametrize("name", ["sales 50%41.db", "sales#1.db", "ünïcode.db", "a&mode=ro.db"])
def test_a_file_is_named_as_it_is_written(tmp_path: Path, name: str, opened: Open):
    """A name with signs that mean something elsewhere is a name like any other."""
    opened(tmp_path / name).publish()
    assert {file.name for file in tmp_path.iterdir()} == {name, f"{name}-wal", f"{name}-shm"}


def test_a_file_with_two_names_is_refused(path: Path, office: Office):
    """Writers by two names of one file would overwrite one another, so neither name is opened."""
    office.close()
    other = path.with_name("other.db")
    other.hardlink_to(path)
    for name in (path, other):
        with pytest.raises(BadStore, match="2 names"):
            Office(f"sqlite:///{name}")
    other.unlink()
    other.symlink_to(path)
    with closing(Office(f"sqlite:///{other}")) as again:
        assert losses(again.store, ids(5)) == Losses()


def test_control_writers_by_two_names_overwrite_one_another(path: Path, office: Office):
    """Control: SQLite itself lets two names of one file be written to, and acknowledges what is lost."""
    other = path.with_name("other.db")
    other.hardlink_to(path)
    insert = "INSERT INTO store_header VALUES ('by', 'another')"
    program = "import sqlite3, sys\nwith sqlite3.connect(sys.argv[1]) as plain: plain.execute(sys.argv[2])"
    subprocess.run([sys.executable, "-c", program, other, insert], check=True)
    asked(office, 5, 30)
    office.close()
    with closing(sqlite3.connect(path)) as plain:
        found = plain.execute("SELECT count(*) FROM store_header WHERE key = 'by'").fetchone()
    assert found == (0,)


def test_a_file_held_by_another_program_is_told(path: Path, office: Office, monkeypatch: pytest.MonkeyPatch):
    """Whoever waits for a lock in vain is told how long was waited; when it is given back, commands go on."""
    monkeypatch.setattr(sqlite_file, "LOCK_TIMEOUT_SECONDS", 0.1)
    with closing(Office(f"sqlite:///{path}")) as waiting:
        with closing(sqlite3.connect(path, isolation_level=None)) as holder:
            holder.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreUnreachable, match=r"was locked for \d+ s; try again"):
                asked(waiting, 5, 6)
        assert losses(waiting.store, asked(waiting, 5, 8)) == Losses()


def test_a_name_that_leads_nowhere_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A link to itself, and a name in a folder that was deleted, are no places for a store."""
    (tmp_path / "round.db").symlink_to("round.db")
    with pytest.raises(StoreUnreachable, match="leads nowhere"):
        Office(f"sqlite:///{tmp_path}/round.db")
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(StoreUnreachable, match="leads nowhere"):
        Office("sqlite:///sales.db")


def crashed(office: Office, path: Path, place: Path) -> Path:
    """What a crash leaves: the file and its journals as they are now, in another folder."""
    place.mkdir()
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        shutil.copy(path.with_name(name), place / name)
    return place / path.name


def test_the_journals_of_a_crash_are_brought_in(path: Path, tmp_path: Path, office: Office, opened: Open):
    """What stands in the journal only is there after a crash; the index beside it may hold anything."""
    left = crashed(office, path, tmp_path / "left")
    assert Path(f"{left}-wal").stat().st_size > left.stat().st_size
    Path(f"{left}-shm").write_bytes(os.urandom(32768))
    assert losses(opened(left).store, ids(5)) == Losses()


def test_control_a_crash_without_its_journal_has_lost(path: Path, tmp_path: Path, office: Office, opened: Open):
    """Control: the file alone, as somebody copies it who does not know of the journal, is found to be short."""
    left = crashed(office, path, tmp_path / "left")
    Path(f"{left}-wal").unlink()
    assert losses(opened(left).store, ids(5)).lost == sorted(ids(5))


def test_a_journal_that_breaks_off_ends_at_a_whole_command(path: Path, tmp_path: Path, office: Office, opened: Open):
    """However short a journal is cut, what is left of it is whole commands, each with its receipt."""
    left = crashed(office, path, tmp_path / "left")
    journal = Path(f"{left}-wal")
    whole = journal.read_bytes()
    for size in range(0, len(whole), 4001):
        journal.write_bytes(whole[:size])
        with suppress(FileNotFoundError):
            Path(f"{left}-shm").unlink()
        shutil.copy(path, left)
        with closing(Office(f"sqlite:///{left}")) as again:
            found = losses(again.store, ids(5))
            assert found == Losses(lost=found.lost)
