"""The life of one made-up deal, from its opening to its end, as its people would tell it."""

from functools import partial

from pipeline_engine.deal import LoseDeal, MoveDeal, OpenDeal, ReopenDeal, WinDeal
from pipeline_engine.simulation.case import Case, Life, Try
from pipeline_engine.simulation.chance import Weighted
from pipeline_engine.simulation.gate import attempt
from pipeline_engine.simulation.stay import stay

BACK_REASONS = ("the scope changed", "the customer asked for another offer", "their buyer left")
KNOWN_AT_ONCE = ("email", "region", "amount")


def live(case: Case) -> Life:
    """Open the deal and work it until it is won, lost for good, forgotten, or never let in."""
    open_ = yield from _opened(case)
    while open_:
        yield from stay(case)
        open_ = yield from _left(case)


def _opened(case: Case) -> Try:
    chance = case.chance
    first = [name for name in KNOWN_AT_ONCE if chance.happens(f"first:{name}", case.plan.odds.known_at_opening)]
    case.known.update(first)
    fields = {name: case.value(name) for name in first}
    title = f"{5 * (1 + int(chance.uniform('seats') * 60))} seats"
    ask = partial(case.asks, OpenDeal, process=case.plan.process, owner=case.owner, title=title, fields=fields)
    return (yield from attempt(case, ask, case.stage))


def _left(case: Case) -> Try:
    """Leave the stage by loss, back, win or forward; True while the deal lives on."""
    chance, visit = case.chance, case.visit
    if chance.happens(f"lost:{visit}", case.here.lost):
        return (yield from _lost(case, chance.pick(f"reason:{visit}", _reasons(case))))
    if case.here in case.plan.stages[2:] and chance.happens(f"back:{visit}", case.plan.odds.goes_back):
        return (yield from _went_back(case))
    target = case.plan.following(case.stage)
    if target is None:
        won = yield from attempt(case, partial(case.asks, WinDeal), "won")
        return False if won else (yield from _lost(case, "no-decision"))
    leap = case.plan.following(case.stage, 2)
    if leap is not None and chance.happens(f"skips:{visit}", case.plan.odds.skips):
        leapt = yield from _moved(case, leap)
        if leapt:
            return True
    moved = yield from _moved(case, target)
    return True if moved else (yield from _lost(case, "no-decision"))


def _moved(case: Case, target: str, reason: str | None = None) -> Try:
    moved = yield from attempt(case, partial(case.asks, MoveDeal, target=target, reason=reason), target)
    if moved:
        case.stage = target
    return moved


def _went_back(case: Case) -> Try:
    target = case.plan.stages[case.plan.stages.index(case.here) - 1].id
    reason = BACK_REASONS[int(case.chance.uniform(f"why:{case.visit}") * len(BACK_REASONS))]
    if case.chance.happens(f"silent:{case.visit}", case.plan.odds.silent_back):
        outcome = yield case.asks(MoveDeal, target=target)
        if outcome.accepted:
            case.stage = target
            return True
        case.wait(f"says why:{case.visit}", case.plan.delays.quick_fix)
    yield from _moved(case, target, reason)
    return True


def _reasons(case: Case) -> Weighted:
    # A duplicate is found out at once or never.
    first = case.stage == case.plan.stages[0].id
    return [(reason, odds) for reason, odds in case.plan.lost_reasons if first or reason != "duplicate"]


def _lost(case: Case, reason: str) -> Try:
    """Close the deal as lost, or forget it; True where it is reopened later."""
    chance, odds, purpose = case.chance, case.plan.odds, case.fresh("lost")
    if reason == "no-decision":
        slowed = case.plan.slowed(case.stage)
        if chance.happens(f"{purpose}:forgotten", odds.forgotten * slowed):
            return False
        median, spread = case.plan.delays.silence
        case.wait(f"{purpose}:silence", (median * slowed, spread))
    rival = chance.pick("rival", case.plan.competitors)
    known = reason == "competitor" or (reason == "price" and chance.happens("rival known", odds.competitor))
    lost = yield from attempt(
        case, partial(case.asks, LoseDeal, reason=reason, competitor=rival if known else None), "lost"
    )
    if not lost or case.reopened or not chance.happens("reopens", odds.reopens):
        return False
    case.reopened = True
    case.wait("reopening", case.plan.delays.reopening)
    return (yield from attempt(case, partial(case.asks, ReopenDeal, reason="they called again"), "reopen"))
