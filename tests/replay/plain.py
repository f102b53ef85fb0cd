"""The oracle: one recorded attempt after the other, each judged on the plain fold of its own prefix."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from pipeline_engine import deal as d
from pipeline_engine.deal import Context, Deal, Standing
from pipeline_engine.deal.gate import judge_attempt
from pipeline_engine.deal.reading import Attempt
from pipeline_engine.engine import Engine
from pipeline_engine.envelope import Recorded
from pipeline_engine.errors import UnknownStage
from pipeline_engine.facts import Facts
from pipeline_engine.process import Gate, Judge
from pipeline_engine.values import Personal

_UNKNOWN_ROLES: Any = None  # what no verdict kept is missing, not an empty list


def attempts_of(engine: Engine, facts: Facts) -> Iterator[tuple[Recorded, list[Recorded]]]:
    """Every row of `attempts` in its order: the event, and the deal's events before it."""
    streams: dict[str, list[Recorded]] = {}
    for row in facts.attempts.select(["deal_id", "version"]).to_pylist():
        stream = f"deal:{row['deal_id']}"
        if stream not in streams:
            streams[stream] = engine._store.events(stream)
        recorded = streams[stream][row["version"] - 1]
        yield recorded, streams[stream][: row["version"] - 1]


def letters(recorded: Recorded, before: list[Recorded], judge: Judge) -> str:
    """How a process judges a recorded attempt, in letters; nothing is asked where it lacks the stages."""
    event: Any = recorded.event
    deal = deal_of(recorded, before)
    attempt = attempt_of(recorded, deal)
    try:
        judgement = judge_attempt(deal, attempt, judge, context_of(event.verdicts, recorded, deal))
    except UnknownStage:
        return "n" * len(judge.process.rules)
    return judge.letters(judgement.asked, judgement.codes)


def deal_of(recorded: Recorded, before: list[Recorded]) -> Deal:
    """The deal as the gate had it: its prefix, or what an opening proposed."""
    event: Any = recorded.event
    deal = d.fold(before) or Deal(id=recorded.stream.partition(":")[2])
    if not isinstance(event, (d.DealOpened, d.OpeningRefused)):
        return deal
    return replace(deal, owner=event.owner, fields=MappingProxyType(dict(event.fields)), opened_at=_now(recorded))


def _now(recorded: Recorded) -> datetime:
    event: Any = recorded.event
    moment = event.verdicts.now if event.verdicts else recorded.envelope.at
    assert moment is not None
    return moment


def attempt_of(recorded: Recorded, deal: Deal) -> Attempt:
    """What was asked."""
    event: Any = recorded.event
    gate, target = _asked(event)
    reason = event.reason if not isinstance(event, (d.DealOpened, d.OpeningRefused, d.DealWon)) else None
    if isinstance(event, d.MoveRefused):
        reason = event.lost_reason or event.reason
    text = reason.value if isinstance(reason, Personal) else reason
    return Attempt(gate, None if gate == "open" else deal.stage, target, _now(recorded), recorded.envelope.actor, text)


def _asked(event: Any) -> tuple[Gate, str]:
    match event:
        case d.DealOpened() | d.OpeningRefused():
            return "open", event.stage
        case d.DealMoved():
            return "move", event.to_stage
        case d.MoveRefused():
            return event.attempt, event.to_stage or ""
        case d.DealWon():
            return "win", "won"
        case d.DealLost():
            return "lose", "lost"
    return "reopen", "reopen"


def context_of(verdicts: Any, recorded: Recorded, deal: Deal) -> Context:
    """What a verdict kept of the people; the rest is missing, for nobody knows it any more."""
    known: dict[str, dict[str, Any]] = {"actor": {}, "owner": {}}
    for path, read in (verdicts.context if verdicts else {}).items():
        whose, _, what = path.partition(".")
        known[whose][what] = read.value
    actor = Standing(recorded.envelope.actor, _UNKNOWN_ROLES)
    owner = Standing(deal.owner or "", _UNKNOWN_ROLES)
    return Context(clock=_now(recorded), actor=replace(actor, **known["actor"]), owner=replace(owner, **known["owner"]))
