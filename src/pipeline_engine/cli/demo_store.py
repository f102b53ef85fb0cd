"""Where a demo keeps its store and finds its files."""

import shutil
import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import TypeVar

from pipeline_engine.errors import BadStore, BadValue

NAME = "sales.db"
_SQLITE = b"SQLite format 3\x00"
_OURS = ("", "-wal", "-shm", ".keys", ".keys-wal", ".keys-shm", ".master")


def fresh(folder: Path) -> Path:
    """The path of the store to be made; one that an earlier demo left is removed, anything else is left alone."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / NAME
    if path.exists():
        with path.open("rb") as file:
            begins = file.read(len(_SQLITE))
        if begins not in (_SQLITE, b""):
            raise BadStore(f"{path} is there and is no store of a demo; name another folder with `--dir`")
        if begins and not _is_demo(path):
            raise BadStore(f"{path} is a store that no demo made; name another folder with `--dir`")
        for suffix in _OURS:
            path.with_name(path.name + suffix).unlink(missing_ok=True)
    marker(folder).touch()
    return path


def marker(folder: Path) -> Path:
    """The file that says a demo made this folder's store."""
    return folder / ".made-by-demo"


def _is_demo(path: Path) -> bool:
    return marker(path.parent).exists()


Made = TypeVar("Made")


def set_down(folder: Path, write: Callable[[Path], Made]) -> tuple[Made, Path]:
    """Write files into `proposed` below the folder, or `proposed-2`, …: what somebody has edited since is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".proposing-") as name:
        made = write(Path(name) / "proposed")
        fresh_files = {path.name: path.read_bytes() for path in (Path(name) / "proposed").iterdir()}
        for number in count(1):
            into = folder / ("proposed" if number == 1 else f"proposed-{number}")
            if not into.exists():
                shutil.copytree(Path(name) / "proposed", into)
            if all(_holds(into / file, content) for file, content in fresh_files.items()):
                return made, into
    raise AssertionError("counting does not end")


def _holds(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content


def config(name: str) -> Path:
    """A file of the shipped configuration: beside the sources, or inside an installed package."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "config_files", package.parents[1] / "config"):
        if (folder / name).exists():
            return folder / name
    raise BadValue("config", name, "a file that comes with the package; install it again")
