"""A deal gets another owner: the one place that assigning and accepting a handover go through.

Who may own a deal is the gate `own`; beside it the limits and skills of the stage that the deal stands in are asked
again, of the new owner.
"""

from dataclasses import replace

from pipeline_engine.deal import commands as c
from pipeline_engine.deal.commands_life import AcceptHandoff
from pipeline_engine.deal.context import Context
from pipeline_engine.deal.decided import Decided
from pipeline_engine.deal.events import AssignmentRefused, HandoffAccepted, OwnerAssigned
from pipeline_engine.deal.evolve import attempt_key
from pipeline_engine.deal.gate import judge_attempt, repeats, stored
from pipeline_engine.deal.reading import Attempt
from pipeline_engine.deal.state import Deal
from pipeline_engine.process import COUNTS, FAIL, UNKNOWN, Gate, Judge, Rule

Way = tuple[Gate, str | None, str]


def new_owner(
    event: OwnerAssigned | HandoffAccepted, asked: tuple[c.Command, Deal], by: tuple[Judge, Context]
) -> Decided:
    """What it comes to that the deal is to belong to the event's owner; a closed deal takes nobody's slot."""
    (command, deal), (judge, context) = asked, by
    if deal.status != "open" or not judge.asked("own", deal.stage, deal.stage):
        return Decided((event,))
    attempt = Attempt("own", deal.stage, deal.stage, command.at, command.by)
    judgement = judge_attempt(owned_by(deal, event.owner), attempt, judge, context)
    verdicts = stored(judgement, deal, context)
    if not judgement.refused:
        return Decided((event.model_copy(update={"verdicts": verdicts}),))
    refusal = AssignmentRefused(owner=event.owner, verdicts=verdicts)
    earlier = repeats(deal.refusals.get(attempt_key("own", event.owner)), refusal, command.by, deal)
    return Decided(repeats=earlier) if earlier is not None else Decided((refusal,))


def full(deal: Deal, command: c.Command, judge: Judge, context: Context) -> tuple[Rule, ...]:
    """The limits that an open deal would exceed as it stands; none for one that nobody owns."""
    if deal.owner is None or not judge.counts("own", deal.stage, deal.stage):
        return ()
    attempt = Attempt("own", deal.stage, deal.stage, command.at, command.by)
    judgement = judge_attempt(deal, attempt, judge, context)
    return tuple(
        rule
        for rule, code in zip((judge.process.rules[n] for n in judgement.asked), judgement.codes, strict=True)
        if code in (FAIL, UNKNOWN) and rule.severity == "block" and not {*COUNTS}.isdisjoint(rule.reads)
    )


def owned_by(deal: Deal, owner: str) -> Deal:
    """The deal as it would be with that owner, for the gate to judge; nobody waives for themselves."""
    return replace(deal, owner=owner, waivers=tuple(each for each in deal.waivers if not each.of(owner)))


def owner_asked_about(command: c.Command, deal: Deal | None) -> str | None:
    """Whose standing a command is judged by: whoever is to own the deal, else whoever does."""
    if isinstance(command, (c.OpenDeal, c.AssignOwner)):
        return command.owner
    if isinstance(command, AcceptHandoff):
        return command.by
    return deal.owner if deal else None


def way_of(command: c.Command, deal: Deal, judge: Judge) -> Way | None:
    """The gate a command comes to, from where and to what; None where it comes to none, or to one that is not there."""
    if isinstance(command, (c.AssignOwner, AcceptHandoff)):
        another = deal.status == "open" and owner_asked_about(command, deal) != deal.owner
        return ("own", deal.stage, deal.stage) if another else None
    if isinstance(command, c.OpenDeal):
        stage = command.stage or first_stage(judge)
        return ("open", None, stage) if stage in judge.stages else None
    if isinstance(command, c.MoveDeal):
        return ("move", deal.stage, command.target) if command.target in judge.stages else None
    if isinstance(command, _BRING_BACK):
        back = not deal.goes_on and deal.stage in judge.stages
        return ("own", deal.stage, deal.stage) if back else None
    gate = _OUTCOMES.get(type(command))
    return (gate[0], deal.stage, gate[1]) if gate else None


def first_stage(judge: Judge) -> str:
    """Where deals open that are opened nowhere in particular."""
    process = judge.process
    return process.moves.open_in[0] if process.moves.open_in else process.stages[0].id


# What may make a closed or merged deal an open one, by which it takes its owner's slot again.
_BRING_BACK = (c.VoidEvent, c.ConfirmCorrection)
_OUTCOMES: dict[type[c.Command], tuple[Gate, str]] = {
    c.WinDeal: ("win", "won"), c.LoseDeal: ("lose", "lost"), c.ReopenDeal: ("reopen", "reopen"),
}  # fmt: skip
