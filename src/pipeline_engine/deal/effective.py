"""A deal's history as it really was: what corrections make of the events before them.

`fold` adds up a whole history; `refold` is its step at a correction, which changes what earlier events add up to.
The columns keep the same laws (facts/corrected.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pipeline_engine.deal import events as e
from pipeline_engine.deal.evolve import evolve
from pipeline_engine.deal.state import Deal, Grant
from pipeline_engine.envelope import Event, Recorded

# Events that put a deal into a stage, or out of one.
STAGE_EVENTS = (
    e.DealOpened, e.DealMoved, e.DealWon, e.DealLost, e.DealReopened, e.DealMigrated, e.DealMerged,
)  # fmt: skip
_FACTS = (
    e.FieldsChanged, e.ContactLinked, e.ContactUnlinked, e.ActivityLogged, e.DocumentAttached, e.ItemTicked,
    e.ItemUnticked, e.NextStepSet, e.NoteRecorded, e.DealPaused, e.DealResumed,
)  # fmt: skip
CORRECTABLE: Mapping[str, tuple[type[Event], ...]] = {
    "value": (e.DealOpened, e.FieldsChanged),
    "time": (
        *_FACTS, e.DealOpened, e.DealMoved, e.DealWon, e.DealLost, e.DealReopened, e.DealMerged, e.OwnerAssigned,
    ),
    "void": (*_FACTS, e.DealMoved, e.DealWon, e.DealLost, e.DealReopened, e.DealMerged),
}  # fmt: skip


def fold(events: Iterable[Recorded]) -> Deal | None:
    """The deal that these events of one stream add up to; None for no events."""
    deal: Deal | None = None
    history: list[Recorded] = []
    for recorded in events:
        history.append(recorded)
        corrects = isinstance(recorded.event, e.CorrectionRecorded)
        deal = refold(deal, history) if corrects else evolve(deal, recorded)
    return deal


def refold(before: Deal | None, history: Sequence[Recorded]) -> Deal:
    """
    The deal after a correction.

    Args:
        before: What the history without its last event adds up to.
        history: The whole stream so far; the last one is the correction.
    """
    after: Deal | None = None
    for recorded in effective(history):
        after = evolve(after, recorded)
    assert after is not None, "a history that ends with a correction has events"
    return _ends_stay(before, after, touched(history[-1], history)) if before else after


def _ends_stay(before: Deal, after: Deal, fields: frozenset[str]) -> Deal:
    """A correction gives nobody a grant back: what was used, lapsed or answered before it stays so.

    Grants that a corrected field would have ended, had it changed, end here.
    """
    asked = {request.version for request in before.requests}
    return replace(
        after,
        approvals=_still(before.approvals, after.approvals, fields),
        waivers=_still(before.waivers, after.waivers, fields),
        requests=tuple(request for request in after.requests if request.version in asked),
        askers=after.askers | before.askers,
        had=after.had | before.had,
        opener=after.opener | before.opener,
        gated=after.gated or before.gated,
    )


def _still(before: tuple[Grant, ...], after: tuple[Grant, ...], fields: frozenset[str]) -> tuple[Grant, ...]:
    standing = {grant.version for grant in before if grant.standing and not fields.intersection(grant.lapses_on)}
    return tuple(replace(g, standing=g.standing and g.version in standing) for g in after)


def effective(history: Iterable[Recorded]) -> list[Recorded]:
    """The history with values and times as they were corrected, and without what did not happen."""
    said = {recorded.version: recorded for recorded in history}
    stands = dict(said)
    for version, recorded in said.items():
        if isinstance(recorded.event, e.CorrectionRecorded) and recorded.event.corrects < version:
            _correct(stands, said, recorded)
    return list(stands.values())


def _correct(stands: dict[int, Recorded], said: Mapping[int, Recorded], recorded: Recorded) -> None:
    correction: Any = recorded.event
    target = stands.get(correction.corrects)
    if target is None or not isinstance(target.event, CORRECTABLE.get(correction.kind, ())):
        return
    if correction.kind == "value":
        original = said[target.version].event
        stands[target.version] = replace(target, event=_with_values(target.event, fields_of(original), correction))
    elif correction.kind == "time" and correction.really_at is not None:
        envelope = target.envelope.model_copy(update={"at": correction.really_at, "at_precision": "instant"})
        stands[target.version] = replace(target, envelope=envelope)
    elif correction.kind == "void":
        for version in (target.version, *_plans_of(target, stands, recorded.version)):
            del stands[version]


def _with_values(event: Any, fields: frozenset[str], correction: e.CorrectionRecorded) -> Any:
    """The event with the corrected values; a correction says nothing of fields that the event did not touch."""
    given = {name: value for name, value in correction.set.items() if name in fields}
    cleared = tuple(name for name in correction.cleared if name in fields)
    opening = isinstance(event, e.DealOpened)
    before: Mapping[str, Any] = event.fields if opening else event.set
    values = {name: value for name, value in {**before, **given}.items() if name not in cleared}
    if opening:
        return event.model_copy(update={"fields": values})
    gone = tuple(name for name in dict.fromkeys((*event.cleared, *cleared)) if name not in given)
    return event.model_copy(update={"set": values, "cleared": gone})


def _plans_of(target: Recorded, stands: Mapping[int, Recorded], until: int) -> list[int]:
    """The versions of what a win had planned and that was not there at `until`: it goes with the win."""
    if not isinstance(target.event, e.DealWon):
        return []
    since = [each for version, each in stands.items() if target.version < version < until]
    there = {each.event.deal_id for each in since if isinstance(each.event, e.FollowUpOpened)}
    return [r.version for r in since if isinstance(r.event, e.FollowUpPlanned) and r.event.deal_id not in there]


def fields_of(event: Event) -> frozenset[str]:
    """The fields that an event sets or clears."""
    match event:
        case e.DealOpened():
            return frozenset(event.fields)
        case e.FieldsChanged():
            return frozenset({*event.set, *event.cleared})
    return frozenset()


def touched(correction: Recorded, history: Iterable[Recorded]) -> frozenset[str]:
    """The fields whose value a correction says anything about; of a void event all that it had touched."""
    event = correction.event
    if not isinstance(event, e.CorrectionRecorded) or event.corrects >= correction.version:
        return frozenset()
    found = next((r.event for r in history if r.version == event.corrects), None)
    if not isinstance(found, CORRECTABLE.get(event.kind, ())):
        return frozenset()
    said = fields_of(found)
    return (
        said & {*event.set, *event.cleared} if event.kind == "value" else said if event.kind == "void" else frozenset()
    )
