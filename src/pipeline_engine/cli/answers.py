"""What became of a command, said."""

from typing import Any

from pipeline_engine.cli import verdicts, words
from pipeline_engine.cli.output import emit_json, say
from pipeline_engine.deal import (
    ApprovalRefused,
    AssignmentRefused,
    ChangeRefused,
    CorrectionProposed,
    CorrectionRefused,
    Deal,
    DealLost,
    DealMoved,
    DealOpened,
    DealPaused,
    DealReopened,
    DealWon,
    FollowUpPlanned,
    HandoffAccepted,
    MoveRefused,
    ObservationRefused,
    OpeningRefused,
    Outcome,
    OwnerAssigned,
    SourceStageNoted,
    WaiverRefused,
    verdicts_of,
)
from pipeline_engine.documents import outcome_document
from pipeline_engine.engine import Engine
from pipeline_engine.envelope import Recorded
from pipeline_engine.errors import UnknownDeal
from pipeline_engine.process import OWNERS_MANAGER, Process, with_skills
from pipeline_engine.values import Money

_WHY = {
    "no-role": "{actor} does not hold the role: it takes {role}",
    "four-eyes": "{actor} asked for it, owns the deal, or had it and nobody else has moved it on since; "
    "somebody else must decide (four eyes)",
    "delegation-ended": "the role was lent to {actor}, and is no longer",
    "no-delegation": "nobody of that name lends {actor} the role",
    "not-waivable": "nobody may waive it",
}


def say_outcome(engine: Engine, outcome: Outcome, json: bool) -> None:
    """Print an outcome: the judgement of an attempt, or what was recorded."""
    if json:
        emit_json(outcome_document(outcome))
        return
    if not outcome.events:
        say("nothing to do: it is so already")
        return
    refused = _refused(engine, outcome)
    if refused:
        say(f"REFUSED  {outcome.deal_id}: {refused}", style="bold red")
    elif outcome.verdicts:
        _attempt(engine, outcome, next(each for each in reversed(outcome.events) if verdicts_of(each)))
    else:
        names = ", ".join(type(each.event).__name__ for each in outcome.events)
        say(f"recorded  {outcome.deal_id}: {names}{again(outcome)}")
        _what_is_next(engine, outcome)


def _what_is_next(engine: Engine, outcome: Outcome) -> None:
    """What closes or has closed a deal waits for a second person, a paused deal for its end; news may be old."""
    for each in outcome.events:
        if isinstance(each.event, DealPaused):
            until = words.moment(each.event.until) if each.event.until else "somebody resumes it"
            say(f"  {outcome.deal_id} waits until {until}")
        if isinstance(each.event, SourceStageNoted):
            say(f"  noted, and nothing changes: {_why_noted(engine.deal(outcome.deal_id))}")
        if isinstance(each.event, CorrectionProposed):
            confirm = f"deal correct confirm {outcome.deal_id} {each.version}"
            say(f"  it takes two to change a closed deal: somebody else confirms it with `{confirm}`")


def _why_noted(deal: Deal) -> str:
    if deal.merged_into is not None:
        return f"the deal was merged into {deal.merged_into}"
    if deal.status != "open":
        return f"the deal is {deal.status}; `--reopens` says that a stage opens it again"
    return f"the deal has gone on since then, and stands in {deal.stage}"


def _refused(engine: Engine, outcome: Outcome) -> str:
    """Why somebody may not do what they tried, where no gate was asked; empty for anything else."""
    last = outcome.events[-1]
    match last.event:
        case ChangeRefused() as tried:
            return "; ".join(_locked(_process_of(engine, outcome.deal_id), name) for name in tried.fields)
        case ApprovalRefused(why="out-of-order", rule=rule):
            first = _process_of(engine, outcome.deal_id).rule(rule).after
            return f"may not approve {rule} yet: {' and '.join(first)} must be approved before it"
        case ApprovalRefused(why="no-skill", rule=rule, tried=tried):
            lacking = with_skills(_process_of(engine, outcome.deal_id).rule(rule).skills)
            return f"may not {tried} {rule}: it takes somebody{lacking}"
        case ApprovalRefused() | WaiverRefused():
            return _may_not_decide(_process_of(engine, outcome.deal_id), last.event, last.envelope.actor)
        case ObservationRefused() as tried:
            who = " or ".join(_process_of(engine, outcome.deal_id).observed_by)
            allowed = f"only {who} may" if who else "`observed: {by: […]}` in the process says who may"
            return f"{last.envelope.actor} may not record what {tried.source} did: {allowed}"
        case CorrectionRefused() as tried:
            return _may_not_correct(_process_of(engine, outcome.deal_id), tried, last.envelope.actor)
    return ""


