"""What can happen to a process.

These classes are the stored format. A new field needs a default; a renamed one an upcaster (store/upcast.py).
"""

from datetime import date
from decimal import Decimal
from typing import Any, Literal

from pipeline_engine.envelope import Event


class ProcessPublished(Event):
    """A version of a process came into force; its author is the envelope's actor.

    `compiled` is `Process.model_dump(mode="json")`; `semantics` numbers what the evaluator means;
    `same_as` is the earlier version with the same digest, where an older definition came back; `proposed_by` is who
    proposed it, where the author is the second person who agreed.
    """

    name: str
    version: int
    digest: str
    source_text: str
    compiled: dict[str, Any]
    semantics: int
    why: str | None = None
    same_as: int | None = None
    proposed_by: str | None = None


class ProcessProposed(Event):
    """Somebody wants a definition in force, of a process that only two people together may change."""

    name: str
    digest: str
    source_text: str
    why: str


class ProposalWithdrawn(Event):
    """That definition is no longer proposed."""

    digest: str
    why: str | None = None


class PublicationRefused(Event):
    """Someone tried to publish, confirm, migrate to or retire what they may not."""

    tried: Literal["publish", "confirm", "withdraw", "migrate", "retire"]
    digest: str
    why: Literal["no-role", "four-eyes"]


class ProcessRetired(Event):
    """No deal is opened under the process from now on; those that are open go on."""

    why: str


class MigrationStarted(Event):
    """The open deals of a process are to go on under `version` of `process`, as far as they find a stage there.

    `mapping` says which stage stands for which; a stage that is not in it keeps its name.
    """

    process: str
    version: int
    mapping: dict[str, str] = {}
    allow_stranded: bool = False
    why: str


class MigrationFinished(Event):
    """The migration that began at `started`, a version of this stream, has come to its end.

    `kept` and `mapped` deals went on, in the same stage or in another; `stranded` ones stayed under their version.
    """

    started: int
    kept: int
    mapped: int
    stranded: int


class RatesPublished(Event):
    """From a day on, one unit of each named currency is so many units of `currency`."""

    currency: str
    rates: dict[str, Decimal]
    valid_from: date
    why: str | None = None


PROCESS_EVENTS: tuple[type[Event], ...] = (
    ProcessPublished, ProcessProposed, ProposalWithdrawn, PublicationRefused, ProcessRetired, MigrationStarted,
    MigrationFinished, RatesPublished,
)  # fmt: skip
