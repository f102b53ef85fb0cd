"""Given/when/then for deals: events that happened, a command, and what it comes to. Pure: no store, no clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from pipeline_engine.deal import (
    Command,
    Context,
    Deal,
    Decided,
    Standing,
    decide,
    fold,
    owner_asked_about,
    verdicts_of,
)
from pipeline_engine.envelope import Envelope, Event, Recorded
from pipeline_engine.process import Judge, load_process

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PROCESS = """
process: b2b
currency: EUR
roles: [rep, manager, vp]
limits: {manager_from: 50000}
contacts: {roles: [champion, economic_buyer]}
deal:
  amount: {type: money}
  close_date: {type: date}
  region: {type: choice, of: [EMEA, NA]}
  email: {type: text, personal: deal}
  discount: {type: percent, default: 0}
activities: [call, meeting]
stages:
  - id: lead
  - id: qualified
    enter:
      - {id: reachable, check: "deal.email.contains('@')", says: needs a reachable contact, fix: record the e-mail}
  - id: proposal
    enter:
      - {require: [amount, close_date], waivable_by: manager}
      - {activities: {meeting: 2}}
  - id: negotiation
    enter:
      - {id: big-deal, approval: manager, when: deal.amount >= limits.manager_from, void_if_changed: [amount, discount]}
      - {id: quick, check: now - stage.entered_at < days(60), severity: warn}
moves:
  skip: {waivable_by: manager}
outcomes:
  won: {from: [negotiation]}
  lost: {reasons: [price, no-decision]}
"""
JUDGE = Judge(load_process(PROCESS, "b2b.yaml").model_copy(update={"version": 1}))
REP, MANAGER = Standing("rep-1", ("rep",), "emea", "mgr-1", 1), Standing("mgr-1", ("manager",), "emea", None, 1)
OTHER_MANAGER = Standing("mgr-2", ("manager",), "na", None, 1)
VP = Standing("vp-1", ("vp",), "emea", None, 1)
PEOPLE = {person.id: person for person in (REP, MANAGER, OTHER_MANAGER, VP)}


@dataclass
class Story:
    """A deal's history under test; each command is decided on what the history adds up to."""

    judge: Judge = JUDGE
    recorded: list[Recorded] = field(default_factory=list)
    decided: Decided | None = None
    open_register: bool = False
    people: Mapping[str, Standing] = field(default_factory=lambda: PEOPLE)
    other: Deal | None = None

    @property
    def deal(self) -> Deal | None:
        """What the history adds up to."""
        return fold(self.recorded)

    def given(self, *events: Event, by: str = "rep-1", at: datetime = MONDAY) -> Self:
        """Add events to the history, an hour apart."""
        for event in events:
            self._add(event, by, at + timedelta(hours=len(self.recorded)))
        return self

    def _add(self, event: Event, by: str, at: datetime | None, in_stead_of: str | None = None) -> None:
        number = len(self.recorded) + 1
        envelope = Envelope(
            at=at, at_precision="instant" if at else "unknown", actor=by, on_behalf_of=in_stead_of,
            command_id=f"c-{number}",
        )  # fmt: skip
        self.recorded.append(Recorded("deal:D-1", number, number, at or MONDAY, envelope, event))

    def when(
        self,
        kind_: Callable[..., Command],
        /,
        *,
        by: str = "rep-1",
        after: timedelta = timedelta(days=3),
        clock: datetime | None = None,
        **what: Any,
    ) -> Self:
        """Decide a command, some time after the story begins (on a `clock` that may be later), and add its events."""
        at = MONDAY + after
        command = kind_(deal_id="D-1", at=at, by=by, command_id=f"cmd-{len(self.recorded)}", **what)
        deal = self.deal
        owner = owner_asked_about(command, deal)
        context = Context(
            clock=clock or at,
            actor=self.people.get(by, Standing(by)),
            owner=self.people.get(owner or "", Standing(owner or "")),
            register_open=self.open_register,
            other=self.other,
            history=lambda: tuple(self.recorded),
        )
        self.decided = decide(command, deal, self.judge, context)
        for event in self.decided.events:
            self._add(event, by, at, self.decided.in_stead_of)
        return self

    def then(self, *kinds: type[Event]) -> Self:
        """The last command came to events of exactly these kinds."""
        assert self.decided is not None
        assert tuple(type(event) for event in self.decided.events) == kinds, self.decided.events
        return self

    def codes(self, *rules: str) -> str:
        """The letters stored for these rules by the last event that was judged."""
        verdicts = [found for each in self.recorded if (found := verdicts_of(each))][-1]
        return "".join(verdicts.codes[self.judge.index[rule]] for rule in rules)

    def later(self, **changed: Any) -> Story:
        """The same story under other conditions."""
        return replace(self, recorded=list(self.recorded), **changed)
