"""What decisions read beside the deal: streams folded into states, watched by the store while a decision is made."""

from typing import Any, Protocol

from pipeline_engine.deal import CorrectionRecorded, Deal, evolve, refold
from pipeline_engine.process import PublishedProcess, evolve_process
from pipeline_engine.store import Fold, Store

DEAL: Fold[Deal] = Fold("deal", evolve, rewrites=(CorrectionRecorded,), refold=refold)
PROCESS: Fold[PublishedProcess | None] = Fold("process", evolve_process)
REGISTER: Fold[int] = Fold("register", lambda state, recorded: recorded.version)


class Reads(Protocol):
    """Whatever loads the state of a stream: the store, or its reader within a decision."""

    def state(self, stream: str, fold: Fold[Any]) -> tuple[Any, int]:
        """The state of a stream and its version."""
        ...


class Unwatched:
    """Reads outside a decision, which nobody checks again."""

    def __init__(self, store: Store) -> None:
        self.state = store.load
