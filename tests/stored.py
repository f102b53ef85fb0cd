"""A store in files is three: itself, its keys and their master key. What copies or moves one takes all of them."""

import shutil
from pathlib import Path

PARTS = ("", ".keys", ".master")


def copy_store(path: Path, to: Path) -> None:
    """Copy a closed store."""
    for part in PARTS:
        shutil.copy(path.with_name(path.name + part), to.with_name(to.name + part))


def move_store(path: Path, to: Path) -> None:
    """Move a closed store."""
    for part in PARTS:
        shutil.move(path.with_name(path.name + part), to.with_name(to.name + part))
