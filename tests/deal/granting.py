"""Random lives of a deal among people who ask, approve, waive, lend roles and lose them; a whole engine keeps them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from hypothesis import strategies as st

from pipeline_engine.engine import Engine
from pipeline_engine.envelope import Recorded
from pipeline_engine.errors import Rejected
from pipeline_engine.store import Draft, StreamAppend
from pipeline_engine.team import Delegation, Person, Register

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
PROCESS = """
process: b2b
currency: EUR
roles: [rep, manager, vp]
deal:
  amount: {type: money}
  discount: {type: percent, default: 0}
  region: {type: choice, of: [EMEA, NA]}
stages:
  - id: lead
  - id: offer
    enter:
      - {id: where, check: known(deal.region), waivable_by: manager, says: where is it, fix: set the region}
  - id: contract
    enter:
      - id: price
        approval: {by: deal.amount, bands: [{up_to: 10000}, {up_to: 200000, from: manager}, {from: [manager, vp]}]}
        void_if_changed: [discount]
  - id: signed
    enter:
      - {id: boss, approval: owner.manager, waivable_by: vp}
moves: {skip: {waivable_by: manager}}
outcomes:
  won: {from: [signed]}
  lost: {reasons: [price]}
"""
PEOPLE = (
    Person("rep-1", ("rep",), manager="mgr-1"),
    Person("rep-2", ("rep",), manager="mgr-2"),
    Person("mgr-1", ("manager",), manager="vp-1"),
    Person("mgr-2", ("manager",), manager="vp-1"),
    Person("vp-1", ("vp",)),
    Person("dep-1", manager="mgr-1"),
)
LOANS = (
    ("dep-1", "mgr-1", "manager"), ("dep-1", "mgr-2", "manager"), ("dep-1", "vp-1", "vp"), ("mgr-2", "vp-1", "vp"),
    ("dep-1", "mgr-1", "owner.manager"), ("rep-2", "mgr-2", "manager"),
)  # fmt: skip
TEAM = ("lend", "end", "revoke", "grant", "wait")
Ask = tuple[str, str, dict[str, Any]]

LOW, TOP, TOP_VP = "price:manager:above-10000", "price:manager:above-200000", "price:vp:above-200000"
APPROVALS = (LOW, TOP, TOP_VP, "boss")
who = st.sampled_from([person.id for person in PEOPLE])
targets = st.sampled_from(("contract", "contract", "signed", "signed", "offer", "won"))
stages = st.sampled_from(("lead", "offer", "contract", "contract", "signed", "signed"))
ends = st.sampled_from((None, None, 2, 9))  # hours from now
stead = st.sampled_from((None, None, None, "mgr-1", "mgr-2", "vp-1"))
amounts = st.sampled_from(("9000", "50000", "60000", "500000"))


def asking(verb: str, by: st.SearchStrategy[str], **what: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Ask]]:
    """One command, as a list so that it goes beside those that come together."""
    return st.builds(lambda by, what: [(verb, by, what)], by, st.fixed_dictionaries(what))


def _given(
    answers: tuple[str, str, str], loans: tuple[int, int], between: tuple[list[Ask], ...], how: Any
) -> list[Ask]:
    """What a move needs, given by those who may, or in a role that is lent; something comes between; the move."""
    (manager, vp, boss), (first, second), (target, hours) = answers, between, how
    set_of, lasting = loans
    given = [(TOP, manager), (TOP_VP, vp), (LOW, manager), ("boss", boss)]
    lent = [("lend", "ops", {"loan": each, "hours": lasting}) for each in ((0, 2, 4), (1, 3, 5))[set_of]]
    common = {"to": target, "hours": hours}
    asked = [("approve", by, {"rule": rule, **common}) for rule, by in given]
    skips = ("waive", manager, {"rule": "moves:forward", "reason": "x", **common})
    return [*lent, *first, *asked, skips, *second, ("move", "rep-1", {"to": target, "reason": "on"})]


happening = st.one_of(
    asking("set", st.just("rep-1"), fields=st.fixed_dictionaries({"amount": amounts})),
    asking("set", st.just("rep-1"), fields=st.fixed_dictionaries({"discount": st.sampled_from(("0", "10%"))})),
    asking("set", st.just("rep-1"), fields=st.fixed_dictionaries({"region": st.sampled_from(("EMEA", "NA", ""))})),
    asking("assign", st.just("mgr-1"), owner=st.sampled_from(("rep-1", "rep-2", "mgr-1", "mgr-2", "dep-1"))),
    asking("request", who, rule=st.sampled_from(APPROVALS), to=targets),
    asking("approve", who, rule=st.sampled_from(APPROVALS), to=targets, on_behalf_of=stead, hours=ends),
    asking("approve", who, rule=st.sampled_from(APPROVALS), to=targets, on_behalf_of=stead, hours=ends),
    asking("reject", who, rule=st.sampled_from(APPROVALS), to=targets, reason=st.just("no")),
    asking("return_approval", who, rule=st.sampled_from(APPROVALS), to=targets, reason=st.just("why")),
    asking(
        "waive",
        who,
        rule=st.sampled_from(("where", "moves:forward", "boss")),
        to=targets,
        on_behalf_of=stead,
        hours=ends,
        reason=st.just("x"),
    ),
    asking("move", who, to=stages, reason=st.just("on")),
    asking("move", st.just("rep-1"), to=st.just("lead"), reason=st.just("back")),
    asking("win", who),
    asking("lose", who, reason=st.just("price")),
    asking("reopen", who, reason=st.just("again")),
    asking("lend", st.just("ops"), loan=st.integers(0, len(LOANS) - 1), hours=st.sampled_from((3, 30))),
    asking("end", st.just("ops"), loan=st.integers(0, len(LOANS) - 1)),
    asking("revoke", st.just("ops"), whose=st.sampled_from(("mgr-1", "mgr-2", "vp-1"))),
    asking("grant", st.just("ops"), whose=st.sampled_from(("mgr-1", "mgr-2", "vp-1"))),
    asking("wait", st.just("ops"), hours=st.sampled_from((1, 8, 40))),
)
moved_to = st.sampled_from(("contract", "contract", "signed"))
upsetting = st.one_of(
    st.just([]),
    asking("set", st.just("rep-1"), fields=st.sampled_from(({"amount": "60000"}, {"amount": "500000"}))),
    asking("set", st.just("rep-1"), fields=st.sampled_from(({"discount": "5%"}, {"discount": "0"}))),
    asking("assign", st.just("mgr-1"), owner=st.sampled_from(("mgr-1", "mgr-1", "mgr-2", "rep-1", "rep-2", "dep-1"))),
    asking("assign", st.just("mgr-2"), owner=st.sampled_from(("mgr-1", "mgr-2"))),
    asking("wait", st.just("ops"), hours=st.sampled_from((2, 8))),
    asking("wait", st.just("ops"), hours=st.just(40)),
    asking("move", st.just("rep-1"), to=st.just("lead"), reason=st.just("back")),
    asking("revoke", st.just("ops"), whose=st.sampled_from(("mgr-1", "mgr-2", "vp-1"))),
    asking("reject", st.sampled_from(("mgr-1", "mgr-2")), rule=st.just(LOW), to=moved_to, reason=st.just("no")),
    asking("return_approval", st.just("mgr-2"), rule=st.just(LOW), to=moved_to, reason=st.just("why")),
    asking("request", st.sampled_from(("mgr-1", "mgr-2")), rule=st.sampled_from(APPROVALS), to=targets),
)
# At most one thing comes between: before the answers, or between them and the move.
upset = st.tuples(upsetting, st.booleans()).map(lambda drawn: (drawn[0], []) if drawn[1] else ([], drawn[0]))
given_and_moved = st.builds(
    _given,
    st.sampled_from((("mgr-1", "vp-1", "mgr-1"), ("mgr-2", "vp-1", "mgr-1"), *(("dep-1",) * 3,) * 2)),
    st.tuples(st.integers(0, 1), st.sampled_from((1, 30))),
    upset,
    st.tuples(moved_to, st.sampled_from((None, 3))),
)
# One part in two is a whole way to a move, else few lives would get anywhere.
_parts = st.integers(0, 1).flatmap(lambda kind: happening if kind else given_and_moved)
LIVES = st.lists(_parts, min_size=2, max_size=8).map(lambda parts: [each for part in parts for each in part])


@cache
def published() -> StreamAppend:
    """The process as it is stored once it is published, which takes longer than a life."""
    with Engine.open("memory://", clock=lambda: MONDAY, clock_name="test") as engine:
        engine.publish_text(PROCESS, "b2b.yaml", by="ops")
        events = engine._store.events("process:b2b")
    return StreamAppend("process:b2b", 0, tuple(Draft(each.envelope, each.event) for each in events))


@dataclass
class Life:
    """A deal of rep-1 worth 50,000 that lives through commands, a quarter of an hour apart; bad input is nothing."""

    now: datetime = MONDAY
    people: dict[str, Person] = field(default_factory=lambda: {person.id: person for person in PEOPLE})

    @classmethod
    def of(cls, asked: list[Ask]) -> list[Recorded]:
        """Everything that was recorded of the deal and the people, in the order of the log."""
        return cls().lived(asked)

    def lived(self, asked: list[Ask]) -> list[Recorded]:
        """All commands, and then the log."""
        with Engine.open("memory://", clock=lambda: self.now, clock_name="test") as engine:
            engine._store.append_many([published()])
            self._apply(engine)
            engine.open_deal("D", process="b2b", owner="rep-1", fields={"amount": "50000", "region": "NA"}, by="rep-1")
            for verb, by, what in asked:
                self.now += timedelta(minutes=15)
                if verb in TEAM:
                    self._change(verb, **what)
                    self._apply(engine)
                else:
                    self._ask(engine, verb, by, dict(what))
            streams = ["deal:D", *(f"person:{person}" for person in self.people)]
            found = [recorded for stream in streams for recorded in engine._store.events(stream)]
        return sorted(found, key=lambda recorded: recorded.position)

    def _ask(self, engine: Engine, verb: str, by: str, what: dict[str, Any]) -> None:
        hours = what.pop("hours", None)
        if hours is not None:
            what["expires_at"] = self.now + timedelta(hours=hours)
        positional = [what.pop(name) for name in ("fields",) if name in what]
        with suppress(Rejected):
            getattr(engine, verb)("D", *positional, by=by, **what)

    def _apply(self, engine: Engine) -> None:
        engine.apply_register(Register(tuple(self.people.values())), by="ops")

    def _change(self, verb: str, loan: int = 0, hours: int = 0, whose: str = "mgr-1") -> None:
        if verb == "wait":
            self.now += timedelta(hours=hours)
        elif verb in ("revoke", "grant"):
            before = next(person for person in PEOPLE if person.id == whose)
            self.people[whose] = replace(self.people[whose], roles=before.roles if verb == "grant" else ())
        else:
            borrower, lender, role = LOANS[loan]
            person = self.people[borrower]
            kept = tuple(d for d in person.delegations if (d.lender, d.role) != (lender, role))
            new = (Delegation(lender, role, self.now + timedelta(hours=hours)),) if verb == "lend" else ()
            self.people[borrower] = replace(person, delegations=(*kept, *new))
