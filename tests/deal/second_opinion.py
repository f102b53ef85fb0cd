"""A second opinion on approvals and waivers: the law of one process, read off its recorded events and nothing else.

It is told by hand for the process in `granting.py`, and calls nothing of what it judges.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from pipeline_engine import deal as d
from pipeline_engine import team
from pipeline_engine.envelope import Recorded

STAGES = ("lead", "offer", "contract", "signed")
LOW, TOP, TOP_VP = "price:manager:above-10000", "price:manager:above-200000", "price:vp:above-200000"
SKIP = "moves:forward"
# Which fields a rule rests on, who approves it, and who waives it.
RESTS_ON = {
    "where": {"region"}, LOW: {"amount", "discount"}, TOP: {"amount", "discount"}, TOP_VP: {"amount", "discount"},
    "boss": {"owner"}, SKIP: set[str](),
}  # fmt: skip
APPROVES = {LOW: "manager", TOP: "manager", TOP_VP: "vp", "boss": "owner.manager"}
WAIVES = {"where": "manager", SKIP: "manager", "boss": "vp"}
GRANTS, NOS = (d.ApprovalGranted, d.RuleWaived), (d.ApprovalRejected, d.ApprovalReturned)

OUTCOMES: dict[type, str] = {d.DealWon: "won", d.DealLost: "lost", d.DealReopened: "reopen"}


@dataclass
class Register:
    """Who has which role themselves, who reports to whom, and what is lent to whom until when."""

    roles: dict[str, set[str]] = field(default_factory=dict)
    manager: dict[str, str | None] = field(default_factory=dict)
    loans: dict[tuple[str, str, str], datetime] = field(default_factory=dict)

    def take(self, recorded: Recorded) -> None:
        """One more event of a person."""
        person, event = recorded.stream.removeprefix("person:"), recorded.event
        match event:
            case team.RoleGranted():
                self.roles.setdefault(person, set()).add(event.role)
            case team.RoleRevoked():
                self.roles[person].discard(event.role)
            case team.ManagerAssigned():
                self.manager[person] = event.manager
            case team.DelegationGranted():
                self.loans[person, event.lender, event.role] = event.until
            case team.DelegationEnded():
                self.loans.pop((person, event.lender, event.role), None)

    def has(self, person: str, role: str, owner: str) -> bool:
        """Whether it is their own role, for a deal of that owner."""
        return self.manager.get(owner) == person if role == "owner.manager" else role in self.roles.get(person, ())


@dataclass
class Grant:
    """An approval or a waiver as it was recorded, and what was to be seen when it was given."""

    event: Any
    people: set[str]
    at: datetime
    seen: dict[str, Any]
    over: bool = False

    def serves(self, kind: type, rule: str, target: str, now: datetime) -> bool:
        """Whether it is one of that kind, for just this, and has not come to its end."""
        event = self.event
        ends = event.expires_at
        about = (type(event), event.rule, event.target)
        return about == (kind, rule, target) and not self.over and (ends is None or now < ends)


@dataclass
class Opinion:
    """Goes through a log; `wrong` is what should not have been recorded, in words that begin with the law broken.

    `moved` is every move forward with the stages on its way and the rules that had to be asked.
    """

    fields: dict[str, Any] = field(default_factory=dict)
    stage: str = "lead"
    register: Register = field(default_factory=Register)
    grants: list[Grant] = field(default_factory=list)
    askers: set[tuple[str, str, str]] = field(default_factory=set)
    former: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    moved: list[tuple[tuple[str, ...], set[str], d.DealMoved]] = field(default_factory=list)

    @classmethod
    def on(cls, log: Iterable[Recorded]) -> "Opinion":
        """The opinion on a log of one deal and the people around it, in the order of the log."""
        opinion = cls()
        for recorded in log:
            if recorded.stream.startswith("person:"):
                opinion.register.take(recorded)
            else:
                opinion._take(recorded.event, recorded)
        return opinion

    def _take(self, event: Any, recorded: Recorded) -> None:
        match event:
            case d.DealOpened():
                self.fields = {**event.fields, "owner": event.owner}
            case d.FieldsChanged():
                self._changed({**dict.fromkeys(event.cleared), **event.set})
            case d.OwnerAssigned():
                self.former.add(self.fields["owner"])
                self._changed({"owner": event.owner})
                self._over(lambda grant: event.owner in grant.people)
            case d.ApprovalRequested():
                self.askers.add((event.rule, event.target, recorded.envelope.actor))
            case _:
                self._said(event, recorded)

    def _said(self, event: Any, recorded: Recorded) -> None:
        at = recorded.envelope.at
        assert at is not None
        if isinstance(event, (*GRANTS, *NOS)):
            self._answered(event, recorded, at)
        elif isinstance(event, (d.DealMoved, *OUTCOMES)):
            self._went(event, recorded, at)
        elif isinstance(event, d.MoveRefused) and event.attempt == "move" and not self.lacks(event.to_stage or "", at):
            self.wrong.append(f"needless: {recorded.version} was refused though nothing is missing")

    def _changed(self, values: dict[str, Any]) -> None:
        self.fields |= values
        self._over(lambda grant: not RESTS_ON[grant.event.rule].isdisjoint(values))

    def _over(self, which: Any) -> None:
        for grant in self.grants:
            grant.over = grant.over or which(grant)

    # ---- who may answer

    def _answered(self, event: Any, recorded: Recorded, at: datetime) -> None:
        by, lender = recorded.envelope.actor, recorded.envelope.on_behalf_of
        self._four_eyes(event, {by, lender or by}, recorded)
        role = WAIVES[event.rule] if isinstance(event, d.RuleWaived) else APPROVES[event.rule]
        until = self.register.loans.get((by, lender or "", role))
        if event.role != role or not self.register.has(lender or by, role, self.fields["owner"]):
            self.wrong.append(f"role: {recorded.version} by {by} for {lender}, who is no {role}")
        if lender is not None and (until is None or until <= at):
            self.wrong.append(f"loan: {recorded.version} by {by} for {lender}, whose loan ends {until}")
        if isinstance(event, NOS):
            about = event.rule, event.target
            self._over(lambda g: isinstance(g.event, d.ApprovalGranted) and (g.event.rule, g.event.target) == about)
            return
        if event.rule == TOP_VP and not self._approved(TOP, event.target, at):
            self.wrong.append(f"order: {recorded.version} comes before the approval of a manager")
        self.grants.append(Grant(event, {by, lender or by}, at, self._rests(event.rule)))

    def _four_eyes(self, event: Any, people: set[str], recorded: Recorded) -> None:
        if self.fields["owner"] in people:
            self.wrong.append(f"owner: {recorded.version} is by the owner, or in their stead")
        asked = {who for rule, target, who in self.askers if (rule, target) == (event.rule, event.target)}
        if asked & people:
            self.wrong.append(f"asker: {recorded.version} is by whoever asked, or in their stead")
        if self.former & people:
            self.wrong.append(f"former: {recorded.version} is by who had the deal, and nobody else has moved it since")

    # ---- what a move needs

    def _went(self, event: Any, recorded: Recorded, at: datetime) -> None:
        target = OUTCOMES.get(type(event)) or event.to_stage
        self.former &= {recorded.envelope.actor}
        if isinstance(event, d.DealMoved):
            way = self.way(target)
            self.moved.append((way, {*self.needs(way), *(["where"] if "offer" in way else [])}, event))
            self.wrong += [f"uncovered: {recorded.version} went without {rule}" for rule in self.lacks(target, at)]
            self.stage = target
        self._over(lambda grant: grant.event.target == target)
        self.askers = {asked for asked in self.askers if asked[1] != target}

    def lacks(self, target: str, now: datetime) -> list[str]:
        """What a move from where the deal stands to a target still needs."""
        return [rule for rule in self.needs(self.way(target)) if not self._served(rule, target, now)]

    def way(self, target: str) -> tuple[str, ...]:
        """The stages passed over and the target; nothing on the way back."""
        return STAGES[STAGES.index(self.stage) + 1 : STAGES.index(target) + 1]

    def needs(self, way: tuple[str, ...]) -> list[str]:
        """The rules on the way that the deal does not keep by itself: of every stage passed over and of the target."""
        amount = self.fields.get("amount")
        worth = Decimal(amount.units) / 10_000 if amount else Decimal(0)
        above = [LOW] if 10_000 < worth <= 200_000 else [TOP, TOP_VP] if worth > 200_000 else []
        skips = [SKIP] if len(way) > 1 else []
        where = ["where"] if "offer" in way and self.fields.get("region") is None else []
        return [*skips, *where, *(above if "contract" in way else []), *(["boss"] if "signed" in way else [])]

    def _served(self, rule: str, target: str, now: datetime) -> bool:
        waived = any(self._serves(grant, d.RuleWaived, rule, target, now) for grant in self.grants)
        return waived or self._approved(rule, target, now)

    def _approved(self, rule: str, target: str, now: datetime) -> bool:
        given = [grant for grant in self.grants if self._serves(grant, d.ApprovalGranted, rule, target, now)]
        if rule == TOP_VP:
            first = [g.at for g in self.grants if self._serves(g, d.ApprovalGranted, TOP, target, now)]
            given = [grant for grant in given if any(at <= grant.at for at in first)]
        return bool(given)

    def _serves(self, grant: Grant, kind: type, rule: str, target: str, now: datetime) -> bool:
        """Beside what ends a grant: what was to be seen then is what there is now, value by value."""
        return grant.serves(kind, rule, target, now) and grant.seen == self._rests(rule)

    def _rests(self, rule: str) -> dict[str, Any]:
        return {name: self.fields.get(name) for name in RESTS_ON[rule]}
