"""What may be corrected, and how: the law that every correction is held to, by whomever it is asked.

A correction passes no gate: it never puts a deal further along its way, and never wins it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from pipeline_engine.deal import events as e
from pipeline_engine.deal.effective import CORRECTABLE, STAGE_EVENTS, effective, fields_of, refold
from pipeline_engine.deal.state import Deal
from pipeline_engine.envelope import Event, Recorded
from pipeline_engine.errors import BadMoment, CannotCorrect, UnknownField
from pipeline_engine.process import Process
from pipeline_engine.values import Value, instant_text

Kind = Literal["value", "time", "void"]


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says really was: fields to set and to clear, another time, or that it did not happen."""

    corrects: int
    kind: Kind
    set: Mapping[str, Value]
    cleared: tuple[str, ...] = ()
    really_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """A deal, its events by version as they were recorded, and as they stand by every correction so far."""

    deal: Deal
    recorded: Mapping[int, Recorded]
    stands: Mapping[int, Recorded]

    @classmethod
    def of(cls, deal: Deal, history: tuple[Recorded, ...]) -> "Past":
        """The past of a deal; what was recorded after it was read is left out."""
        recorded = {each.version: each for each in history if each.version <= deal.version}
        return cls(deal, recorded, {each.version: each for each in effective(recorded.values())})

    def event(self, version: int) -> Recorded:
        """An event of the deal by its version, as it was recorded; raises CannotCorrect."""
        if version not in self.recorded:
            there = f"its events are 1 to {self.deal.version}; `deal timeline {self.deal.id}` lists them"
            raise CannotCorrect(f"deal `{self.deal.id}` has no event {version}; {there}")
        return self.recorded[version]

    def stage_event(self, version: int, step: int) -> Recorded | None:
        """The nearest stage event before (`step` -1) or after (1) a version that stands."""
        others = [v for v, each in self.stands.items() if isinstance(each.event, STAGE_EVENTS)]
        beyond = [v for v in others if (v - version) * step > 0]
        return self.stands[min(beyond, key=lambda v: abs(v - version))] if beyond else None


def checked(said: Said, past: Past, process: Process, clock: datetime) -> Said | None:
    """
    What is left to correct; None where it is so already.

    Raises:
        CannotCorrect, BadMoment, UnknownField: It cannot be corrected so.
    """
    found = past.event(said.corrects)
    if not isinstance(found.event, CORRECTABLE[said.kind]):
        raise _not(past, said, _why_not(found, said.kind))
    if said.corrects not in past.stands:
        if said.kind == "void":
            return None
        raise _not(past, said, "it is void: it did not happen")
    return _CHECKS[said.kind](said, past, process, clock)


def outcome_of(said: Said, past: Past, clock: datetime) -> Deal:
    """The deal as it would stand then: a void may put it elsewhere, a value or a time leaves it where it is."""
    if said.kind != "void":
        return past.deal
    last = past.recorded[past.deal.version]
    event = e.CorrectionRecorded.model_construct(corrects=said.corrects, kind=said.kind)
    voided = replace(last, version=last.version + 1, recorded_at=clock, event=event)
    return refold(past.deal, (*past.recorded.values(), voided))


def _value(said: Said, past: Past, process: Process, clock: datetime) -> Said | None:
    known = sorted(fields_of(past.recorded[said.corrects].event))
    for name in (*said.set, *said.cleared):
        if name not in known:
            raise UnknownField(name, known, f"event {said.corrects} of deal `{past.deal.id}`")
    now = past.stands[said.corrects].event
    held: Mapping[str, Value] = getattr(now, "fields", None) or getattr(now, "set", {})
    values = {name: value for name, value in said.set.items() if held.get(name) != value}
    cleared = tuple(name for name in said.cleared if name in held)
    return replace(said, set=values, cleared=cleared) if values or cleared else None


def _time(said: Said, past: Past, process: Process, clock: datetime) -> Said | None:
    found, at = past.stands[said.corrects], said.really_at
    assert at is not None, "a correction of a time says the time"
    if found.envelope.at is None:
        raise _not(past, said, "nobody knows when it happened, and a correction needs a time to correct")
    if at == found.envelope.at:
        return None
    if at > clock:
        raise BadMoment(f"`{instant_text(at)}` is in the future; now is {instant_text(clock)}")
    before, after = past.stage_event(said.corrects, -1), past.stage_event(said.corrects, 1)
    if before and before.envelope.at and at < before.envelope.at:
        raise _out_of_order(at, "before", before)
    if after and after.envelope.at and at > after.envelope.at:
        raise _out_of_order(at, "after", after)
    return said


def _out_of_order(at: datetime, way: str, stage: Recorded) -> BadMoment:
    which = f"event {stage.version}, {_name(stage.event)} at {instant_text(stage.envelope.at or at)}"
    return BadMoment(f"`{instant_text(at)}` is {way} the stage event {way} it: {which}")


def _void(said: Said, past: Past, process: Process, clock: datetime) -> Said | None:
    found = past.stands[said.corrects]
    if not isinstance(found.event, STAGE_EVENTS):
        return said
    later = past.stage_event(said.corrects, 1)
    if later is not None:
        why = f"event {later.version}, {_name(later.event)}, came after it and depends on it"
        raise _not(past, said, f"{why}; only the last stage event can be void")
    after = outcome_of(said, past, clock)
    if after.status == "won" != past.deal.status:
        raise _not(past, said, "the deal would be won again without the gate; ask it: `deal win`")
    _never_forward(said, past, process, after)
    return said


def _never_forward(said: Said, past: Past, process: Process, after: Deal) -> None:
    here, there, stages = past.deal.stage, after.stage, process.stage_ids
    if there == here:
        return
    if there not in stages:
        raise _not(past, said, f"the deal would stand in `{there}`, which process `{process.label}` does not have")
    if here in stages and process.steps(here, there) > 0:
        raise _not(past, said, f"the deal would stand further on, in `{there}`; ask the gate: `deal move`")


def _not(past: Past, said: Said, why: str) -> CannotCorrect:
    name = _name(past.recorded[said.corrects].event)
    return CannotCorrect(f"event {said.corrects} of deal `{past.deal.id}`, {name}, cannot be corrected: {why}")


def _name(event: Event) -> str:
    return type(event).__name__


_BY_OTHER_MEANS = (
    e.ApprovalRequested, e.ApprovalGranted, e.ApprovalRejected, e.ApprovalReturned, e.ApprovalExpired, e.RuleWaived,
)  # fmt: skip
_CORRECTIONS = (e.CorrectionProposed, e.CorrectionRecorded)


def _why_not(found: Recorded, kind: Kind) -> str:
    event = found.event
    if isinstance(event, _CORRECTIONS):
        return f"a correction is not corrected; correct event {event.corrects} again"
    if "Refused" in _name(event):
        return "a refusal is what was said then, and stays"
    if isinstance(event, _BY_OTHER_MEANS):
        return "an approval or waiver ends by other means, and is not corrected"
    if kind == "value":
        return "it says no values; expected an event DealOpened or FieldsChanged"
    if isinstance(event, e.DealOpened):
        return "a deal that was opened was opened; `deal lose` or `deal merge` ends it"
    if isinstance(event, e.OwnerAssigned):
        return "whose deal it is, `deal assign` says"
    return "it is not for people to correct"


_CHECKS = {"value": _value, "time": _time, "void": _void}
