"""What kind of year it is to be: every odds, delay and habit of the made-up team, as one frozen value.

Days are calendar days, odds are between 0 and 1, amounts are whole units of the process's currency.
"""

from dataclasses import dataclass
from datetime import date

from pipeline_engine.simulation.chance import Weighted
from pipeline_engine.simulation.hours import Away, month_after


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """What was planted: work in `stage` takes `effect` times as long as it would by itself."""

    stage: str
    effect: float


@dataclass(frozen=True, slots=True)
class StagePlan:
    """One stage of the year: how long work takes there, what is gathered, how many deals die in it."""

    id: str
    days: float  # median of a stay, before any bottleneck
    lost: float  # odds that a stay ends in a loss
    spread: float = 0.55  # of the stay's logarithm
    gathers: tuple[str, ...] = ()  # fields a diligent rep fills in here
    meetings: int = 0  # meetings a diligent rep sees to here
    champion: float = 0.0  # odds that a champion is found here
    activity_every: float = 5.0  # median days between activities
    haggles: float = 0.0  # odds that the amount or discount changes here


STAGES = (
    StagePlan("lead", days=3.2, lost=0.25, gathers=("email",), champion=0.2, activity_every=1.9),
    StagePlan(
        "qualified",
        days=7.0,
        lost=0.33,
        gathers=("amount", "close_date"),
        meetings=2,
        champion=0.6,
        activity_every=2.7,
    ),
    StagePlan("proposal", days=7.0, lost=0.32, champion=0.3, activity_every=4.2, haggles=0.35),
    StagePlan("negotiation", days=11.0, lost=0.20, activity_every=3.5, haggles=0.45),
)

SEASON = (0.90, 1.00, 1.10, 1.00, 1.00, 1.00, 0.80, 0.65, 1.15, 1.25, 1.40, 1.15)  # new deals by month


@dataclass(frozen=True, slots=True)
class Delays:
    """How long people take, in days: each a median and a spread of the logarithm."""

    approval: tuple[float, float] = (10.0, 0.8)  # from asked to answered: managers are slow
    unanswered: tuple[float, float] = (45.0, 0.4)
    waiver: tuple[float, float] = (0.8, 0.8)
    quick_fix: tuple[float, float] = (0.1, 0.8)  # the rep had it, and only had to write it down
    slow_fix: tuple[float, float] = (3.5, 0.7)  # the rep must ask the customer first
    silence: tuple[float, float] = (27.0, 0.55)  # from the last word to giving up, where work is not slowed
    reopening: tuple[float, float] = (35.0, 0.5)


@dataclass(frozen=True, slots=True)
class Odds:
    """How often things happen, each as a probability."""

    known_at_opening: float = 0.55  # per field
    neglected: float = 0.10  # nothing is logged in a stay
    forgotten: float = 0.20  # a silent deal is never closed, where work is not slowed
    quick_fix: float = 0.45
    gives_up: float = 0.05  # per refusal
    tries_again: float = 0.06  # per refusal, with nothing put right
    waives: float = 0.15  # per refusal by a rule that a role may waive
    rejects: float = 0.12  # per approval asked for
    unanswered: float = 0.15  # per approval asked for: nobody answers until the rep asks again, much later
    amount_slips: float = 0.08  # the amount changes after the approval
    skips: float = 0.03  # a rep tries to leap a stage
    goes_back: float = 0.04  # per stay after the second stage
    silent_back: float = 0.3  # of those, at first without a reason
    hurried: float = 0.5  # per deal that would close soon after a quarter's end
    pushes: float = 0.6  # a close date that passes is moved
    reopens: float = 0.03  # per lost deal
    reassigned: float = 0.05  # per deal
    competitor: float = 0.4  # per deal


@dataclass(frozen=True, slots=True)
class YearPlan:
    """A sales year: the process and its stages, the people, the deals, and what was planted."""

    start: date = date(2025, 1, 1)
    months: int = 12
    deals: int = 1200
    reps: int = 12
    process: str = "b2b-saas"
    stages: tuple[StagePlan, ...] = STAGES
    bottleneck: Bottleneck = Bottleneck("proposal", 3.0)
    delays: Delays = Delays()
    odds: Odds = Odds()
    season: tuple[float, ...] = SEASON
    amount: tuple[float, float] = (18_000.0, 1.0)
    managers: tuple[str, ...] = ("manager-1", "manager-2")  # each leads an equal share of the reps, in order
    vp: str = "vp-1"
    regions: Weighted = (("EMEA", 0.6), ("NA", 0.3), ("APAC", 0.1))
    buyer_known: Weighted = (("lead", 0.12), ("qualified", 0.5), ("proposal", 0.22), ("never", 0.16))
    lost_reasons: Weighted = (
        ("no-decision", 0.42),
        ("price", 0.22),
        ("competitor", 0.22),
        ("no-budget", 0.09),
        ("duplicate", 0.05),
    )
    competitors: Weighted = (("competitor-a", 0.5), ("competitor-b", 0.3), ("competitor-c", 0.2))
    activities: Weighted = (("call", 0.62), ("meeting", 0.28), ("demo", 0.10))
    away: tuple[Away, ...] = (((8, 4), (8, 22)), ((12, 8), (12, 31)))  # nobody answers approvals then
    patience: int = 6  # attempts at one gate before a rep gives up

    @property
    def end(self) -> date:
        """The first day that is no longer in the year."""
        return month_after(self.start, self.months)

    def rep(self, share: float) -> str:
        """The rep at that share of the team."""
        return f"rep-{1 + int(share * self.reps):02}"

    def approver(self, role: str, owner: str) -> str:
        """Who is asked for that role: the vice president, or else the owner's manager."""
        if role == "vp":
            return self.vp
        place = int(owner.removeprefix("rep-")) - 1
        return self.managers[place * len(self.managers) // self.reps]

    def stage(self, name: str) -> StagePlan:
        """The plan of that stage."""
        return next(stage for stage in self.stages if stage.id == name)

    def following(self, name: str, steps: int = 1) -> str | None:
        """The stage that many steps on; None where the next step is the win."""
        place = [stage.id for stage in self.stages].index(name) + steps
        return self.stages[place].id if place < len(self.stages) else None

    def slowed(self, name: str) -> float:
        """How many times as long work takes in that stage."""
        return self.bottleneck.effect if name == self.bottleneck.stage else 1.0


def planted(plan: YearPlan) -> Bottleneck:
    """What a reader of the year should find."""
    return plan.bottleneck
