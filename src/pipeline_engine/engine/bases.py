"""Where the process that a variant extends comes from: the versions of the store, or a file beside the variant's."""

import re
from collections.abc import Iterator
from pathlib import Path

from pipeline_engine.engine.reads import PROCESS, Reads
from pipeline_engine.errors import BadProcess, UnknownProcess
from pipeline_engine.notation import read_text
from pipeline_engine.process import Base, Bases, digest_of

_SUFFIXES = (".yaml", ".yml")
_MOST_FILES = 500


def published_bases(reads: Reads) -> Bases:
    """The published versions of a store."""

    def find(name: str, version: int | None) -> Base | None:
        state, _ = reads.state(f"process:{name}", PROCESS)
        if state is None or not state.versions:
            return None
        wanted = state.at(version).version
        found = next(each for each in state.versions if each.version == wanted)
        label, newest = f"{name}@{found.version}", state.in_force.version
        return Base(name, found.version, found.digest, found.source_text, label, newest)

    return find


def bases_beside(file: str | Path) -> Bases:
    """The files in the folder of a file; where several say that they are the process, the one of that name."""

    def find(name: str, version: int | None) -> Base | None:
        found = [path for path in _neighbours(Path(file)) if _says(path, name)]
        path = next((path for path in found if path.stem == name), found[0] if found else None)
        if path is None:
            return None
        text = read_text(path, BadProcess)
        return Base(name, 0, digest_of(text), text, str(path))

    return find


def _neighbours(file: Path) -> Iterator[Path]:
    folder = file.parent
    listed = sorted(folder.iterdir()) if folder.is_dir() else []
    fitting = [path for path in listed if path.suffix in _SUFFIXES and path.name != file.name and path.is_file()]
    yield from fitting[:_MOST_FILES]


def _says(path: Path, name: str) -> bool:
    try:
        text = read_text(path, BadProcess)
    except BadProcess:
        return False
    said = rf"^process:[ \t]*(?P<quote>['\"]?){re.escape(name)}(?P=quote)[ \t]*(?:#.*)?$"
    return re.search(said, text, re.MULTILINE) is not None


def first_of(bases: Bases, others: Bases) -> Bases:
    """Look in one place, and in another where it is not there."""

    def find(name: str, version: int | None) -> Base | None:
        try:
            found = bases(name, version)
        except UnknownProcess:
            fallback = others(name, version)
            if fallback is None:
                raise
            return fallback
        return found or others(name, version)

    return find
