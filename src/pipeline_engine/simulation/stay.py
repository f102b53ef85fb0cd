"""What is done during one stay in a stage: calls, facts written down, people found, close dates pushed."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from functools import partial

from pipeline_engine.deal import AssignOwner, Command, LinkContact, RecordNote, SetNextStep
from pipeline_engine.simulation.case import Ask, Case, Life
from pipeline_engine.simulation.hours import CLOSES, after, quarter_end

Chore = tuple[float, Ask]  # days after the stay began

NEXT_STEPS = ("send the offer", "call back", "show it to their team", "answer their questions")
NOTES = (
    "wants a reference",
    "budget is planned for next quarter",
    "compares us with others",
    "asks about security",
)


def stay(case: Case) -> Life:
    """Spend one stay: its chores in order of time, then the rest of it in silence."""
    case.visits[case.stage] = case.visits.get(case.stage, 0) + 1
    entered, days = case.now, length(case)
    for offset, chore in sorted(chores(case, days), key=lambda planned: planned[0]):
        case.now = max(case.now, after(entered, offset, case.chance.uniform(f"hour:{case.visit}:{offset}")))
        yield chore()
    leaves = after(entered, days, case.chance.uniform(f"leaves:{case.visit}"))
    case.now = max(case.now + timedelta(minutes=1), leaves)


def length(case: Case) -> float:
    """How many days the stay takes; a second one in the same stage half as long."""
    here = case.here
    days = case.chance.skewed(f"stay:{case.visit}", here.days, here.spread) * case.plan.slowed(here.id)
    days = days if case.visits[case.stage] == 1 else days / 2
    return days if case.plan.following(here.id) else pulled(case, days)


def pulled(case: Case, days: float) -> float:
    """The last stage is hurried: what would close soon after a quarter often closes in its last week."""
    last = quarter_end(case.now.date())
    left = (last - case.now.date()).days - case.chance.between(f"quarter's last days:{case.visit}", 0.0, 7.0)
    hurried = case.chance.happens(f"hurried:{case.visit}", case.plan.odds.hurried)
    return left if hurried and 1.0 < left < days < left + 25.0 else days


def chores(case: Case, days: float) -> Iterator[Chore]:
    """Everything planned for a stay of that length, in no order."""
    if case.chance.happens(f"neglected:{case.visit}", case.plan.odds.neglected):
        return
    yield from _activities(case, days)
    yield from _facts(case, days)
    yield from _people(case, days)
    yield from _haggling(case, days)
    yield from _close_date(case, days)


def _activities(case: Case, days: float) -> Iterator[Chore]:
    here, chance = case.here, case.chance
    for n in range(here.meetings):
        if chance.happens(f"meets:{case.visit}:{n}", case.diligence):
            yield chance.between(f"meeting:{case.visit}:{n}", 0.1, 0.95) * days, partial(case.logs, "meeting")
    n, offset = 0, 0.0
    while (offset := offset + chance.skewed(f"gap:{case.visit}:{n}", here.activity_every, 0.6)) < days:
        kind = chance.pick(f"kind:{case.visit}:{n}", case.plan.activities)
        yield offset, partial(case.logs, kind)
        if chance.happens(f"after:{case.visit}:{n}", 0.22):
            yield offset + 0.02, _writes(case, f"{case.visit}:{n}")
        n += 1


def _writes(case: Case, purpose: str) -> Ask:
    share = case.chance.uniform(f"text:{purpose}")
    if case.chance.happens(f"note:{purpose}", 0.4):
        return lambda: case.asks(RecordNote, text=NOTES[int(share * len(NOTES))])
    due = timedelta(days=3 + int(share * 10))
    return lambda: case.asks(SetNextStep, text=NEXT_STEPS[int(share * len(NEXT_STEPS))], due=case.now + due)


def _facts(case: Case, days: float) -> Iterator[Chore]:
    for name in case.here.gathers:
        if name not in case.known and case.chance.happens(f"gathers:{name}", case.diligence):
            share = case.chance.between(f"gathered:{name}", 0.15, 0.9)
            yield share * days, partial(case.tells, name)


def _people(case: Case, days: float) -> Iterator[Chore]:
    chance = case.chance
    met = {
        "champion": chance.happens(f"champion:{case.visit}", case.here.champion),
        "economic_buyer": chance.pick("buyer", case.plan.buyer_known) == case.stage,
    }
    for role in (role for role, yes in met.items() if yes and role not in case.known):
        yield chance.between(f"met:{role}", 0.1, 0.9) * days, partial(links, case, role)
    leaves = chance.pick("reassigned in", [(stage.id, 1.0) for stage in case.plan.stages])
    if leaves == case.stage and chance.happens("reassigned", case.plan.odds.reassigned):
        yield chance.between("handed over", 0.1, 0.8) * days, partial(_handed_over, case)


def links(case: Case, role: str) -> Command:
    """Link the customer's person in that role."""
    case.known.add(role)
    contact = f"{role.replace('_', '-')}@customer-{case.deal_id.removeprefix('D-').lower()}.example"
    return case.asks(LinkContact, contact=contact, role=role)


def _handed_over(case: Case) -> Command:
    was = case.owner
    manager = case.plan.approver("manager", was)
    owner = case.plan.rep(case.chance.uniform("new owner"))
    case.owner = owner if owner != was else case.plan.rep((int(was[-2:]) % case.plan.reps) / case.plan.reps)
    return case.asks(AssignOwner, by=manager, owner=case.owner, why="territories were cut anew")


def _haggling(case: Case, days: float) -> Iterator[Chore]:
    chance, odds = case.chance, case.here.haggles
    if "amount" in case.known and chance.happens(f"haggles:{case.visit}", odds):
        yield chance.between(f"haggled:{case.visit}", 0.3, 0.95) * days, partial(revalued, case)
    if chance.happens(f"discount:{case.visit}", odds * 0.7):
        yield chance.between(f"discounted:{case.visit}", 0.3, 0.95) * days, partial(case.tells, "discount")


def revalued(case: Case) -> Command:
    """The customer wants more or, more often, less."""
    case.amount = rounded(case.amount * case.chance.between(case.fresh("revalued"), 0.75, 1.15))
    return case.tells("amount")


def rounded(amount: float) -> int:
    """An amount as a rep would quote it."""
    step = 100 if amount < 10_000 else 500
    return max(step, round(amount / step) * step)


def _close_date(case: Case, days: float) -> Iterator[Chore]:
    if case.closes is None or not case.chance.happens(f"pushes:{case.visit}", case.plan.odds.pushes):
        return
    passes = _end_of(case) + timedelta(days=case.chance.between(f"pushed:{case.visit}", -2.0, 4.0))
    offset = (passes - case.now) / timedelta(days=1)
    if 0 < offset < days:
        yield offset, partial(case.tells, "close_date")


def _end_of(case: Case) -> datetime:
    closes = case.closes or case.now.date()
    return datetime.combine(closes, time(CLOSES), case.now.tzinfo)
