"""A disk without room and a place without the right to write, for real: told in one line, with what is needed."""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from pipeline_engine.errors import StoreUnreachable
from tests.faults.office import Losses, Office, asked, ids, losses
from tests.servers import Account

pytestmark = pytest.mark.slow
Open = Callable[[Path], Office]
Command = Callable[..., subprocess.CompletedProcess[str]]
PROCESS = Path(__file__).resolve().parents[2] / "config" / "processes" / "b2b-saas.yaml"


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
    new = ("--by", "ops-1", "--store", f"sqlite:///{small_disk}/new.db")
    assert "is full" in told(command("process", "publish", str(PROCESS), *new))
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
