"""From the rows of one deal to the events they come to: pure, in the rows' order, with the source's own
times.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from pipeline_engine.deal import (
    ActivityLogged,
    Deal,
    DealLost,
    DealOpened,
    DealWon,
    FieldsChanged,
    OwnerAssigned,
    SourceStageNoted,
    Stood,
    ended_elsewhere,
    entered_elsewhere,
)
from pipeline_engine.envelope import Envelope, Event, SourceRef
from pipeline_engine.exchange.row import Row
from pipeline_engine.store import Draft
from pipeline_engine.values import Personal, Value

OPENERS = ("opened", "stage", "status")
SAME_STAGE = "rows that repeat the stage or outcome the deal was in; they change nothing"
NOTED_BEFORE = "status rows before an outcome, which are no stage of the process"


@dataclass(frozen=True, slots=True)
class Plan:
    """What every deal of an import shares: the source, the process version it is pinned to, and how outcomes
    behave.
    """

    source: str
    process: str
    version: int
    opens_in: str
    reopens: bool = False


class Story:
    """One deal told row by row: what it adds up to so far, and the drafts each row came to.

    Rows that say something before any row opens the deal wait for that row and follow it; `waiting` holds
    those for which none came. `notes` counts the rows that rightly came to nothing.
    """

    def __init__(self, deal_id: str, plan: Plan, deal: Deal | None = None) -> None:
        self._deal_id, self._plan = deal_id, plan
        self._status = deal.status if deal else "not opened"
        self._stage = deal.stage if deal else ""
        self._owner = deal.owner if deal else None
        self._values: dict[str, Value] = dict(deal.fields) if deal else {}
        self.drafts: list[tuple[int, Draft]] = []
        self.waiting: list[tuple[int, Row]] = []
        self.notes: Counter[str] = Counter()

    def tell(self, number: int, row: Row) -> None:
        """Add one row; `number` is its place among the deal's rows."""
        if self._status != "not opened":
            self._tell(number, row)
        elif row.kind in OPENERS:
            self._open(number, row)
        else:
            self.waiting.append((number, row))

    def _open(self, number: int, row: Row) -> None:
        inferred = row.kind == "status"
        self._stage = self._plan.opens_in if inferred else row.new
        self._status, self._owner = "open", row.owner
        self._values = given(row.values)
        opened = DealOpened(
            process=self._plan.process, version=self._plan.version, stage=self._stage, owner=row.owner,
            title=Personal(f"deal:{self._deal_id}", row.title) if row.title else None, fields=self._values,
            basis="source", pinned_by="import",
        )  # fmt: skip
        self._add(number, replace(row, kind="opened", provenance="inferred") if inferred else row, opened)
        if inferred:
            self._outcome(number, row)
        waiting, self.waiting = self.waiting, []
        for before, held in waiting:
            self._tell(before, held)

    def _tell(self, number: int, row: Row) -> None:
        self._facts(number, row)
        if row.kind in ("opened", "stage"):
            self._enter(number, row)
        elif row.kind == "status":
            self._outcome(number, row)
        elif row.kind == "activity":
            self._add(number, row, ActivityLogged(kind=row.new))
        elif row.kind == "noted":
            self._note(number, row)

    def _facts(self, number: int, row: Row) -> None:
        changed = {name: v for name, v in row.values.items() if v is not None and self._values.get(name) != v}
        cleared = tuple(name for name, v in row.values.items() if v is None and name in self._values)
        if changed or cleared:
            self._values = {n: v for n, v in self._values.items() if n not in cleared} | changed
            self._add(number, row, FieldsChanged(set=changed, cleared=cleared), "field")
        if row.owner and row.owner != self._owner:
            self._owner = row.owner
            self._add(number, row, OwnerAssigned(owner=row.owner), "owner")

    def _enter(self, number: int, row: Row) -> None:
        event = entered_elsewhere(self._stood, row.new)
        if event is None:
            self.notes[SAME_STAGE] += 1
            return
        if not isinstance(event, SourceStageNoted):
            self._status, self._stage = "open", row.new
        self._add(number, row, event)

    def _outcome(self, number: int, row: Row) -> None:
        won = row.new == "won"
        outcome: DealWon | DealLost = DealLost(from_stage=self._stage, reason=row.reason, basis="source")
        if won:
            outcome = DealWon(from_stage=self._stage, amount=row.amount, basis="source")
        events = ended_elsewhere(self._stood, outcome)
        if not events:
            self.notes[SAME_STAGE] += 1
            return
        for event in events[:-1]:
            self._add(number, replace(row, provenance="inferred"), event, "reopened")
        if events[-1] is outcome:
            self._status = "won" if won else "lost"
        self._add(number, row, events[-1])

    @property
    def _stood(self) -> Stood:
        return Stood(self._status, self._stage, self._plan.reopens)

    def _note(self, number: int, row: Row) -> None:
        if self._status == "open":
            self.notes[NOTED_BEFORE] += 1
        else:
            self._add(number, row, SourceStageNoted(stage=row.new))

    def _add(self, number: int, row: Row, event: Event, kind: str | None = None) -> None:
        self.drafts.append((number, Draft(envelope_of(row, self._plan, kind or row.kind), event)))


def told(deal_id: str, rows: Iterable[tuple[int, Row]], plan: Plan, deal: Deal | None = None) -> Story:
    """The story of numbered rows, on top of a deal as it stands."""
    story = Story(deal_id, plan, deal)
    for number, row in rows:
        story.tell(number, row)
    return story


def envelope_of(row: Row, plan: Plan, kind: str) -> Envelope:
    """The envelope around an event of this row; the same row gives the same one at every import."""
    return Envelope(
        at=row.when.at, at_precision=row.when.precision, source_recorded_at=row.recorded_at,
        actor=row.actor or f"import:{plan.source}", via="import", provenance=row.provenance,
        command_id=f"import:{plan.source}:{row.deal_id}:{kind}:{row.key}",
        source_ref=SourceRef(source=plan.source, deal=row.deal_id, kind=kind, key=row.key),
    )  # fmt: skip


def given(values: Mapping[str, Value | None]) -> dict[str, Value]:
    """The values that are there."""
    return {name: value for name, value in values.items() if value is not None}
