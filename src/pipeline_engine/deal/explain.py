"""Why a stored attempt was judged as it was: the same judgement again, folded from the history before it.

Nothing of a verdict is stored but letters; what people are shown comes from here, years later as on the day.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any

from pipeline_engine.deal import events as e
from pipeline_engine.deal.context import Context, Held, Standing
from pipeline_engine.deal.effective import fold
from pipeline_engine.deal.gate import Judgement, judge_attempt
from pipeline_engine.deal.outcome import Judged
from pipeline_engine.deal.owning import owned_by
from pipeline_engine.deal.reading import Attempt
from pipeline_engine.deal.state import Deal
from pipeline_engine.envelope import Recorded
from pipeline_engine.process import Gate, Judge
from pipeline_engine.values import Personal

_OUTCOMES: dict[type[Any], tuple[Gate, str]] = {
    e.DealWon: ("win", "won"), e.DealLost: ("lose", "lost"), e.DealReopened: ("reopen", "reopen"),
}  # fmt: skip
_OWNED = (e.OwnerAssigned, e.AssignmentRefused, e.HandoffAccepted)
REFUSALS = (
    e.MoveRefused, e.OpeningRefused, e.ApprovalRefused, e.WaiverRefused, e.ChangeRefused, e.AssignmentRefused,
    e.ObservationRefused, e.CorrectionRefused,
)  # fmt: skip


def verdicts_of(recorded: Recorded) -> e.Verdicts | None:
    """The verdicts an event carries, None where it asked no gate."""
    return getattr(recorded.event, "verdicts", None)


def judged_again(recorded: Recorded, stream: Iterable[Recorded], judge: Judge) -> Judgement | None:
    """
    The judgement of a stored attempt, made again from its prefix.

    Args:
        recorded: The event that carries the verdicts.
        stream: The deal's events, at least those before it.
        judge: The process version that judged.
    """
    verdicts = verdicts_of(recorded)
    if verdicts is None:
        return None
    before = fold(r for r in stream if r.version <= verdicts.judged_at) or Deal(id=recorded.stream.partition(":")[2])
    deal = _proposed(before, recorded.event, verdicts)
    return judge_attempt(deal, attempt_of(recorded, before), judge, _context(verdicts, recorded, deal))


def _proposed(deal: Deal, event: Any, verdicts: e.Verdicts) -> Deal:
    if isinstance(event, _OWNED):
        return owned_by(deal, event.owner)
    if not isinstance(event, (e.DealOpened, e.OpeningRefused)):
        return deal
    return replace(deal, owner=event.owner, fields=MappingProxyType(dict(event.fields)), opened_at=verdicts.now)


def attempt_of(recorded: Recorded, deal: Deal) -> Attempt:
    """What was asked, read off the event that answered it."""
    event, now = recorded.event, recorded.event.verdicts.now  # type: ignore[attr-defined]  # only judged events
    gate, from_stage, target = _asked(event, deal)
    reason = getattr(event, "reason", None)
    text = getattr(event, "lost_reason", None) or (reason.value if isinstance(reason, Personal) else reason)
    return Attempt(gate, from_stage, target, now, recorded.envelope.actor, text)


def _asked(event: Any, deal: Deal) -> tuple[Gate, str | None, str]:
    match event:
        case e.DealOpened() | e.OpeningRefused():
            return "open", None, event.stage
        case e.MoveRefused():
            return event.attempt, event.from_stage, event.to_stage or ""
        case e.DealMoved():
            return "move", event.from_stage, event.to_stage
        case e.OwnerAssigned() | e.AssignmentRefused() | e.HandoffAccepted():
            return "own", deal.stage, deal.stage
    gate, target = _OUTCOMES[type(event)]
    return gate, deal.stage, target


def _context(verdicts: e.Verdicts, recorded: Recorded, deal: Deal) -> Context:
    actor, owner = Standing(recorded.envelope.actor), Standing(deal.owner or "")
    for path, read in verdicts.context.items():
        whose, _, what = path.partition(".")
        if whose == "actor":
            actor = _known(actor, what, read)
        else:
            owner = _known(owner, what, read)
    return Context(clock=verdicts.now, actor=actor, owner=owner)


def _known(standing: Standing, what: str, read: e.ContextValue) -> Standing:
    if what in ("open_deals", "deals_in_stage"):
        counted: dict[str, Any] = {what: read.value, "position": read.version}
        return replace(standing, held=replace(standing.held or Held(), **counted))
    known: dict[str, Any] = {what: read.value, "version": read.version}
    return replace(standing, **known)


def explain(recorded: Recorded, stream: Iterable[Recorded], judge: Judge) -> tuple[Judged, ...]:
    """How each rule judged a stored attempt, with what it saw; empty for an event that asked no gate."""
    events = tuple(stream)
    judgement = judged_again(recorded, events, judge)
    return judgement.explained(partial(_before, recorded, events)) if judgement else ()


def _before(recorded: Recorded, stream: tuple[Recorded, ...]) -> tuple[Recorded, ...]:
    """The events that a stored attempt was judged on."""
    verdicts = verdicts_of(recorded)
    return tuple(each for each in stream if verdicts and each.version <= verdicts.judged_at)
