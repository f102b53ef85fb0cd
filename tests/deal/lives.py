"""Random lives of a deal under a random process, and a second opinion on every gate it passed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from types import MappingProxyType
from typing import Any

from hypothesis import strategies as st

from pipeline_engine import deal as d
from pipeline_engine.deal.reading import Attempt, row_of
from pipeline_engine.envelope import Envelope, Event, Recorded
from pipeline_engine.errors import Rejected
from pipeline_engine.process import Judge, Kind, Program, Rule
from pipeline_engine.process.rules import TRUE, UNKNOWN, compile_expression
from pipeline_engine.values import Personal
from tests.deal.story import MONDAY

REGISTER = {
    "rep-1": d.Standing("rep-1", ("rep",), "emea", "mgr-1", 1, ("coaching", "enterprise"), d.Held(0, 0, 1)),
    "rep-2": d.Standing("rep-2", ("rep",), None, None, 1, (), d.Held(2, 1, 1)),
    "mgr-1": d.Standing("mgr-1", ("manager", "legal"), "emea", "mgr-2", 1, ("enterprise",), d.Held(1, 0, 1)),
    "mgr-2": d.Standing("mgr-2", ("manager", "vp", "legal"), "na", None, 1, ("coaching",), d.Held(0, 0, 1)),
}
PEOPLE = (*REGISTER, "stranger")
VALUES: tuple[dict[str, Any], ...] = (
    {"amount": "10", "region": "NA", "seats": "2"}, {"amount": "70000", "region": "EMEA", "discount": "5%"},
    {"amount": "50000.5", "discount": "15%"}, {"amount": "70000 USD"}, {"amount": None, "region": ""},
    {"close_date": "2026-06-01", "seats": "7", "email": "a@b.example"}, {"discount": "30%", "close_date": None},
    {
        "amount": "10", "region": "APAC", "seats": "4", "discount": "0", "close_date": "2026-12-01",
        "email": "x@y.example",
    },
)  # fmt: skip
WORDS = (
    "open", "fields", "fields", "move", "next", "next", "next", "next", "log", "log", "contact", "contact",
    "assign", "hand", "accept", "decline", "withdraw", "pause", "resume", "unlink", "attach", "attach", "tick",
    "tick", "untick", "request", "grant", "grant", "reject", "waive", "waive", "win", "win", "lose", "reopen",
    "push", "push", "push", "push", "push", "push",
)  # fmt: skip
# What is asked, by whom, which of the choices, how many hours later, and whether it is asked twice.
STEP = st.tuples(
    st.sampled_from(WORDS), st.integers(0, 4), st.integers(0, 99), st.sampled_from([0, 1, 30, 200]), st.booleans()
)
STEPS = st.lists(STEP, min_size=12, max_size=45)
Step = tuple[str, int, int, int, bool]


@dataclass
class Life:
    """A deal as it is lived: each command is decided on what the history adds up to."""

    judge: Judge
    recorded: list[Recorded] = field(default_factory=list)
    deal: d.Deal | None = None
    now: datetime = MONDAY

    def ask(self, command: d.Command) -> tuple[Event, ...]:
        """Decide a command and record what comes of it; bad input comes to nothing."""
        owner = d.owner_asked_about(command, self.deal)
        context = d.Context(self.now, standing(command.by), standing(owner or ""), history=lambda: tuple(self.recorded))
        try:
            decided = d.decide(command, self.deal, self.judge, context)
        except Rejected:
            return ()
        for event in decided.events:
            number = len(self.recorded) + 1
            envelope = Envelope(at=command.at, actor=command.by, command_id=f"c-{number}")
            self.recorded.append(Recorded("deal:D-1", number, number, command.at, envelope, event))
            self.deal = d.evolve(self.deal, self.recorded[-1])
        return decided.events

    def live(self, steps: list[Step]) -> None:
        """Ask for one thing after the other; what is asked twice may be recorded once only."""
        for who, nth in ((0, 0), (1, 2), (0, 6)):
            self.ask(self._command(("open", who, nth, 0, False)))
        for step in steps:
            self.now += timedelta(hours=step[3])
            if step[0] == "push":
                self._push(step[2])
                continue
            command = self._command(step)
            events = self.ask(command)
            if step[4] and not isinstance(command, (d.LogActivity, d.Reject)) and not _tried(events):
                assert self.ask(command) == (), f"{command} was recorded twice"

    def _push(self, nth: int) -> None:
        """Try to go on, let a manager see to what stands in the way, for this target or another, and try again."""
        onward = "win" if nth % 4 == 3 else "next"
        refused = self.ask(self._command((onward, nth % 3, nth, 0, False)))
        if not refused or not isinstance(refused[-1], d.MoveRefused):
            return
        rules, verdicts = self.judge.process.rules, refused[-1].verdicts
        target = refused[-1].to_stage if nth % 3 else "lost"
        common: dict[str, Any] = {
            "deal_id": "D-1",
            "at": self.now,
            "by": PEOPLE[3],
            "command_id": "c",
            "target": target,
        }
        for rule, code in zip(rules, verdicts.codes, strict=True):
            if code in "fu" and rule.approval:
                self.ask(d.Approve(rule=rule.id, **common))
            elif code in "fu":
                self.ask(d.Waive(rule=rule.id, reason="x", **common))
        self.ask(self._command((onward, nth % 3, nth, 0, False)))

    def _command(self, step: Step) -> d.Command:
        word, who, nth, _, _ = step
        kind, what = self._asked(word, nth)
        return kind(deal_id="D-1", at=self.now, by=PEOPLE[who], command_id="c", **what)

    def _asked(self, word: str, nth: int) -> tuple[Any, dict[str, Any]]:
        process, stages = self.judge.process, self.judge.stages
        stage, here = stages[nth % len(stages)], self.deal.stage if self.deal else ""
        following = stages[min(stages.index(here) + 1, len(stages) - 1)] if here in stages else stage
        rule, target = self._stopped(nth, (*stages, "won", "lost", "reopen"))
        values = VALUES[(nth - 1) % len(VALUES)]
        asks: dict[str, tuple[Any, dict[str, Any]]] = {
            "open": (d.OpenDeal, {"process": "made", "owner": PEOPLE[nth % 3], "fields": values}),
            "fields": (d.SetFields, {"values": VALUES[nth % len(VALUES)]}),
            "move": (d.MoveDeal, {"target": stage, "reason": (None, "price")[nth % 2]}),
            "next": (d.MoveDeal, {"target": following}),
            "log": (d.LogActivity, {"kind": ("call", "meeting")[nth % 2], "with_whom": (None, "ann", "bob")[nth % 3]}),
            "contact": (d.LinkContact, {"contact": ("ann", "bob")[nth % 2], "role": ("buyer", "champion")[nth % 2]}),
            "assign": (d.AssignOwner, {"owner": PEOPLE[nth % 3]}),
            "hand": (d.RequestHandoff, {"to": PEOPLE[nth % 4]}),
            "accept": (d.AcceptHandoff, {}),
            "decline": (d.DeclineHandoff, {}),
            "withdraw": (d.WithdrawHandoff, {}),
            "pause": (d.PauseDeal, {"reason": "x", "until": self._end(nth + 1)}),
            "resume": (d.ResumeDeal, {}),
            "unlink": (d.UnlinkContact, {"contact": ("ann", "bob")[nth % 2], "role": ("buyer", "champion")[nth % 2]}),
            "attach": (d.AttachDocument, {"name": ("nda", "contract")[nth % 2], "sha256": "a" * 64}),
            "tick": (d.TickItem, {"item": process.items[nth % len(process.items)].id}),
            "untick": (d.UntickItem, {"item": process.items[nth % len(process.items)].id}),
            "request": (d.RequestApproval, {"rule": rule, "target": target}),
            "grant": (d.Approve, {"rule": rule, "target": target}),
            "reject": (d.Reject, {"rule": rule, "target": target, "reason": "no"}),
            "waive": (d.Waive, {"rule": rule, "target": target, "reason": "x", "expires_at": self._end(nth)}),
            "win": (d.WinDeal, {}),
            "lose": (d.LoseDeal, {"reason": "price"}),
            "reopen": (d.ReopenDeal, {"reason": (None, "again")[nth % 2]}),
        }  # fmt: skip
        return asks[word]

    def _stopped(self, nth: int, targets: tuple[str, ...]) -> tuple[str, str]:
        """A rule that stood in the way at the last refusal, and its target; else any."""
        rules = self.judge.process.rules
        last = next((r.event for r in reversed(self.recorded) if isinstance(r.event, d.MoveRefused)), None)
        if last is None or nth % 10 == 0:
            return rules[nth % len(rules)].id, targets[nth % len(targets)]
        failed = [rule.id for rule, code in zip(rules, last.verdicts.codes, strict=True) if code in "fu"]
        return failed[nth % len(failed)], targets[nth % len(targets)] if nth % 7 == 0 else last.to_stage or ""

    def _end(self, nth: int) -> datetime | None:
        return self.now + timedelta(hours=nth) if nth % 3 == 1 else None


def standing(person: str) -> d.Standing:
    """What the register says of a person."""
    return REGISTER.get(person, d.Standing(person))


def _tried(events: tuple[Event, ...]) -> bool:
    # Who may not, and tries twice, has tried twice: an auditor will ask.
    return isinstance(events[-1] if events else None, (d.ApprovalRefused, d.WaiverRefused, d.ChangeRefused))


# ---- the second opinion


def unproved(life: Life) -> list[str]:
    """The blocking rules that something was accepted past without a true verdict or a recorded waiver."""
    found, deal = [], None
    for number, each in enumerate(life.recorded):
        attempt = _attempt(each) or _of_owner(each, deal)
        if attempt is not None:
            found += [f"{each.version}: {rule}" for rule in _unmet(life, deal, attempt, life.recorded[:number], each)]
        deal = d.evolve(deal, each)
    return found


def _attempt(each: Recorded) -> Attempt | None:
    event, at, by = each.event, each.envelope.at or MONDAY, each.envelope.actor
    match event:
        case d.DealOpened():
            return Attempt("open", None, event.stage, at, by)
        case d.DealMoved():
            return Attempt(
                "move", event.from_stage, event.to_stage, at, by, event.reason.value if event.reason else None
            )
        case d.DealWon():
            return Attempt("win", event.from_stage, "won", at, by)
        case d.DealLost():
            return Attempt("lose", event.from_stage, "lost", at, by, event.reason)
        case d.DealReopened():
            return Attempt("reopen", event.to_stage, "reopen", at, by, _text(event.reason))
    return None


def _of_owner(each: Recorded, deal: d.Deal | None) -> Attempt | None:
    """That an open deal got another owner."""
    if deal is None or deal.status != "open" or not isinstance(each.event, (d.OwnerAssigned, d.HandoffAccepted)):
        return None
    return Attempt("own", deal.stage, deal.stage, each.envelope.at or MONDAY, each.envelope.actor)


def _text(reason: Personal | None) -> str | None:
    return reason.value if reason else None


def _unmet(life: Life, deal: d.Deal | None, attempt: Attempt, before: list[Recorded], each: Recorded) -> list[str]:
    event = each.event
    if isinstance(event, d.DealOpened):
        fields = MappingProxyType(dict(event.fields))
        deal = replace(deal or d.Deal(id="D-1"), owner=event.owner, fields=fields, opened_at=attempt.now)
    assert deal is not None
    if isinstance(event, (d.OwnerAssigned, d.HandoffAccepted)):
        deal = replace(deal, owner=event.owner)
        # Four eyes: nobody makes room for a deal that is to be their own.
        before = [one for one in before if one.envelope.actor != event.owner]
    context = d.Context(attempt.now, standing(attempt.actor), standing(deal.owner or ""))
    row = row_of(deal, attempt, life.judge, context)
    asked = gates_of(life.judge, attempt)
    return [
        rule.id
        for rule in life.judge.process.rules
        if rule.asked_at in asked and rule.severity == "block" and _is_asked(rule, attempt, deal)
        and not _holds(rule, life.judge, row) and not _waived(rule, attempt, before)
    ]  # fmt: skip


def _is_asked(rule: Rule, attempt: Attempt, deal: d.Deal) -> bool:
    """Of a gate that is asked, whether the rule is: what is about owners and where they get deals has its own law."""
    if rule.asked_at == "own":
        return deal.owner is not None
    stage = attempt.from_stage if attempt.gate == "reopen" else attempt.target
    if attempt.gate == "own" or (attempt.gate == "reopen" and rule.asked_at == stage):
        return rule.kind in ("limit", "skill")
    return rule.kind != "limit" or rule.asked_at in (stage, "open", "reopen")


def gates_of(judge: Judge, attempt: Attempt) -> set[str]:
    """The gates of an attempt, written down once more, from what the documentation says."""
    stages, won_from = list(judge.stages), judge.process.won_from
    here = -1 if attempt.from_stage is None else stages.index(attempt.from_stage)
    if attempt.gate in ("open", "move"):
        there = stages.index(attempt.target)
        if there < here:
            return {"moves", "moves:back"}
        way = {"open", "own"} if attempt.gate == "open" else {"moves", "moves:forward"}
        left = {f"leave:{stage}" for stage in stages[max(here, 0) : there]}
        return way | left | set(stages[here + 1 : there + 1]) | {f"applies:{attempt.target}"}
    if attempt.gate == "win":
        ahead = [at for at in range(here + 1, len(stages)) if stages[at] in won_from]
        last = here if attempt.from_stage in won_from or not ahead else ahead[0]
        left = {f"leave:{stage}" for stage in stages[here : last + 1]}
        return {"won", "won:from"} | left | set(stages[here + 1 : last + 1])
    if attempt.gate == "own":
        return {"own", attempt.target}
    return {"lost", "lost:from"} if attempt.gate == "lose" else {"reopen", "own", str(attempt.from_stage)}


def _holds(rule: Rule, judge: Judge, row: dict[str, Any]) -> bool:
    """Whether the rule is true of the row, or is not asked of it; compiled anew from its text."""
    when = _verdict(rule.when_text, judge, row) if rule.when_text else TRUE
    if when == UNKNOWN:
        return False
    return when != TRUE or _verdict(rule.text, judge, row) == TRUE


def _verdict(text: str, judge: Judge, row: dict[str, Any]) -> int:
    return int(_program(text, judge).verdicts(judge.frame(row))[0])


@cache
def _program(text: str, judge: Judge) -> Program:
    return Program(compile_expression(text, judge.vocabulary, Kind.BOOL, written=False))


def _waived(rule: Rule, attempt: Attempt, before: list[Recorded]) -> bool:
    """Whether a waiver of exactly this rule for exactly this target still stands, by the events alone."""
    for number, each in enumerate(before):
        event = each.event
        if not isinstance(event, d.RuleWaived) or (event.rule, event.target) != (rule.id, attempt.target):
            continue
        ended = event.expires_at is not None and event.expires_at <= attempt.now
        if not ended and not any(_ends(later.event, rule, attempt, each) for later in before[number + 1 :]):
            return True
    return False


def _ends(later: Event, rule: Rule, attempt: Attempt, waiver: Recorded) -> bool:
    reads = {path.removeprefix("deal.") for path in rule.reads if path.startswith("deal.")} | set(rule.lapses_on)
    match later:
        case d.FieldsChanged():
            return bool(reads & {*later.set, *later.cleared})
        case d.OwnerAssigned() | d.HandoffAccepted():
            return later.owner == waiver.envelope.actor or any(path.startswith("owner.") for path in rule.reads)
        case d.DealMoved():
            return later.to_stage == attempt.target
        case d.DealWon():
            return attempt.target == "won"
        case d.DealLost():
            return attempt.target == "lost"
        case d.DealReopened():
            return attempt.target == "reopen"
    return False
