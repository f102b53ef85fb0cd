"""Where the base of a variant is looked for: among the published versions, and beside the file."""

import re
from collections.abc import Mapping
from pathlib import Path

from pipeline_engine.errors import BadProcess
from pipeline_engine.notation import read_text
from pipeline_engine.process import Base, Bases, PublishedProcess, digest_of

_MOST_FILES = 200
_NAMED = re.compile(r"^process:\s*[\"']?([\w.-]+)", re.MULTILINE)


def published_bases(known: Mapping[str, PublishedProcess]) -> Bases:
    """The published versions; the one in force where none is named."""

    def find(name: str, version: int | None) -> Base | None:
        versions = known[name].versions if name in known else ()
        wanted = versions[-1].version if version is None and versions else version
        for each in versions:
            if each.version == wanted:
                return Base(name, each.version, each.digest, each.source_text, f"{name}@{each.version}")
        return None

    return find


def bases_beside(file: str | Path) -> Bases:
    """The files in the same folder, by the name that each gives its process; a file has no version yet."""

    def find(name: str, version: int | None) -> Base | None:
        for path in sorted(Path(file).resolve().parent.glob("*.yaml"))[:_MOST_FILES]:
            text = _readable(path)
            if (named := _NAMED.search(text)) is not None and named[1] == name:
                return Base(name, version or 0, digest_of(text), text, path.name)
        return None

    return find


def _readable(path: Path) -> str:
    try:
        return read_text(path, BadProcess)
    except BadProcess:
        return ""


def first_of(*places: Bases) -> Bases:
    """Looked for in one place after the other."""

    def find(name: str, version: int | None) -> Base | None:
        found = (place(name, version) for place in places)
        return next((base for base in found if base is not None), None)

    return find
