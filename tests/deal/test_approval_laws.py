"""Laws of approvals and waivers over random lives, judged by a second opinion that reads the recorded events alone.

The controls plant bugs in the engine, one at a time: the same lives must find each of them.
"""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from pipeline_engine import deal as d
from pipeline_engine.process import Judge, load_process
from tests.deal.granting import LIVES, PROCESS, Ask, Life
from tests.deal.second_opinion import SKIP, Opinion

pytestmark = pytest.mark.slow

LAWS = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
SOAK = settings(LAWS, max_examples=20_000)
CONTROL = settings(
    LAWS, max_examples=1500, derandomize=True, database=None, phases=[Phase.generate], report_multiple_bugs=False
)
EVOLVE, DECIDE, STATE, CONTEXT = (
    import_module(f"pipeline_engine.deal.{room}") for room in ("evolve", "decide_approvals", "state", "context")
)
INDEX = Judge(load_process(PROCESS, "b2b.yaml").model_copy(update={"version": 1})).index


def wrong(asked: list[Ask], *laws: str) -> list[str]:
    """What a life recorded against these laws, or against any."""
    return [each for each in Opinion.on(Life.of(asked)).wrong if each.startswith(laws or ("",))]


def unjudged(asked: list[Ask]) -> list[str]:
    """The rules of stages entered or passed over that a move was not judged by, and skips that nobody waived."""
    found = []
    for way, needed, move in Opinion.on(Life.of(asked)).moved:
        assert move.verdicts is not None
        found += [rule for rule in needed if move.verdicts.codes[INDEX[rule]] not in "pw"]
        found += [SKIP for _ in way[1:2] if move.verdicts.codes[INDEX[SKIP]] != "w"]
    return found


@given(LIVES)
@LAWS
def test_no_approval_or_waiver_serves_what_it_does_not_cover(asked: list[Ask]) -> None:
    """Another rule or target, other values than were seen, after its end, after its use, after a no: none serves.

    And nothing is refused that is covered, so that the opinion is no stricter than the law.
    """
    assert wrong(asked, "uncovered", "needless") == []


@given(LIVES)
@LAWS
def test_nobody_approves_or_waives_without_the_role_or_with_two_eyes(asked: list[Ask]) -> None:
    """Never the owner, now or lately, the asker, nor anybody in their stead; in order; a loan serves until its end."""
    assert wrong(asked, "owner", "asker", "former", "role", "loan", "order") == []


@given(LIVES)
@LAWS
def test_a_waived_skip_is_judged_by_every_stage_passed_over(asked: list[Ask]) -> None:
    """What is waived is the skip, and not what the stages between ask for."""
    assert unjudged(asked) == []


@pytest.mark.soak
@given(LIVES)
@SOAK
def test_all_laws_over_many_lives(asked: list[Ask]) -> None:
    """The same laws, for as long as there is time."""
    assert wrong(asked) == []


def test_what_was_seen_at_50_000_does_not_serve_500_000() -> None:
    """Approved for the higher band as well while the deal was small: at 500,000 all of it is asked for anew."""
    both = [
        ("approve", by, {"rule": f"price:{role}:above-200000", "to": "contract"})
        for by, role in (("mgr-1", "manager"), ("vp-1", "vp"))
    ]
    waived = ("waive", "mgr-1", {"rule": "moves:forward", "to": "contract", "reason": "x"})
    grown: Ask = ("set", "rep-1", {"fields": {"amount": "500000"}})
    move: Ask = ("move", "rep-1", {"to": "contract"})
    for asked, came_to in (([*both, waived, grown, move], d.MoveRefused), ([grown, *both, waived, move], d.DealMoved)):
        assert isinstance([each for each in Life.of(asked) if each.stream == "deal:D"][-1].event, came_to)
        assert wrong(asked) == []


# ---- controls


