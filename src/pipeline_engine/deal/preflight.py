"""What the gate would say: the same judgement as a real attempt, without the write."""

from pipeline_engine.deal.commands import Command
from pipeline_engine.deal.context import Context
from pipeline_engine.deal.gate import judge_attempt
from pipeline_engine.deal.outcome import Preflight
from pipeline_engine.deal.reading import Attempt
from pipeline_engine.deal.state import Deal
from pipeline_engine.errors import DealIsClosed, DealIsOpen
from pipeline_engine.process import Gate, Judge


def preflight(deal: Deal, command: Command, ask: tuple[Gate, str], by: tuple[Judge, Context]) -> Preflight:
    """
    What the gate would say of an attempt at the command's time by its actor.

    Args:
        ask: The gate and its target: a stage, or won, lost, reopen.
        by: The process version that would judge, and who asks.

    Raises:
        DealIsClosed, DealIsOpen: The attempt would not come to the gate at all.
    """
    (gate, target), (judge, context) = ask, by
    if gate == "reopen" and deal.status == "open":
        raise DealIsOpen(deal.id, deal.stage)
    if gate not in ("open", "reopen") and deal.status != "open":
        raise DealIsClosed(deal.id, deal.status)
    attempt = Attempt(gate, deal.stage, target, command.at, command.by, getattr(command, "reason", None))
    judgement = judge_attempt(deal, attempt, judge, context)
    return Preflight(gate, target, not judgement.refused, judgement.explained())


def ways_on(deal: Deal, judge: Judge) -> tuple[tuple[Gate, str], ...]:
    """Where the deal may go: the stages ahead that the process lets it move to, and won; reopening if closed."""
    if deal.status != "open":
        return (("reopen", "reopen"),)
    process = judge.process
    ahead = judge.stages[judge.place(deal.stage) + 1 :]
    stages = _within_reach(ahead, judge) if process.moves.forward == "next" else ahead
    won: tuple[tuple[Gate, str], ...] = (("win", "won"),) if deal.stage in process.won_from else ()
    return (*(("move", stage) for stage in stages), *won)


def _within_reach(ahead: tuple[str, ...], judge: Judge) -> tuple[str, ...]:
    """The next stage, and those after it as long as only some deals have the ones between."""
    every_deal = [place for place, stage in enumerate(ahead) if judge.process.stage(stage).applies is None]
    return ahead[: every_deal[0] + 1] if every_deal else ahead
