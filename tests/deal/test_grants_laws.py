"""Laws of approvals and waivers over random lives of a deal, held against a plain reading of what was recorded.

The reading knows nothing of how a deal is folded: it looks for a grant that covers the move, event by event.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import Any

import pytest

from pipeline_engine.deal import (
    AnnounceExpiry,
    ApprovalGranted,
    ApprovalRefused,
    ApprovalRejected,
    ApprovalRequested,
    ApprovalReturned,
    Approve,
    AssignOwner,
    DealMoved,
    DealOpened,
    FieldsChanged,
    Lent,
    MoveDeal,
    OwnerAssigned,
    Reject,
    RequestApproval,
    Return,
    RuleWaived,
    SetFields,
    Standing,
    Verdicts,
    Waive,
    WaiverRefused,
)
from pipeline_engine.envelope import Recorded
from pipeline_engine.errors import Rejected
from pipeline_engine.process import Judge
from tests.deal.story import JUDGE, MONDAY, PEOPLE, Story
from tests.deal.test_gate import at_proposal

SEEDS, LENGTH = range(300), 40
LOANS = {"mgr-1": MONDAY + timedelta(days=12), "mgr-2": MONDAY + timedelta(days=20)}
DEPUTY = Standing("dep-1", ("manager",), lent=tuple(Lent("manager", who, until) for who, until in LOANS.items()))
WHO = ("rep-1", "mgr-1", "mgr-2", "dep-1", "vp-1")
BIG, SKIP, GOAL = "big-deal", "moves:forward", "negotiation"


def command(chance: Random, now: datetime) -> tuple[Any, dict[str, Any]]:
    """Something somebody might ask of a deal that needs an approval, and perhaps a skip."""
    ends = chance.choice([None, None, now + timedelta(days=2)])
    goal = chance.choice([GOAL, GOAL, GOAL, "won"])
    asks: list[tuple[Any, dict[str, Any]]] = [
        (Approve, {"rule": BIG, "target": goal, "expires_at": ends}),
        (Approve, {"rule": BIG, "target": goal, "on_behalf_of": chance.choice(["mgr-1", "mgr-2", "vp-1"])}),
        (Waive, {"rule": SKIP, "target": goal, "reason": "known", "expires_at": ends}),
        (MoveDeal, {"target": GOAL}),
        (MoveDeal, {"target": GOAL}),
        (MoveDeal, {"target": chance.choice(["proposal", "qualified"]), "reason": "again"}),
        (SetFields, {"values": {"amount": chance.choice(["50000", "62000", "500000"])}}),
        (SetFields, {"values": {"region": chance.choice(["EMEA", "NA"])}}),
        (AssignOwner, {"owner": chance.choice(WHO)}),
        (RequestApproval, {"rule": BIG, "target": goal}),
        (Reject, {"rule": BIG, "target": goal, "reason": "no"}),
        (Return, {"rule": BIG, "target": goal, "reason": "why?"}),
        (AnnounceExpiry, {}),
    ]
    weights = (6, 3, 4, 4, 4, 3, 1, 2, 1, 1, 1, 1, 1)
    return chance.choices(asks, weights)[0]


def life(seed: int, judge: Judge = JUDGE) -> Story:
    """A deal that stands in proposal, and what people asked of it some hours apart."""
    chance, story, after = Random(seed), at_proposal(), timedelta(days=3)
    story = story.later(people={**PEOPLE, "dep-1": DEPUTY}, judge=judge)
    for _ in range(LENGTH):
        after += timedelta(hours=chance.randint(1, 20))
        asked, what = command(chance, MONDAY + after)
        try:
            story.when(asked, by=chance.choice(WHO), after=after, **what)
        except Rejected:
            continue
    return story


@cache
def lived(seed: int) -> Story:
    """The same life for every law; look at it only."""
    return life(seed)


def moves(story: Story) -> Iterator[tuple[Recorded, dict[str, str]]]:
    """Every accepted move to the goal, with the letter of each rule."""
    for recorded in story.recorded:
        event = recorded.event
        if isinstance(event, DealMoved) and event.to_stage == GOAL and isinstance(event.verdicts, Verdicts):
            yield recorded, dict(zip(story.judge.process.rule_ids, event.verdicts.codes, strict=True))


def hands(recorded: Recorded) -> set[str]:
    """Whoever has a hand in an event: who did it, and in whose stead."""
    return {recorded.envelope.actor, recorded.envelope.on_behalf_of or recorded.envelope.actor}


def covers(grant: Recorded, move: Recorded, history: list[Recorded]) -> bool:
    """Whether a grant serves a move, by what was recorded between the two and by the clock."""
    event: Any = grant.event
    at, now = move.envelope.at, event.expires_at
    assert at is not None
    over = now is not None and now <= at
    between = [each for each in history if grant.version < each.version < move.version]
    return event.target == GOAL and not over and not any(ends(each, grant) for each in between)


def ends(later: Recorded, grant: Recorded) -> bool:
    """Whether an event ends a grant to reach the goal."""
    event: Any = later.event
    approval = isinstance(grant.event, ApprovalGranted)
    match event:
        case FieldsChanged():
            return approval and not {"amount", "discount"}.isdisjoint({*event.set, *event.cleared})
        case OwnerAssigned():
            return event.owner in hands(grant)
        case DealMoved():
            return event.to_stage == GOAL
        case ApprovalRejected() | ApprovalReturned():
            return approval and event.target == GOAL
    return False


def amount(history: list[Recorded], version: int) -> Any:
    """What the deal was worth after that event."""
    worth = None
    for each in history[:version]:
        if isinstance(each.event, (FieldsChanged, DealOpened)):
            said = each.event.set if isinstance(each.event, FieldsChanged) else each.event.fields
            worth = said.get("amount", worth)
    return worth


def owner(history: list[Recorded], version: int) -> str | None:
    """Whose the deal was after that event."""
    owned = None
    for each in history[:version]:
        if isinstance(each.event, (DealOpened, OwnerAssigned)):
            owned = each.event.owner
    return owned


def uncovered(story: Story) -> list[tuple[int, str]]:
    """The moves (by version) that passed a rule by a grant which does not serve them."""
    found = []
    for move, letters in moves(story):
        for rule, letter, kind in ((BIG, "p", ApprovalGranted), (SKIP, "w", RuleWaived)):
            before = [
                each
                for each in story.recorded[: move.version - 1]
                if isinstance(each.event, kind) and each.event.rule == rule
            ]
            served = any(covers(each, move, story.recorded) for each in before)
            if letters[rule] == letter and not served:
                found.append((move.version, rule))
    return found


@pytest.mark.parametrize("block", range(3))
def test_no_approval_or_waiver_serves_a_move_that_it_does_not_cover(block: int) -> None:
    """Whatever is asked in whatever order: each passed rule has a grant for it that stands, and none was used twice."""
    for seed in SEEDS[block::3]:
        assert uncovered(lived(seed)) == [], f"seed {seed}"


def test_a_gate_that_forgets_what_the_approver_saw_is_found() -> None:
    """The control: where a changed amount ends nothing, some deal gets through on another one's approval."""
    rules = tuple(rule.model_copy(update={"lapses_on": ()}) for rule in JUDGE.process.rules)
    forgetful = Judge(JUDGE.process.model_copy(update={"rules": rules}))
    assert any(uncovered(life(seed, forgetful)) for seed in SEEDS)