def _only_the_actor_is_looked_at(command: Any, deal: Any, rule: Any, context: Any) -> Any:
    owner = deal.owner if deal.owner == command.by else None
    askers = frozenset(asked for asked in deal.askers if asked[2] == command.by)
    return _MAY_ANSWER(command, replace(deal, owner=owner, askers=askers), rule, context)


FOUND = "the planted bug was found"
_MAY_ANSWER = DECIDE._may_answer
BUGS: dict[str, tuple[Any, str, Any]] = {
    "no field ends a grant": (EVOLVE, "_lapsed", lambda grants, changed: grants),
    "four eyes without the lender": (DECIDE, "_may_answer", _only_the_actor_is_looked_at),
    "an ended loan serves": (CONTEXT.Lent, "good", lambda loan, now: loan.held),
    "a lender without the role lends it": (CONTEXT.Lent, "good", lambda loan, now: now < loan.until),
    "in any order": (DECIDE, "_out_of_order", lambda *about: None),
    "an owner keeps what they granted": (EVOLVE, "_ended", lambda grants, of: grants),
    "an owner keeps what was granted in their stead": (STATE.Grant, "of", lambda grant, person: person == grant.by),
    "who gave the deal away is free at once": (EVOLVE, "after_owner", lambda deal: {}),
    "a grant is never used up": (EVOLVE, "_used", lambda grants, target: grants),
    "a grant never ends": (STATE.Grant, "live", lambda grant, now: grant.standing),
    "a waiver serves any target": (
        STATE.Grant, "covers", lambda grant, rule, target, now: grant.rule == rule and grant.live(now),
    ),
    "a no takes nothing back": (
        EVOLVE, "_CHANGES",
        EVOLVE._CHANGES | dict.fromkeys((d.ApprovalRejected, d.ApprovalReturned), EVOLVE._answered),
    ),
    "a skip skips the rules": (Judge, "passed", lambda judge, *way: ()),
}  # fmt: skip
# Few lives come across these, so that finding them takes long.
RARE = {"an owner keeps what was granted in their stead", "a waiver serves any target"}


@pytest.mark.parametrize("bug", [pytest.param(name, marks=pytest.mark.soak) if name in RARE else name for name in BUGS])
def test_control_a_planted_bug_is_found(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: an engine that lets somebody through must be found out by the lives above."""
    monkeypatch.setattr(*BUGS[bug])

    @CONTROL
    @given(LIVES)
    def look(asked: list[Ask]) -> None:
        assert not wrong(asked), FOUND

    with pytest.raises(AssertionError, match=FOUND):
        look()


def test_control_a_skip_judged_by_its_target_alone_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: where the stages passed over are not asked, their missing verdicts show."""
    monkeypatch.setattr(Judge, "passed", lambda judge, *way: ())

    @CONTROL
    @given(LIVES)
    def look(asked: list[Ask]) -> None:
        assert not unjudged(asked), FOUND

    with pytest.raises(AssertionError, match=FOUND):
        look()


def test_the_lives_are_rich_enough() -> None:
    """Control: among them there is every event these laws are about, in lent roles too, and every law is tried."""
    seen: set[str] = set()

    @settings(CONTROL, max_examples=100)
    @given(LIVES)
    def look(asked: list[Ask]) -> None:
        for recorded in Life.of(asked):
            event: Any = recorded.event
            lent = " in a lent role" if recorded.envelope.on_behalf_of else ""
            seen.add(f"{type(event).__name__} {getattr(event, 'why', '') or ''}".strip() + lent)

    look()
    for kind in ("ApprovalGranted", "RuleWaived"):
        assert {kind, f"{kind} in a lent role"} <= seen
    assert {f"ApprovalRefused {why}" for why in ("no-role", "four-eyes", "delegation-ended", "out-of-order")} <= seen
    assert {"ApprovalRejected", "ApprovalReturned", "OwnerAssigned", "MoveRefused", "DealMoved"} <= seen
