"""What people do when the gate says no: put it right, ask for an approval or a waiver, or give up."""

from pipeline_engine.deal import Approve, Judged, Outcome, Reject, RequestApproval, Waive
from pipeline_engine.simulation.case import Ask, Case, Life, Try
from pipeline_engine.simulation.hours import back
from pipeline_engine.simulation.stay import links, revalued

WAIVER_REASONS = (
    "a customer of long standing",
    "the customer's fiscal year ends this week",
    "agreed in the pipeline review",
    "a renewal in all but name",
)


def attempt(case: Case, ask: Ask, target: str) -> Try:
    """Ask the gate until it says yes; False where the rep gives up."""
    for turn in range(case.plan.patience):
        outcome = yield ask()
        if outcome.accepted:
            return True
        purpose = case.fresh(f"refused:{target}")
        if turn == case.plan.patience - 1 or case.chance.happens(f"{purpose}:up", case.plan.odds.gives_up):
            return False
        if case.chance.happens(f"{purpose}:again", case.plan.odds.tries_again):
            case.wait(f"{purpose}:again", case.plan.delays.slow_fix)
            continue
        if not (yield from _put_right(case, outcome, target)):
            return False
    return False


def _put_right(case: Case, outcome: Outcome, target: str) -> Try:
    for rule in outcome.unmet:
        waived = yield from _waived(case, rule, target)
        if waived:
            continue
        met = yield from _met(case, rule, target)
        if not met:
            return False
    return bool(outcome.unmet)


def _waived(case: Case, rule: Judged, target: str) -> Try:
    purpose = case.fresh(f"waive:{rule.rule}")
    # Nobody waives what the rep only has to write down.
    if not rule.waivable_by or rule.verdict == "unknown" or not case.chance.happens(purpose, case.plan.odds.waives):
        return False
    case.wait(f"{purpose}:delay", case.plan.delays.waiver)
    share = case.chance.uniform(f"{purpose}:why")
    reason = WAIVER_REASONS[int(share * len(WAIVER_REASONS))]
    by = case.plan.approver(rule.waivable_by[0], case.owner)
    outcome = yield case.asks(Waive, by=by, rule=rule.rule, target=target, reason=reason)
    case.wait(f"{purpose}:seen", case.plan.delays.quick_fix)
    return outcome.accepted


def _met(case: Case, rule: Judged, target: str) -> Try:
    if rule.approval is not None and rule.verdict != "unknown":
        return (yield from _approved(case, rule, rule.approval, target))
    reads = [path for path, _ in rule.facts] or [rule.rule]
    fields = [path.removeprefix("deal.") for path in reads if path.startswith("deal.")]
    purpose = case.fresh(f"fix:{rule.rule}")
    if any(path.startswith("moves:") for path in (rule.rule, *reads)):
        return False
    quick = case.chance.happens(purpose, case.plan.odds.quick_fix)
    case.wait(f"{purpose}:delay", case.plan.delays.quick_fix if quick else case.plan.delays.slow_fix)
    if fields:
        yield from _write_down(case, rule, fields)
    elif "contact" in "".join(reads):
        yield links(case, "economic_buyer" if "champion" not in rule.rule else "champion")
    elif "activit" in "".join(reads):
        yield case.logs(_kind(case, rule))
    else:
        case.wait_days(f"{purpose}:time", 1.0)
    return True


def _write_down(case: Case, rule: Judged, fields: list[str]) -> Life:
    missing = [name for name in fields if (f"deal.{name}", None) in rule.facts]
    # Two rules may miss the same field; it is written down once.
    for name in [name for name in missing if name not in case.known] if missing else fields[:1]:
        yield case.tells(name)


def _kind(case: Case, rule: Judged) -> str:
    return next((kind for kind, _ in case.plan.activities if kind in rule.rule), "meeting")


def _approved(case: Case, rule: Judged, role: str, target: str) -> Try:
    purpose, plan = case.fresh(f"approval:{rule.rule}"), case.plan
    case.wait(f"{purpose}:asks", plan.delays.quick_fix)
    yield case.asks(RequestApproval, rule=rule.rule, target=target)
    by = plan.approver(role, case.owner)
    forgotten = case.chance.happens(f"{purpose}:unanswered", plan.odds.unanswered)
    case.wait(f"{purpose}:answered", plan.delays.unanswered if forgotten else plan.delays.approval)
    case.now = back(case.now, plan.away)
    if case.chance.happens(f"{purpose}:rejected", plan.odds.rejects):
        yield case.asks(Reject, by=by, rule=rule.rule, target=target, reason="the terms are not good enough yet")
        case.wait(f"{purpose}:reworks", plan.delays.slow_fix)
        yield revalued(case)
        return True
    outcome = yield case.asks(Approve, by=by, rule=rule.rule, target=target)
    case.wait(f"{purpose}:seen", plan.delays.quick_fix)
    if case.chance.happens(f"{purpose}:slips", plan.odds.amount_slips):
        yield revalued(case)
    return outcome.accepted