def test_what_was_approved_at_one_amount_never_serves_another() -> None:
    """Seen at 50,000 is not seen at 500,000: the amount at the move is the one that some approver saw."""
    for seed in SEEDS:
        story = lived(seed)
        for move, letters in moves(story):
            seen = {
                amount(story.recorded, each.event.seen_version)
                for each in story.recorded[: move.version - 1]
                if isinstance(each.event, ApprovalGranted) and covers(each, move, story.recorded)
            }
            assert letters[BIG] != "p" or amount(story.recorded, move.version) in seen, f"seed {seed}"


def test_nobody_has_a_hand_in_what_they_own_or_asked_for() -> None:
    """Four eyes at the moment of granting, seen through a loan; what the next owner gave is no cover for a move."""
    for seed in SEEDS:
        story = lived(seed)
        for each in story.recorded:
            if isinstance(each.event, (ApprovalGranted, RuleWaived)):
                assert owner(story.recorded, each.version) not in hands(each), f"seed {seed}"
            if isinstance(each.event, ApprovalGranted):
                assert askers(story.recorded, each).isdisjoint(hands(each)), f"seed {seed}"


def askers(history: list[Recorded], grant: Recorded) -> set[str]:
    """Who asked for that approval since the last move to its target."""
    asked: set[str] = set()
    for each in history[: grant.version - 1]:
        if isinstance(each.event, DealMoved) and each.event.to_stage == grant.event.target:  # type: ignore[attr-defined]  # grants have one
            asked = set()
        if isinstance(each.event, ApprovalRequested) and each.event.target == grant.event.target:  # type: ignore[attr-defined]  # grants have one
            asked.add(each.envelope.actor)
    return asked


def test_a_lent_role_serves_only_until_its_end() -> None:
    """What the deputy gave was given while the lender's loan lasted, and says whose it was."""
    for seed in SEEDS:
        for each in lived(seed).recorded:
            answer = isinstance(each.event, (ApprovalGranted, ApprovalRejected, ApprovalReturned, RuleWaived))
            if answer and each.envelope.actor == DEPUTY.id:
                assert each.envelope.at is not None
                assert each.envelope.at < LOANS[each.envelope.on_behalf_of or ""], f"seed {seed}"


def test_announcing_an_end_changes_nothing_that_serves() -> None:
    """The event only tells: with and without it the same grants are live, and each is announced once."""
    for seed in SEEDS:
        story = lived(seed)
        told = [each.event for each in story.recorded if type(each.event).__name__ == "ApprovalExpired"]
        versions = [event.granted_version for event in told]  # type: ignore[attr-defined]  # the kind was just checked
        assert len(versions) == len(set(versions)), f"seed {seed}"
        quiet = [each for each in story.recorded if each.event not in told]
        deal, silent = story.deal, replace(story, recorded=quiet).deal
        assert deal is not None
        assert silent is not None
        assert (deal.approvals, deal.waivers) == (silent.approvals, silent.waivers), f"seed {seed}"


def test_these_lives_come_to_all_that_the_laws_are_about() -> None:
    """The control of all this: approved and waived moves, refused tries of every kind, and loans used and ended."""
    seen: Counter[str] = Counter()
    for seed in SEEDS:
        story = lived(seed)
        for _, letters in moves(story):
            seen.update({f"{BIG} {letters[BIG]}": 1, f"{SKIP} {letters[SKIP]}": 1})
        for each in story.recorded:
            if isinstance(each.event, (ApprovalRefused, WaiverRefused)):
                seen[each.event.why] += 1
            seen["lent"] += isinstance(each.event, ApprovalGranted) and each.envelope.on_behalf_of is not None
            seen["announced"] += type(each.event).__name__ == "ApprovalExpired"
    wanted = (
        f"{BIG} p", f"{SKIP} w", "no-role", "four-eyes", "delegation-ended", "no-delegation", "lent", "announced",
    )  # fmt: skip
    assert {word: seen[word] for word in wanted if seen[word] < 20} == {}, seen
