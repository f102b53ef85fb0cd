"""Row 3: the disk is full or fails. All are told, nothing is half done, and it works again, without a restart."""

import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from pipeline_engine.errors import BadStore, StoreUnreachable
from tests.faults import vfs
from tests.faults.disk import Disk, Fault, under
from tests.faults.office import Ask, Losses, Office, command_ids, damage, losses

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(vfs.missing()), reason=vfs.missing())]
MODES = {
    "full": Fault(("write",), vfs.FULL),
    "short": Fault(("write",), vfs.FULL, short=True),
    "write": Fault(("write", "truncate"), vfs.IOERR_WRITE),
    "sync": Fault(("sync",), vfs.IOERR_FSYNC),
    "read": Fault(("read",), vfs.IOERR_READ),
    "open": Fault(("open", "share"), vfs.CANTOPEN),
}
BEFORE, DURING, AFTER = 10, 30, 10
THREADS = 4


class Round:
    """One store, and a disk under it that fails for a while, from a random moment on."""

    def __init__(self, folder: Path, disk: Disk, chance: Random) -> None:
        self.folder, self.disk, self.chance = folder, disk, chance
        self.url = f"sqlite:///{folder}/sales.db"
        self.acknowledged: list[str] = []
        self.errors: list[str] = []
        self.number = 0

    def run(self, fault: Fault) -> None:
        """Ask before, while the disk fails, and after; what was not answered is asked again."""
        with closing(Office(self.url)) as office:
            office.publish()
            self.ask(office, BEFORE)
            fault.after = self.chance.randrange(40)
            self.disk.fault = fault
            for _ in range(DURING):
                self._try(office)
            self.crash()
            self.disk.fault = None
            self.ask(office, AFTER)
            assert losses(office.store, self.acknowledged) == Losses()
        with closing(Office(self.url)) as office:
            assert losses(office.store, self.acknowledged) == Losses()

    def ask(self, office: Office, times: int) -> None:
        """Ask for the next things in turn; those that are answered are remembered."""
        for _ in range(times):
            ask = Ask("w", self.number)
            office.ask(ask)
            self.acknowledged += command_ids(ask)
            self.number += 1

    def _try(self, office: Office) -> None:
        # Now and then another process opens the store, and reads what no cache holds.
        another = self.chance.random() < 0.3
        try:
            if another:
                with closing(Office(self.url)) as other:
                    self.ask(other, 1)
            else:
                self.ask(office, 1)
        except (StoreUnreachable, BadStore) as error:
            self.errors.append(str(error))

    def crash(self) -> None:
        """Whoever opens what is on the disk now, as after a crash, finds nothing lost and nothing half done."""
        copy = self.folder / "crashed"
        copy.mkdir()
        for file in ("sales.db", "sales.db-wal"):
            with suppress(FileNotFoundError):
                shutil.copy(self.folder / file, copy / file)
        self.disk.fault, fault = None, self.disk.fault
        with closing(Office(f"sqlite:///{copy}/sales.db")) as office:
            assert losses(office.store, self.acknowledged) == Losses()
        shutil.rmtree(copy)
        self.disk.fault = fault


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A disk that does as it is told, under the files of this test."""
    with under(Disk(tmp_path)) as disk:
        yield disk


def emptied(folder: Path) -> Path:
    """A folder with nothing in it."""
    for file in folder.iterdir():
        file.unlink()
    return folder


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("rounds", [10, pytest.param(200, marks=pytest.mark.soak)])
def test_a_failing_disk_loses_nothing(disk: Disk, mode: str, rounds: int, seed: int):
    """Whatever fails, each command is told or done, once; and when the disk is well again, so is the store."""
    chance, met, told = Random(seed), 0, 0
    for _ in range(rounds):
        fault = replace(MODES[mode])
        one = Round(emptied(disk.folder), disk, chance)
        one.run(fault)
        met, told = met + fault.met, told + len(one.errors)
        assert all("sales.db" in error and ";" in error for error in one.errors), one.errors
        assert damage(disk.folder / "sales.db") == ["ok"]
    sys.stdout.write(f"{mode}: {met} operations failed, {told} errors told\n")
    assert met > 0
    assert told > 0


def until_answered(office: Office, ask: Ask) -> int:
    """Ask as often as it takes; how often that was."""
    for times in range(1, 1000):
        try:
            office.ask(ask)
        except StoreUnreachable:
            continue
        return times
    raise AssertionError(f"{ask.id} was never answered")


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode != "open"])
@pytest.mark.parametrize("asks", [24, pytest.param(480, marks=pytest.mark.soak)])
def test_threads_on_a_disk_that_fails_now_and_then_lose_nothing(disk: Disk, mode: str, asks: int, seed: int):
    """Threads that share an engine ask until they are answered; each command is there once, whichever try it was."""
    with closing(Office(f"sqlite:///{disk.folder}/sales.db")) as office:
        office.publish()
        disk.fault = replace(MODES[mode], now_and_then=Random(seed))

        def work(thread: int) -> int:
            return sum(until_answered(office, Ask(f"t{thread}", number)) for number in range(asks))

        with ThreadPoolExecutor(THREADS) as threads:
            tries = sum(threads.map(work, range(THREADS)))
        disk.fault = None
        done = [each for thread in range(THREADS) for n in range(asks) for each in command_ids(Ask(f"t{thread}", n))]
        assert losses(office.store, done) == Losses()
    assert damage(disk.folder / "sales.db") == ["ok"]
    sys.stdout.write(f"{mode}: {tries} tries for {THREADS * asks} asks\n")
    assert tries > THREADS * asks


def test_control_a_disk_that_forgets_is_found_out(disk: Disk):
    """Control: where writes are said to be done and are not, what was acknowledged must be found missing."""
    one = Round(disk.folder, disk, Random(0))
    with closing(Office(one.url)) as office:
        office.publish()
        one.ask(office, BEFORE)
        disk.fault = Fault(("write",), vfs.FULL, silent=True, ends="-wal")
        with suppress(StoreUnreachable, BadStore):
            one.ask(office, DURING)
        assert len(one.acknowledged) > BEFORE
        with pytest.raises(AssertionError, match="lost="):
            one.crash()
        disk.fault = None
