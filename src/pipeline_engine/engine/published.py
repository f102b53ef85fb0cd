"""The published processes as a decision reads them: one of them, and the variants of one."""

from collections.abc import Iterator
from typing import Any, Protocol

from pipeline_engine.process import Process, PublishedProcess, evolve_process
from pipeline_engine.store import Fold, Store

PROCESS: Fold[PublishedProcess | None] = Fold("process", evolve_process)


class Reads(Protocol):
    """Whatever loads the state of a stream: the store, or its reader within a decision."""

    def state(self, stream: str, fold: Fold[Any]) -> tuple[Any, int]:
        """The state of a stream and its version."""
        ...


class Unwatched:
    """Reads outside a decision, which nobody checks again."""

    def __init__(self, store: Store) -> None:
        self.state = store.load


def variants_of(base: str, store: Store, reads: Reads) -> tuple[Process, ...]:
    """The variants of a process that are in force, whichever version of it they extend, by name."""
    return tuple(_variants(base, store, reads))


def _variants(base: str, store: Store, reads: Reads) -> Iterator[Process]:
    for stream in store.streams("process:"):
        state, _ = reads.state(stream, PROCESS) if stream != f"process:{base}" else (None, 0)
        if state is None:
            continue
        extends = state.in_force.process.extends
        if extends is not None and extends.process == base:
            yield state.in_force.process