def _may_not_decide(process: Process, tried: ApprovalRefused | WaiverRefused, actor: str) -> str:
    """Of an approval or a waiver, with the role it takes."""
    rule = process.rule(tried.rule)
    waived = "waive", rule.waivable_by
    what, roles = waived if isinstance(tried, WaiverRefused) else (tried.tried, (rule.approval or "",))
    takes = " or ".join("the owner's manager" if role == OWNERS_MANAGER else role for role in roles)
    said = _WHY[tried.why].format(actor=actor, role=takes)
    return f"may not {what} {tried.rule}: {said}"


def _may_not_correct(process: Process, tried: CorrectionRefused, actor: str) -> str:
    if tried.why == "four-eyes":
        return f"{actor} proposed it; somebody else must confirm it (four eyes)"
    if tried.why != "no-role":
        return f"may not correct it: {_WHY[tried.why].format(actor=actor)}"
    named = process.corrections_by
    if not named:
        return f"process {process.label} says nobody may correct; `corrections: {{by: [ROLE]}}` in it names who may"
    return f"only {' or '.join(named)} may correct, and {actor} holds no such role"


def _locked(process: Process, name: str) -> str:
    field = process.field(name)
    who = f"only {' or '.join(field.unlocked_by)} may" if field.unlocked_by else "nobody may"
    return f"{name} is locked from {field.locked_from} on: {who} change it"


def _process_of(engine: Engine, deal_id: str) -> Process:
    deal = engine.deal(deal_id)
    return engine.process(deal.process, deal.process_version)


def again(outcome: Outcome) -> str:
    """Whether this was asked before, and what follows from it."""
    return " (asked before; recorded once)" if outcome.repeated else ""


def _attempt(engine: Engine, outcome: Outcome, last: Recorded) -> None:
    deal = _deal(engine, outcome.deal_id)
    what = _what(last.event, deal)
    verdicts.headline("ACCEPTED" if outcome.accepted else "REFUSED", deal, worth(engine, deal), what + again(outcome))
    # A waiver is of a deal that is there: nobody can give one for an opening that was refused.
    verdicts.show(outcome.verdicts, waivable=deal.opened)
    for each in outcome.events:
        if isinstance(each.event, FollowUpPlanned):
            plan = each.event
            say(f"  leads to {plan.deal_id} under {plan.process}, due {words.day(plan.due)}")


def _deal(engine: Engine, deal_id: str) -> Deal:
    try:
        return engine.deal(deal_id)
    except UnknownDeal:
        return Deal(id=deal_id)


def worth(engine: Engine, deal: Deal) -> str:
    """The deal's value for people."""
    if not deal.opened:
        return words.NOTHING
    field = engine.process(deal.process, deal.process_version).value
    found = deal.fields.get(field or "")
    return words.money(found) if isinstance(found, Money) else words.NOTHING


def _what(event: Any, deal: Deal) -> str:
    """What happened to the deal, in words."""
    match event:
        case DealOpened():
            return f"opened in {event.stage}"
        case OpeningRefused():
            return f"is not opened in {event.stage}"
        case DealMoved():
            return f"moves from {event.from_stage} to {event.to_stage}"
        case DealWon():
            return "is won"
        case DealLost():
            return f"is lost: {event.reason}"
        case DealReopened():
            return f"is open again in {event.to_stage}"
        case MoveRefused():
            return f"stays {deal.status}" if event.attempt == "reopen" else f"stays in {event.from_stage}"
    return _whose(event, deal) or type(event).__name__


def _whose(event: Any, deal: Deal) -> str:
    """Whose the deal is now, where that was asked."""
    if isinstance(event, AssignmentRefused):
        return f"stays with {deal.owner}" if deal.owner else f"does not go to {event.owner}"
    return f"belongs to {event.owner} now" if isinstance(event, (OwnerAssigned, HandoffAccepted)) else ""
