"""Row 2: the power is cut at any moment. Every image the disk may be left with opens as a store that lost nothing.

What SQLite writes, syncs, cuts and deletes is recorded at its own interface to the file system, in this process; no
compiler and no privilege is needed. An image is held against the log of the run that was not cut.
"""

import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest

from pipeline_engine.store import Row
from pipeline_engine.store.sqlite_file import File
from tests.faults import vfs
from tests.faults.disk import Disk, Mark, Op, Sync, SyncFolder, under
from tests.faults.images import Surface, images
from tests.faults.office import TURN, Ask, Office

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(vfs.missing()), reason=vfs.missing())]
PAGES = 60
"""A checkpoint comes that often in the recorded run, so that cuts in the middle of one are many."""
MEMORY = Path("/dev/shm")


@dataclass(frozen=True)
class Recorded:
    """A run that came to its end: what was asked of the disk, and the log it led to."""

    trace: list[Op]
    rows: list[Row]
    commands: list[tuple[Any, ...]]

    @property
    def ends(self) -> set[int]:
        """The positions at which a command ends."""
        return {0, *(op.position for op in self.trace if isinstance(op, Mark))}


@pytest.fixture
def quick_checkpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checkpoints come often."""
    configured = File._configured

    def often(file: File) -> sqlite3.Connection:
        connection = configured(file)
        connection.execute(f"PRAGMA wal_autocheckpoint={PAGES}")
        return connection

    monkeypatch.setattr(File, "_configured", often)


def work(disk: Disk, url: str, first: int, last: int) -> None:
    """One life of an engine: it opens the store, asks, and closes it; each answer is marked in the trace."""
    with closing(Office(url)) as office:
        if not first:
            # Published once: a command that comes to no event would leave no position to be held against.
            office.publish()
            disk.mark(office.store.position())
        for number in range(first, last):
            office.ask(Ask("w", number))
            disk.mark(office.store.position())


def recorded(folder: Path, query: str = "") -> Recorded:
    """Some lives of an engine on a new store, one beside a reader that keeps checkpoints from coming to an end."""
    url = f"sqlite:///{folder}/sales.db{query}"
    with under(Disk(folder, trace=[])) as disk:
        work(disk, url, 0, 12)
        work(disk, url, 12, 40)
        with closing(sqlite3.connect(folder / "sales.db", isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM stored_events").fetchone()
            work(disk, url, 40, 56)
            reader.execute("ROLLBACK")
            work(disk, url, 56, 72)
            reader.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            work(disk, url, 72, 96)
    trace = disk.trace or []
    assert after(trace) == {"sales.db": (folder / "sales.db").read_bytes()}
    return Recorded(trace, *contents(folder / "sales.db"))


def after(trace: list[Op]) -> dict[str, bytes]:
    """What the recorded operations add up to, where none is lost."""
    surface = Surface()
    for op in trace:
        surface.do(op)
    for file in surface.files.values():
        file.sync()
    surface.do(SyncFolder())
    return {name: bytes(surface.files[number].synced) for name, number in surface.names.items()}


def contents(path: Path) -> tuple[list[Row], list[tuple[Any, ...]]]:
    """The log and the command log of a store, as the engine brings them back."""
    with closing(Office(f"sqlite:///{path}")) as office:
        rows = office.store.rows(0, 1_000_000)
    with closing(sqlite3.connect(path)) as plain:
        commands = plain.execute("SELECT * FROM command_log ORDER BY position, command_id").fetchall()
        assert plain.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    return rows, commands


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """Where images are laid out: in memory where it can be, since each is opened once."""
    folder = Path(tempfile.mkdtemp(dir=MEMORY)) if MEMORY.is_dir() else tmp_path / "images"
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def laid_out(place: Path, image: dict[str, bytes], chance: Random) -> Path:
    """An image as files; what stands in the shared index, which is never synced, may be anything."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    for name, content in image.items():
        (place / name).write_bytes(content)
    if chance.random() < 0.5:
        (place / "sales.db-shm").write_bytes(chance.randbytes(32768))
    return place / "sales.db"


def wrong(run: Recorded, told: int, path: Path) -> str:
    """What is wrong with an image; nothing where it is the log up to the end of a command, all that were told in it."""
    rows, commands = contents(path)
    position = len(rows)
    if rows != run.rows[:position] or commands != [row for row in run.commands if row[-1] <= position]:
        return "other"
    if position not in run.ends:
        return "partial"
    if position < told:
        return "lost"
    return "" if goes_on(path, position) else "stuck"


def goes_on(path: Path, position: int) -> bool:
    """Whether what is asked next is recorded on top, and found again."""
    ask = Ask("next", TURN.index("pair"))
    for _ in range(2):
        with closing(Office(f"sqlite:///{path}")) as office:
            office.ask(ask)
            if office.store.position() != position + 4:
                return False
    return True


def judged(run: Recorded, number: int, place: Path, seed: int) -> Counter[str]:
    """How many images of a run came to what."""
    chance = Random(seed)
    found = Counter(
        wrong(run, told, laid_out(place, image, chance)) for told, image in images(run.trace, number, chance)
    )
    sys.stdout.write(f"{number} images of {len(run.trace)} operations: {dict(found)}\n")
    return found


@pytest.mark.usefixtures("quick_checkpoints")
@pytest.mark.parametrize("number", [2000, pytest.param(20_000, marks=pytest.mark.soak)])
def test_a_power_cut_loses_nothing(tmp_path: Path, place: Path, number: int, seed: int):
    """Whenever the power is cut, every command that was acknowledged is there, and none in part."""
    assert judged(recorded(tmp_path), number, place, seed) == {"": number}


@pytest.mark.usefixtures("quick_checkpoints")
def test_control_without_full_syncs_a_power_cut_loses(tmp_path: Path, place: Path, seed: int):
    """Control: with `synchronous=normal` acknowledged commands must be found lost; still none is there in part."""
    found = judged(recorded(tmp_path, "?synchronous=normal"), 200, place, seed)
    assert found["lost"] > 0
    assert set(found) == {"", "lost"}


@pytest.mark.usefixtures("quick_checkpoints")
def test_control_a_disk_that_does_not_sync_is_found_out(tmp_path: Path, place: Path, seed: int):
    """Control: where a sync is a lie, the same images must show what it cost: commands lost, or worse."""
    run = recorded(tmp_path)
    lying = Recorded([op for op in run.trace if not isinstance(op, Sync)], run.rows, run.commands)
    bad = 0
    chance = Random(seed)
    for told, image in images(lying.trace, 100, chance):
        try:
            bad += bool(wrong(lying, told, laid_out(place, image, chance)))
        except Exception:  # noqa: BLE001 - a file this broken may be refused in any way
            bad += 1
    assert bad > 0
