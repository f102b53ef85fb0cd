"""A small log for a test: real events, written as the store writes them, without a store."""

from base64 import urlsafe_b64encode
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic_core import from_json, to_json

from pipeline_engine import deal as e
from pipeline_engine.envelope import Envelope, Event, Recorded
from pipeline_engine.facts import Facts, facts_of
from pipeline_engine.process import Process, ProcessPublished, Stage
from pipeline_engine.store import Row
from pipeline_engine.values import Money, Personal, microseconds, moment_at

MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
STAGES = ("lead", "qualified", "proposal", "negotiation")
PROCESS = Process(
    name="b2b",
    version=1,
    digest="d1",
    currency="EUR",
    value="amount",
    stages=tuple(Stage(id=s) for s in STAGES),
)


def day(number: float) -> datetime:
    """The moment that many days after MONDAY."""
    return MONDAY + timedelta(days=number)


def euro(amount: str | int) -> Money:
    """An amount in euro."""
    return Money.of(amount, "EUR")


def personal(text: str) -> Personal:
    """A text about the customer."""
    return Personal("deal", text)


def judged(codes: str = "p", at: datetime = MONDAY, version: int = 0) -> e.Verdicts:
    """Verdicts of PROCESS."""
    return e.Verdicts(process="b2b", version=1, digest="d1", judged_at=version, codes=codes, now=at)


def opened(stage: str = "lead", **more: Any) -> e.DealOpened:
    """An opening under PROCESS."""
    return e.DealOpened(**{"process": "b2b", "version": 1, "stage": stage, "owner": "rep-1", **more})


class Log:
    """Rows in the making; each is recorded an hour after the one before, from MONDAY on."""

    def __init__(self, *, published: bool = True) -> None:
        self.rows: list[Row] = []
        self.recorded: list[Recorded] = []
        self._versions: dict[str, int] = {}
        if published:
            self.publish(PROCESS)

    def publish(self, process: Process) -> "Log":
        """A process version in force."""
        compiled = process.model_dump(mode="json")
        event = ProcessPublished(
            name=process.name,
            version=process.version,
            digest=process.digest,
            source_text="",
            compiled=compiled,
            semantics=1,
        )
        return self.add(f"process:{process.name}", MONDAY, event)

    def deal(self, deal: str, at: datetime | None, *events: Event, **envelope: Any) -> "Log":
        """Events of a deal at one moment; None is a moment nobody knows."""
        for event in events:
            self.add(f"deal:{deal}", at, event, **envelope)
        return self

    def imported(self, deal: str, at: datetime | None, *events: Event, noted: datetime | None = None) -> "Log":
        """The same, by import."""
        return self.deal(deal, at, *events, via="import", source_recorded_at=noted)

    def add(self, stream: str, at: datetime | None, event: Event, **more: Any) -> "Log":
        """One row."""
        version = self._versions[stream] = self._versions.get(stream, 0) + 1
        precision = {"at_precision": "unknown"} if at is None else {}
        envelope = Envelope(**{"at": at, "actor": "rep-1", "command_id": f"c{len(self.rows)}", **precision, **more})
        position = len(self.rows) + 1
        recorded = microseconds(MONDAY + timedelta(hours=position))
        self.rows.append(Row(position, stream, version, recorded, type(event).__name__, payload(envelope, event)))
        moment = moment_at(recorded)
        self.recorded.append(Recorded(stream, version, position, moment, envelope, event))
        return self

    def facts(self, as_of: datetime | None = None, known_at: datetime | None = None) -> Facts:
        """What this log says."""
        return facts_of(self.rows, as_of, known_at)


def payload(envelope: Envelope, event: Event) -> bytes:
    """The stored bytes."""
    outside = from_json(
        envelope.model_dump_json(exclude_defaults=True, exclude={"at"} if envelope.at is None else None)
    )
    return to_json({**outside, "data": _sealed(from_json(event.model_dump_json(exclude_defaults=True)))})


def _sealed(tree: Any) -> Any:
    if not isinstance(tree, dict):
        return tree
    if tree.keys() == {"personal", "subject"}:
        return {"sealed": sealed(tree["personal"], tree["subject"])}
    return {key: _sealed(part) for key, part in tree.items()}


def sealed(text: str, subject: str = "deal") -> dict[str, str]:
    """What is inside a sealed value under the identity provider."""
    return {
        "subject": subject,
        "key": "identity",
        "nonce": "",
        "text": urlsafe_b64encode(text.encode()).decode(),
    }


def column(rows: Iterable[dict[str, Any]], *names: str) -> list[Any]:
    """Some columns of rows: plain values for one name, tuples for more."""
    return [row[names[0]] if len(names) == 1 else tuple(row[name] for name in names) for row in rows]
