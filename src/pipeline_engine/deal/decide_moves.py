"""Deciding what changes a deal's stage or outcome: every one of these goes through the gate."""

import re
from dataclasses import replace
from types import MappingProxyType

from pipeline_engine.deal import commands as c
from pipeline_engine.deal.context import Context
from pipeline_engine.deal.decide_facts import read_fields
from pipeline_engine.deal.decided import NOTHING, Decided, in_stage_order, personal
from pipeline_engine.deal.events import (
    DealLost,
    DealMoved,
    DealOpened,
    DealReopened,
    DealWon,
    MoveRefused,
    OpeningRefused,
    Verdicts,
)
from pipeline_engine.deal.evolve import attempt_key
from pipeline_engine.deal.follow_up import planned
from pipeline_engine.deal.gate import judge_attempt, repeats, stored
from pipeline_engine.deal.owning import first_stage
from pipeline_engine.deal.reading import Attempt
from pipeline_engine.deal.state import Deal
from pipeline_engine.errors import BadValue, DealExists, DealIsClosed, DealIsOpen, UnknownReason
from pipeline_engine.process import Gate, Judge, Process, read_value
from pipeline_engine.values import Money, Value, instant_text

_REASON = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")


def open_deal(command: c.OpenDeal, deal: Deal, judge: Judge, context: Context) -> Decided:
    """Open the deal in a stage, or refuse to; defaults of the process are written down as first values."""
    process = judge.process
    if deal.opened:
        raise DealExists(deal.id, instant_text(deal.opened_at) if deal.opened_at else "an unknown time")
    in_stage_order(command, deal, process, context)
    fields = first_values(command, process)
    stage = command.stage or first_stage(judge)
    proposed = proposed_deal(deal, command, fields)
    attempt = Attempt("open", None, stage, command.at, command.by)
    judgement = judge_attempt(proposed, attempt, judge, context)
    verdicts = stored(judgement, deal, context)
    if judgement.refused:
        refusal = OpeningRefused(
            process=process.name, version=process.version, stage=stage, owner=command.owner,
            title=personal(command, command.title), fields=fields, verdicts=verdicts,
        )  # fmt: skip
        return _unless_repeated(refusal, attempt_key("open", stage), (command, deal))
    opened = DealOpened(
        process=process.name, version=process.version, stage=stage, owner=command.owner,
        title=personal(command, command.title), fields=fields, verdicts=verdicts,
    )  # fmt: skip
    return Decided((opened,))


def proposed_deal(deal: Deal, command: c.OpenDeal, fields: dict[str, Value]) -> Deal:
    """The deal as an opening would make it, for the gate to judge."""
    return replace(deal, owner=command.owner, fields=MappingProxyType(fields), opened_at=command.at)


def first_values(command: c.OpenDeal, process: Process) -> dict[str, Value]:
    """What an opening writes down: the values given, typed, and the process's defaults for the others."""
    fields = read_fields(command.fields, process, command)
    missing = [f for name, f in process.fields.items() if f.default is not None and name not in fields]
    return {**fields, **{f.name: read_value(f, f.default, process.currency) for f in missing}}


def move_deal(command: c.MoveDeal, deal: Deal, judge: Judge, context: Context) -> Decided:
    """Move the deal to another stage, or refuse to."""
    judge.place(command.target)
    _must_be_open(deal)
    if deal.stage == command.target:
        return NOTHING
    moved = DealMoved(from_stage=deal.stage, to_stage=command.target, reason=personal(command, command.reason))
    return _through_the_gate(moved, _attempt("move", command.target, command, deal), (command, deal), (judge, context))


