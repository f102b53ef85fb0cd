"""Random histories in which people correct themselves, and the same histories as they really were."""

from datetime import datetime
from typing import Any

from hypothesis import strategies as st

from pipeline_engine import deal as e
from pipeline_engine.envelope import Event, Recorded
from pipeline_engine.store import Row
from tests.facts.given import Log, day, euro, payload, personal
from tests.facts.histories import days, fields, next_event

DEALS = ("A", "B")
_STAGES = (e.DealMoved, e.DealWon, e.DealLost, e.DealReopened, e.DealMerged)


@st.composite
def corrected_histories(draw: st.DrawFn) -> Log:
    """A log of two deals with corrections of whatever can be corrected, and of some that cannot."""
    log = Log()
    for _ in range(draw(st.integers(2, 22))):
        deal = draw(st.sampled_from(DEALS))
        history = stream(log, deal)
        standing = e.fold(history)
        correct = standing is not None and standing.opened and draw(st.integers(0, 2)) == 0
        event = _correction(draw, history) if correct else next_event(draw, standing)
        at = draw(st.one_of(st.none(), days.map(day), days.map(day), days.map(day)))
        if draw(st.integers(0, 3)) == 0:
            log.imported(deal, at, event)
        else:
            log.deal(deal, at, event)
    return log


def stream(log: Log, deal: str) -> list[Recorded]:
    """The events of one deal."""
    return [recorded for recorded in log.recorded if recorded.stream == f"deal:{deal}"]


def _correction(draw: st.DrawFn, history: list[Recorded]) -> Event:
    """A correction of an event that may be corrected so; now and then of any."""
    target = draw(st.sampled_from(history))
    kinds = [kind for kind, events in e.CORRECTABLE.items() if isinstance(target.event, events)]
    stages = [each.version for each in e.effective(history) if isinstance(each.event, _STAGES)]
    if "void" in kinds and isinstance(target.event, _STAGES) and target.version not in stages[-1:]:
        kinds.remove("void")
    kind = draw(st.sampled_from(kinds or ["value"]))
    said: dict[str, Any] = {}
    if kind == "value":
        names = {*getattr(target.event, "set", {}), *getattr(target.event, "fields", {}), "amount"}
        given = {name: value for name, value in draw(fields).items() if name in names}
        said = {"set": given, "cleared": tuple(sorted(names - set(given))[:1]) if draw(st.booleans()) else ()}
    if kind == "time":
        said = {"really_at": draw(days.map(day))}
    common = {"corrects": target.version, "kind": kind, "role": "ops", "reason": personal("x"), **said}
    if draw(st.integers(0, 7)) == 0:
        return e.CorrectionProposed(**common)
    return e.CorrectionRecorded(**common)


def as_it_was(log: Log) -> list[Row]:
    """The rows of the same log, had everything been recorded right at once; corrections are notes in it."""
    rows = [row for row in log.rows if not row.stream.startswith("deal:")]
    rows_of = {(row.stream, row.version): row for row in log.rows}
    for deal in DEALS:
        said, really = stream(log, deal), e.effective(stream(log, deal))
        for recorded in really:
            row, event = rows_of[recorded.stream, recorded.version], recorded.event
            if isinstance(event, (e.CorrectionRecorded, e.CorrectionProposed)):
                event = e.NoteRecorded(text=personal("x"))
            if isinstance(event, e.DealWon):
                event = _won_at(event, *(_worth(events, recorded.version) for events in (said, really)))
            written = payload(recorded.envelope, event)
            rows.append(row._replace(name=type(event).__name__, payload=written))
    return sorted(rows, key=lambda row: row.position)


def _worth(events: list[Recorded], version: int) -> Any:
    """What the value field said before a version, by these events alone."""
    deal: e.Deal | None = None
    for recorded in events:
        deal = e.evolve(deal, recorded) if recorded.version < version else deal
    return deal.fields.get("amount") if deal else None


def _won_at(won: e.DealWon, said: Any, really: Any) -> e.DealWon:
    """A win whose amount was what the field said is at what the field really was."""
    return won if said is None or won.amount != said else won.model_copy(update={"amount": really})


def won(amount: int) -> Log:
    """A deal that was opened at 5, changed to an amount and won at it."""
    changed = e.FieldsChanged(set={"amount": euro(amount)})
    opening = e.DealOpened(process="b2b", version=1, stage="lead", owner="rep-1", fields={"amount": euro(5)})
    return Log().deal("A", day(0), opening).deal("A", day(1), changed).deal(
        "A", day(2), e.DealWon(from_stage="lead", amount=euro(amount))
    )  # fmt: skip


def correction(corrects: int, kind: str = "void", **said: Any) -> e.CorrectionRecorded:
    """A recorded correction."""
    what: dict[str, Any] = {"corrects": corrects, "kind": kind, **said}
    return e.CorrectionRecorded(role="ops", reason=personal("x"), **what)


def noon(number: int) -> datetime:
    """Three hours into a day after MONDAY."""
    return day(number + 0.125)
