"""What the gate would say: the same judgement as a real attempt, without the write."""

from collections.abc import Sequence

from pipeline_engine.deal.commands import Command
from pipeline_engine.deal.context import Context
from pipeline_engine.deal.gate import judge_attempt
from pipeline_engine.deal.outcome import Preflight
from pipeline_engine.deal.reading import Attempt
from pipeline_engine.deal.reasons import History
from pipeline_engine.deal.state import Deal
from pipeline_engine.errors import DealIsClosed, DealIsMerged, DealIsOpen, UnknownReason
from pipeline_engine.process import Gate, Judge

Way = tuple[Gate, str]
GATE_OF: dict[str, Gate] = {"won": "win", "lost": "lose", "reopen": "reopen"}


def preflight(deal: Deal, command: Command, ask: Way, by: tuple[Judge, Context], history: History = tuple) -> Preflight:
    """
    What the gate would say of an attempt at the command's time by its actor.

    Args:
        ask: The gate and its target: a stage, or won, lost, reopen.
        by: The process version that would judge, and who asks.
        history: Gives the deal's events; asked only where somebody reads about an approval.

    Raises:
        DealIsMerged, DealIsClosed, DealIsOpen, UnknownReason: The attempt would not come to the gate at all.
    """
    (gate, target), (judge, context) = ask, by
    _comes_to_the_gate(deal, gate)
    reason = getattr(command, "reason", None) or None
    reasons = tuple(each.id for each in judge.process.lost_reasons) if gate == "lose" else ()
    if reason and reasons and reason not in reasons:
        raise UnknownReason(reason, reasons, f"process `{judge.process.name}`")
    if gate == "move" and target == deal.stage:
        return Preflight(gate, target, True, ())
    judgement = judge_attempt(deal, Attempt(gate, deal.stage, target, command.at, command.by, reason), judge, context)
    needs = reason is None and _needs_reason(deal, (gate, target), judge)
    # A loss without a reason never comes to the gate, whatever its rules say.
    allowed = not judgement.refused and not (needs and gate == "lose")
    return Preflight(gate, target, allowed, judgement.explained(history), needs, reasons)


def _comes_to_the_gate(deal: Deal, gate: Gate) -> None:
    if deal.merged_into is not None:
        raise DealIsMerged(deal.id, deal.merged_into)
    if gate == "reopen" and deal.status == "open":
        raise DealIsOpen(deal.id, deal.stage)
    if gate not in ("open", "reopen") and deal.status != "open":
        raise DealIsClosed(deal.id, deal.status)


def _needs_reason(deal: Deal, ask: Way, judge: Judge) -> bool:
    gate, target = ask
    if gate == "move":
        return judge.process.moves.back == "reason" and judge.place(target) < judge.place(deal.stage)
    return gate == "lose" or (gate == "reopen" and judge.rule("reopen:reason") is not None)


def ways_on(deal: Deal, judge: Judge) -> tuple[Way, ...]:
    """
    Where the deal may go: stages ahead, won, lost, and back, nearest first; reopening if closed; nowhere if merged.

    Stages that only some deals have may be passed by; whether this deal does is said by the judgement of each way.
    """
    if deal.merged_into is not None:
        return ()
    if deal.status != "open":
        return (("reopen", "reopen"),)
    place, process = judge.place(deal.stage), judge.process
    won: tuple[Way, ...] = (("win", "won"),) if _can_win(deal, judge) else ()
    lost: tuple[Way, ...] = (("lose", "lost"),) if deal.stage in process.lost_from else ()
    back = judge.stages[:place][::-1] if process.moves.back != "never" else ()
    return (*(("move", stage) for stage in _ahead(judge, place)), *won, *lost, *(("move", stage) for stage in back))


def _ahead(judge: Judge, place: int) -> tuple[str, ...]:
    ahead = judge.stages[place + 1 :]
    if judge.process.moves.forward == "any":
        return ahead
    reach = next((n for n, stage in enumerate(ahead) if not _may_be_passed(judge, stage)), len(ahead) - 1)
    return ahead[: reach + 1]


def _may_be_passed(judge: Judge, stage: str) -> bool:
    return judge.rule(f"{stage}:applies") is not None


def _can_win(deal: Deal, judge: Judge) -> bool:
    if deal.stage in judge.process.won_from:
        return True
    passed = judge.passed("win", deal.stage, "won")
    ahead = [stage for stage in judge.process.won_from if judge.place(stage) > judge.place(deal.stage)]
    # A win may leap over stages that the deal does not have, the last one included.
    return bool(ahead) and all(_may_be_passed(judge, stage) for stage in passed)


def worth_telling(ways: Sequence[Preflight]) -> tuple[Preflight, ...]:
    """The ways that the process leaves to this deal: without stages it does not have, or may not leap to."""
    open_to_it = tuple(way for way in ways if not _barred(way))
    forward = [way for way in ways if way.gate in ("move", "win")]
    return open_to_it if open_to_it or not forward else (forward[0],)


def _barred(way: Preflight) -> bool:
    barring = {"moves:forward", "won:from", f"{way.target}:applies"}
    return any(judged.rule in barring and judged.verdict == "fail" for judged in way.verdicts)