def win_deal(command: c.WinDeal, deal: Deal, judge: Judge, context: Context) -> Decided:
    """Close the deal as won and plan what the win leads to, or refuse to.

    The final amount is the deal's value field as it stands.
    """
    if deal.status == "won":
        return NOTHING
    _must_be_open(deal)
    value = deal.fields.get(judge.process.value or "")
    won = DealWon(from_stage=deal.stage, amount=value if isinstance(value, Money) else None)
    decided = _through_the_gate(won, _attempt("win", "won", command, deal), (command, deal), (judge, context))
    if not any(isinstance(event, DealWon) for event in decided.events):
        return decided
    return Decided((*decided.events, *planned(command, deal, judge, context)))


def lose_deal(command: c.LoseDeal, deal: Deal, judge: Judge, context: Context) -> Decided:
    """Close the deal as lost for a reason the process knows, or refuse to."""
    reasons = [reason.id for reason in judge.process.lost_reasons]
    if reasons and command.reason not in reasons:
        raise UnknownReason(command.reason, reasons, f"process `{judge.process.name}`")
    if not reasons and not _REASON.fullmatch(command.reason):
        # Where a process lists no reasons the word is still kept in the clear, so it must be one.
        raise BadValue("reason", "free text", "one word like `price` or `no-decision`; the rest goes into the note")
    if deal.status == "lost" and deal.lost_reason == command.reason:
        return NOTHING
    _must_be_open(deal)
    lost = DealLost(
        from_stage=deal.stage,
        reason=command.reason,
        competitor=personal(command, command.competitor),
        note=personal(command, command.note),
    )
    return _through_the_gate(lost, _attempt("lose", "lost", command, deal), (command, deal), (judge, context))


def reopen_deal(command: c.ReopenDeal, deal: Deal, judge: Judge, context: Context) -> Decided:
    """Open a won or lost deal again in the stage it stood in, or refuse to."""
    if deal.status == "open":
        raise DealIsOpen(deal.id, deal.stage)
    reopened = DealReopened(to_stage=deal.stage, reason=personal(command, command.reason))
    return _through_the_gate(reopened, _attempt("reopen", "reopen", command, deal), (command, deal), (judge, context))


def _must_be_open(deal: Deal) -> None:
    if deal.status != "open":
        raise DealIsClosed(deal.id, deal.status)


def _attempt(gate: Gate, target: str, command: c.Command, deal: Deal) -> Attempt:
    said = personal(command, getattr(command, "reason", None))
    reason = said.value if said else None
    return Attempt(gate, deal.stage, target, command.at, command.by, reason)


def _through_the_gate(
    event: DealMoved | DealWon | DealLost | DealReopened,
    attempt: Attempt,
    asked: tuple[c.Command, Deal],
    by: tuple[Judge, Context],
) -> Decided:
    (command, deal), (judge, context) = asked, by
    in_stage_order(command, deal, judge.process, context)
    judgement = judge_attempt(deal, attempt, judge, context)
    verdicts = stored(judgement, deal, context)
    if not judgement.refused:
        return Decided((event.model_copy(update={"verdicts": verdicts}),))
    key = attempt_key(attempt.gate, attempt.target)
    return _unless_repeated(_refusal(attempt, asked, verdicts), key, asked)


def _refusal(attempt: Attempt, asked: tuple[c.Command, Deal], verdicts: Verdicts) -> MoveRefused:
    command, deal = asked
    refused = MoveRefused(
        attempt=attempt.gate,  # type: ignore[arg-type]  # an opening never comes here
        from_stage=deal.stage, to_stage=attempt.target, reason=personal(command, attempt.reason), verdicts=verdicts,
    )  # fmt: skip
    if not isinstance(command, c.LoseDeal):
        return refused
    note, rival = personal(command, command.note), personal(command, command.competitor)
    return refused.model_copy(update={"reason": note, "lost_reason": command.reason, "competitor": rival})


def _unless_repeated(refusal: MoveRefused | OpeningRefused, key: str, asked: tuple[c.Command, Deal]) -> Decided:
    command, deal = asked
    earlier = repeats(deal.refusals.get(key), refusal, command.by, deal)
    return Decided(repeats=earlier) if earlier is not None else Decided((refusal,))
