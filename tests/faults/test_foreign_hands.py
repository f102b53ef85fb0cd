"""A store's file is deleted, replaced, moved, write-protected or left with a journal; nothing goes into the void."""

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from pipeline_engine.errors import BadStore, StoreUnreachable
from pipeline_engine.store import sqlite_file
from pipeline_engine.store.sqlite_file import File
from tests.faults.office import Ask, Losses, Office, command_ids, losses
from tests.servers import Account

pytestmark = pytest.mark.slow
GONE = "was deleted, moved or replaced while it was in use"
Open = Callable[[Path], Office]
Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the store is."""
    return tmp_path / "sales.db"


@pytest.fixture
def opened() -> Iterator[Open]:
    """Opens offices and closes them after the test."""
    offices: list[Office] = []

    def open_one(path: Path) -> Office:
        offices.append(Office(f"sqlite:///{path}"))
        return offices[-1]

    yield open_one
    for office in offices:
        office.close()


@pytest.fixture
def office(path: Path, opened: Open) -> Office:
    """An office that has been at work for a while."""
    office = opened(path)
    office.publish()
    asked(office, 0, 5)
    return office


def asked(office: Office, first: int, last: int) -> list[str]:
    """Ask for things in turn; the ids of their commands."""
    for number in range(first, last):
        office.ask(Ask("w", number))
    return ids(last)


def ids(last: int) -> list[str]:
    """The ids of the first commands."""
    return [command_id for number in range(last) for command_id in command_ids(Ask("w", number))]


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


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """Type a command of the command line in a process of its own, under limits or as somebody else."""

    def typed(*words: str, **options: object) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-c", "from pipeline_engine.cli import main; main()", *words]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PIPELINE_ENGINE_ACTOR": "rep-03"}
        return subprocess.run(
            line, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, **options
        )  # type: ignore[call-overload]  # options of subprocess, passed on as they came

    return typed


def told(ran: subprocess.CompletedProcess[str]) -> str:
    """The one line that says why the store could not be used; exit code 3, no traceback."""
    assert (ran.returncode, ran.stdout) == (3, ""), ran.stderr
    assert ran.stderr.count("\n") == 1
    assert "Traceback" not in ran.stderr
    return ran.stderr


def limited() -> None:
    """No file may grow beyond what a journal needs to begin with."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (33_000, 33_000))


def test_a_command_whose_file_may_not_grow_says_so(path: Path, office: Office, opened: Open, command: Command):
    """A command that may not write any more ends with one line and exit code 3, and can be asked again."""
    office.close()
    note = ("deal", "note", "w-0", "x" * 10_000, "--command-id", "c-1", "--store", f"sqlite:///{path}")
    assert "sales.db" in told(command(*note, preexec_fn=limited))
    assert opened(path).store.receipt("c-1") is None
    assert command(*note).returncode == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real disk of one megabyte; where this account may not mount one, the test is skipped."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root may mount a small disk; the same is tried by a limit and by a disk in between")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_is_really_full_is_told_and_mended(small_disk: Path, opened: Open, command: Command):
    """On a full disk commands are told so, and no store is made; with room they go on, without a restart."""
    office = opened(small_disk / "sales.db")
    office.publish()
    ballast = small_disk / "ballast"
    with suppress(OSError), ballast.open("wb") as file:
        while True:
            file.write(bytes(4096))
            file.flush()
    with pytest.raises(StoreUnreachable, match="is full"):
        asked(office, 0, 1000)
    assert "is full" in told(command("doctor", "--store", f"sqlite:///{small_disk}/new.db"))
    ballast.unlink()
    assert losses(office.store, asked(office, 0, 20)) == Losses()
    assert losses(opened(small_disk / "new.db").store, []) == Losses()


@pytest.fixture
def protected() -> Iterator[Path]:
    """A closed store in a folder of its own, write-protected, and this process somebody who is not root."""
    folder = Path(tempfile.mkdtemp())
    with closing(Office(f"sqlite:///{folder}/sales.db")) as office:
        office.publish()
        asked(office, 0, 2)
    (folder / "sales.db").chmod(0o444)
    folder.chmod(0o555)
    account, root = Account.needed(), os.geteuid()
    os.seteuid(account.uid if account else root)
    try:
        yield folder
    finally:
        os.seteuid(root)
        folder.chmod(0o755)
        shutil.rmtree(folder)


@pytest.mark.parametrize("store", ["sales.db", "new.db"])
def test_a_folder_that_may_only_be_read_is_told(protected: Path, store: str):
    """Where file and folder are write-protected, whoever opens or makes a store there is told what is needed."""
    with pytest.raises(StoreUnreachable, match=r"`[^`]*\.db`.*who may write|the right to write"):
        Office(f"sqlite:///{protected / store}")
    assert [file.name for file in protected.iterdir()] == ["sales.db"]


def test_a_file_that_may_only_be_read_is_read(protected: Path):
    """Where only the file is write-protected it is read, and a command is told what is needed."""
    os.seteuid(os.getuid())
    protected.chmod(0o777)
    account = Account.needed()
    os.seteuid(account.uid if account else os.getuid())
    with closing(Office(f"sqlite:///{protected}/sales.db")) as office:
        with pytest.raises(StoreUnreachable, match="may only be read here; expected the right to write"):
            asked(office, 2, 3)
        assert losses(office.store, ids(2)) == Losses()
