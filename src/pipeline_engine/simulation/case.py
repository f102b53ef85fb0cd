"""One deal of the made-up year as its people see it: what they know, what time it is, how they ask."""

from collections import Counter
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from pipeline_engine.deal import Command, LogActivity, Outcome, SetFields
from pipeline_engine.simulation.chance import Chance
from pipeline_engine.simulation.hours import after, quarter_end, working
from pipeline_engine.simulation.plan import StagePlan, YearPlan

Ask = Callable[[], Command]
Life = Generator[Command, Outcome, None]
Try = Generator[Command, Outcome, bool]


@dataclass
class Case:
    """A deal and its moment. `now` only goes forward; every command is asked at `now`."""

    deal_id: str
    plan: YearPlan
    chance: Chance
    diligence: float  # odds that the rep does in time what the process will ask for
    now: datetime
    owner: str
    amount: int  # what the deal is worth now, written down or not
    stage: str
    known: set[str] = field(default_factory=set)  # fields and contact roles written down
    closes: date | None = None
    visits: dict[str, int] = field(default_factory=dict)
    drawn: Counter[str] = field(default_factory=Counter)  # tells draws for the same purpose apart
    reopened: bool = False

    @property
    def visit(self) -> str:
        """Names this stay in draws: the stage and which stay there it is."""
        return f"{self.stage}:{self.visits.get(self.stage, 0)}"

    @property
    def here(self) -> StagePlan:
        """The plan of the stage the deal is in."""
        return self.plan.stage(self.stage)

    def fresh(self, purpose: str) -> str:
        """A purpose nobody drew for before."""
        self.drawn[purpose] += 1
        return f"{purpose}#{self.drawn[purpose]}"

    def wait(self, purpose: str, delay: tuple[float, float]) -> None:
        """Let a skewed delay (median days, spread) go by."""
        self.wait_days(purpose, self.chance.skewed(purpose, *delay))

    def wait_days(self, purpose: str, days: float) -> None:
        """Let that many calendar days go by, to a working moment, at least a minute on."""
        share = self.chance.uniform(f"{purpose}:hour")
        self.now = max(after(self.now, days, share), working(self.now + timedelta(minutes=1), share))

    def asks(self, what: Callable[..., Command], by: str | None = None, **said: object) -> Command:
        """A command about this deal, now, by the owner unless another is named; the year gives it its id."""
        said = {"by": by or self.owner, "command_id": "unnumbered", "via": "simulation", **said}
        return what(deal_id=self.deal_id, at=self.now, **said)

    def tells(self, field_name: str) -> Command:
        """Write a field down as it is known now."""
        self.known.add(field_name)
        return self.asks(SetFields, values={field_name: self.value(field_name)})

    def value(self, field_name: str) -> str:
        """What the rep would type for that field now."""
        if field_name == "amount":
            return str(self.amount)
        if field_name == "close_date":
            self.closes = self.promised()
            return self.closes.isoformat()
        typed = {
            "email": f"buyer@customer-{self.deal_id.removeprefix('D-').lower()}.example",
            "region": self.chance.pick("region", self.plan.regions),
            "discount": str(5 * (1 + int(self.chance.uniform("discount") * 3))),
        }
        return typed.get(field_name, "yes")

    def promised(self) -> date:
        """The close date the rep hopes for: three to ten weeks on, often pulled to the end of the quarter."""
        purpose = self.fresh("close")
        hoped = (self.now + timedelta(days=self.chance.between(purpose, 21, 70))).date()
        last = quarter_end(hoped)
        near = (last - hoped).days <= 21 and last > self.now.date()
        return last if near and self.chance.happens(f"{purpose}:quarter", 0.6) else hoped

    def logs(self, kind: str) -> Command:
        """An activity with the customer."""
        minutes = 15 * (1 + int(self.chance.uniform(self.fresh("minutes")) * 4))
        return self.asks(LogActivity, kind=kind, with_whom="their team", minutes=minutes)
