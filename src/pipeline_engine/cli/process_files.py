"""A process file that a command is given; the base of a variant comes from the store, else from its folder."""

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_engine.cli.session import opened, settings

if TYPE_CHECKING:
    from pipeline_engine.process import Base, Bases, Process


def loaded(file: Path) -> "Process":
    """The process in a file; the store is opened for the base of a variant alone. Raises BadProcess."""
    from pipeline_engine.engine import load_file

    return load_file(file, bases_of(file))


def bases_of(file: Path) -> "Bases":
    """Finds what a variant in a file extends."""

    def find(name: str, version: int | None) -> "Base | None":
        from pipeline_engine.engine import bases_beside
        from pipeline_engine.store import is_there

        if not is_there(settings().store):
            return bases_beside(file)(name, version)
        with opened() as engine:
            return engine.bases(file)(name, version)

    return find
