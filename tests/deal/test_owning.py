"""Who may own a deal: how many deals a person carries, and what a person can do. Pure; the counts are given."""

from dataclasses import replace
from typing import Any

import pytest

from pipeline_engine.deal import (
    AcceptHandoff,
    ApprovalGranted,
    ApprovalRefused,
    Approve,
    AssignmentRefused,
    AssignOwner,
    DealLost,
    DealMoved,
    DealOpened,
    DealReopened,
    DealWon,
    HandoffAccepted,
    HandoffRequested,
    Held,
    MoveDeal,
    MoveRefused,
    OpenDeal,
    OpeningRefused,
    OwnerAssigned,
    Reject,
    ReopenDeal,
    RequestHandoff,
    RuleWaived,
    Standing,
    Waive,
    WinDeal,
    explain,
    judged_again,
    verdicts_of,
)
from pipeline_engine.errors import BadProcess
from pipeline_engine.process import Judge, load_process
from tests.deal.story import Story

PROCESS = """
process: b2b
currency: EUR
roles: [rep, manager]
deal: {amount: {type: money}}
owning:
  enter:
    - {owner_deals_at_most: 4, waivable_by: manager}
    - {owner_skills: [enterprise], when: deal.amount >= 50000}
stages:
  - id: lead
  - id: negotiation
    enter:
      - {owner_deals_at_most: 2, waivable_by: manager}
      - {owner_skills: [closing-room]}
      - {id: discount, approval: manager, skills: [discount-training], when: deal.amount >= 90000}
  - id: closing
moves: {forward: any}
outcomes: {won: {from: [lead, negotiation, closing]}, lost: {reasons: [price]}}
"""
JUDGE = Judge(load_process(PROCESS, "b2b.yaml").model_copy(update={"version": 1}))
LIMIT, STAGE_LIMIT = "own:owner_deals_at_most:4", "negotiation:owner_deals_at_most:2"
SKILL, STAGE_SKILL = "own:owner_skills:enterprise", "negotiation:owner_skills:closing-room"
ALL = ("closing-room", "enterprise")


def person(who: str, in_all: int = 0, there: int = 0, *, skills: tuple[str, ...] = ALL, position: int = 7) -> Standing:
    """Somebody with so many other open deals, in all and in the stage that is asked for."""
    roles = ("manager",) if who.startswith("mgr") else ("rep",)
    return Standing(who, roles, "emea", None, 1, skills, Held(in_all, there, position))


def told(*people: Standing, amount: str = "10", stage: str = "lead") -> Story:
    """A deal of rep-1 in a stage, with these people beside the usual ones."""
    known = {each.id: each for each in (person("rep-1"), person("rep-2"), person("mgr-1"), *people)}
    story = Story(judge=JUDGE, people=known)
    story.when(OpenDeal, process="b2b", owner="rep-1", fields={"amount": amount}).then(DealOpened)
    return story if stage == "lead" else story.given(DealMoved(from_stage="lead", to_stage=stage))


def reasons(story: Story) -> dict[str, str]:
    """Why each rule of the last judged event did not pass."""
    last = next(each for each in reversed(story.recorded) if verdicts_of(each))
    return {each.rule: each.why for each in explain(last, story.recorded, story.judge) if each.unmet}


def test_a_deal_is_not_opened_for_whom_has_no_slot_free() -> None:
    """Four open deals are all that one person may own; the fifth is refused, and the reason says how many."""
    story = Story(judge=JUDGE, people={"rep-1": person("rep-1", 4)})
    story.when(OpenDeal, process="b2b", owner="rep-1", fields={"amount": "10"}).then(OpeningRefused)
    assert reasons(story) == {LIMIT: "rep-1 has 4 open deals, at most 4"}


def test_the_last_slot_may_be_taken() -> None:
    """With three other deals there is room for a fourth."""
    story = Story(judge=JUDGE, people={"rep-1": person("rep-1", 3)})
    story.when(OpenDeal, process="b2b", owner="rep-1", fields={"amount": "10"}).then(DealOpened)


def test_a_deal_that_nobody_owns_is_not_asked_who_owns_it() -> None:
    """It may be opened; whoever gets it is asked then."""
    story = Story(judge=JUDGE, people={"rep-1": person("rep-1", 4)})
    story.when(OpenDeal, process="b2b", fields={"amount": "10"}).then(DealOpened)
    assert story.codes(LIMIT, SKILL) == "nn"
    story.when(AssignOwner, owner="rep-1").then(AssignmentRefused)


def test_a_deal_does_not_come_into_a_stage_where_its_owner_has_no_slot_free() -> None:
    """The refusal names who has how many deals where, and how many they may be."""
    story = told(person("rep-1", 3, 2))
    story.when(MoveDeal, target="negotiation").then(MoveRefused)
    assert reasons(story) == {STAGE_LIMIT: "rep-1 has 2 open deals in negotiation, at most 2"}


def test_a_stage_with_a_limit_wants_an_owner() -> None:
    """Without one nobody knows whose slot it takes: that is unknown, and said so."""
    story = Story(judge=JUDGE, people={}).when(OpenDeal, process="b2b", fields={"amount": "10"})
    story.when(MoveDeal, target="negotiation").then(MoveRefused)
    assert story.codes(STAGE_LIMIT, STAGE_SKILL) == "uu"
    assert reasons(story) == dict.fromkeys((STAGE_LIMIT, STAGE_SKILL), "it has no owner")


def test_a_deal_that_passes_a_stage_over_takes_no_slot_there() -> None:
    """What somebody must be able to do is asked all the same."""
    story = told(person("rep-1", 3, 2))
    story.when(MoveDeal, target="closing").then(DealMoved)
    assert story.codes(STAGE_LIMIT, STAGE_SKILL) == "np"


def test_going_back_is_judged_by_no_limit() -> None:
    """A deal that falls back does so whoever is busy: going back judges no entry rules."""
    story = told(person("rep-1", 3, 2), stage="closing")
    story.when(MoveDeal, target="negotiation", reason="they want to talk again").then(DealMoved)


def test_a_deal_is_not_given_to_whom_has_no_slot_free() -> None:
    """It stays with its owner, and the refusal is recorded with its reasons."""
    story = told(person("rep-2", 4))
    story.when(AssignOwner, owner="rep-2", by="mgr-1").then(AssignmentRefused)
    assert story.deal is not None
    assert story.deal.owner == "rep-1"
    assert reasons(story) == {LIMIT: "rep-2 has 4 open deals, at most 4"}


def test_a_deal_that_changes_hands_is_asked_the_limits_of_its_stage_again() -> None:
    """Who takes over a deal in negotiation needs a slot there, and what negotiation takes."""
    story = told(person("rep-2", 3, 2, skills=("enterprise",)), stage="negotiation")
    story.when(AssignOwner, owner="rep-2", by="mgr-1").then(AssignmentRefused)
    assert reasons(story) == {
        STAGE_LIMIT: "rep-2 has 2 open deals in negotiation, at most 2",
        STAGE_SKILL: "rep-2 lacks the skill closing room",
    }


def test_the_other_entries_of_the_stage_are_not_asked_again() -> None:
    """The approval that negotiation takes is about the deal and not about its owner."""
    story = told(stage="negotiation")
    story.when(AssignOwner, owner="rep-2", by="mgr-1").then(OwnerAssigned)
    assert story.codes(LIMIT, STAGE_LIMIT, STAGE_SKILL, "discount") == "pppn"


def test_a_large_deal_goes_to_whom_can_do_it() -> None:
    """A skill may be asked of some deals only; where the amount is not known nobody knows whether."""
    unskilled = person("rep-2", skills=())
    told(unskilled, amount="49999").when(AssignOwner, owner="rep-2").then(OwnerAssigned)
    story = told(unskilled, amount="50000").when(AssignOwner, owner="rep-2").then(AssignmentRefused)
    assert reasons(story) == {SKILL: "rep-2 lacks the skill enterprise"}


def test_an_assignment_refused_twice_is_recorded_once() -> None:
    """The second time the first refusal answers; for another person it is another refusal."""
    story = told(person("rep-2", 4), person("rep-3", 4))
    story.when(AssignOwner, owner="rep-2", by="mgr-1").then(AssignmentRefused)
    story.when(AssignOwner, owner="rep-3", by="mgr-1").then(AssignmentRefused)
    story.when(AssignOwner, owner="rep-2", by="mgr-1").then()
    assert story.decided is not None
    assert story.decided.repeats == 2


def test_it_is_recorded_again_once_the_deals_of_that_person_changed() -> None:
    """Somebody who closed one deal and opened another is as full as before, and was asked anew."""
    story = told(person("rep-2", 4)).when(AssignOwner, owner="rep-2").then(AssignmentRefused)
    changed = story.later(people={**story.people, "rep-2": person("rep-2", 4, position=9)})
    changed.when(AssignOwner, owner="rep-2").then(AssignmentRefused)


def test_a_handover_is_not_accepted_by_whom_has_no_slot_free() -> None:
    """Who was asked is asked about when the deal would become theirs; the handover stays open meanwhile."""
    story = told(person("rep-2", 3, 2), stage="negotiation")
    story.when(RequestHandoff, to="rep-2", by="rep-1").then(HandoffRequested)
    story.when(AcceptHandoff, by="rep-2").then(AssignmentRefused)
    assert reasons(story) == {STAGE_LIMIT: "rep-2 has 2 open deals in negotiation, at most 2"}
    story.when(AcceptHandoff, by="rep-2").then()
    free = story.later(people={**story.people, "rep-2": person("rep-2", 2, 1)})
    free.when(AcceptHandoff, by="rep-2").then(HandoffAccepted)
    assert free.codes(LIMIT, STAGE_LIMIT, STAGE_SKILL) == "ppp"


def test_a_closed_deal_takes_nobodys_slot() -> None:
    """It may be given to anybody; on reopening its owner is asked."""
    story = told(person("rep-2", 4), stage="negotiation").when(WinDeal).then(DealWon)
    story.when(AssignOwner, owner="rep-2", by="mgr-1").then(OwnerAssigned)
    assert verdicts_of(story.recorded[-1]) is None
    story.when(ReopenDeal, reason="too early").then(MoveRefused)
    assert reasons(story) == {LIMIT: "rep-2 has 4 open deals, at most 4"}


def test_a_deal_is_not_reopened_into_a_full_stage() -> None:
    """Losing a deal and reopening it is no way round the limit of its stage."""
    story = told(stage="negotiation").given(DealLost(from_stage="negotiation", reason="price"))
    busy = story.later(people={**story.people, "rep-1": person("rep-1", 2, 2)})
    busy.when(ReopenDeal, reason="they called").then(MoveRefused)
    assert reasons(busy) == {STAGE_LIMIT: "rep-1 has 2 open deals in negotiation, at most 2"}
    story.when(ReopenDeal, reason="they called").then(DealReopened)


def test_a_waiver_lets_one_more_deal_in_once() -> None:
    """It is used up by the assignment it served: the next one is refused again."""
    story = told(person("rep-2", 4), person("rep-3", 4))
    story.when(Waive, rule=LIMIT, target="lead", reason="holiday cover", by="mgr-1").then(RuleWaived)
    story.when(AssignOwner, owner="rep-2", by="rep-1").then(OwnerAssigned)
    assert story.codes(LIMIT) == "w"
    story.when(AssignOwner, owner="rep-3", by="rep-1").then(AssignmentRefused)


def test_nobody_waives_a_limit_for_themselves() -> None:
    """Four eyes: a manager who wants the deal cannot make room for it."""
    story = told(person("mgr-1", 4))
    story.when(Waive, rule=LIMIT, target="lead", reason="mine", by="mgr-1").then(RuleWaived)
    story.when(AssignOwner, owner="mgr-1", by="mgr-1").then(AssignmentRefused)


def test_an_approval_may_take_a_skill() -> None:
    """A manager without the training is refused, whether for a yes or for a no; one with it approves."""
    trained = person("mgr-2", skills=("discount-training",))
    story = told(trained, amount="95000").when(Approve, rule="discount", by="mgr-1").then(ApprovalRefused)
    assert story.recorded[-1].event.why == "no-skill"  # type: ignore[attr-defined]  # just checked
    story.when(Reject, rule="discount", reason="no", by="mgr-1").then(ApprovalRefused)
    story.when(MoveDeal, target="negotiation").then(MoveRefused)
    assert reasons(story) == {"discount": "approval by manager with the skill discount training is not asked for yet"}
    story.when(Approve, rule="discount", by="mgr-2").then(ApprovalGranted)
    story.when(MoveDeal, target="negotiation").then(DealMoved)


def test_what_was_counted_is_kept_with_the_verdict() -> None:
    """Years later the refusal is explained by what was counted then, and comes to the same letters."""
    story = told(person("rep-2", 3, 2), stage="negotiation").when(AssignOwner, owner="rep-2").then(AssignmentRefused)
    verdicts = verdicts_of(story.recorded[-1])
    assert verdicts is not None
    kept = {path: (each.value, each.stream, each.version) for path, each in verdicts.context.items()}
    assert kept == {
        "owner.open_deals": (3, "deals-of:rep-2", 7),
        "owner.deals_in_stage": (2, "deals-of:rep-2", 7),
        "owner.skills": (("closing-room", "enterprise"), "person:rep-2", 1),
    }
    again = judged_again(story.recorded[-1], story.recorded, JUDGE)
    assert again is not None
    assert JUDGE.letters(again.asked, again.codes) == verdicts.codes


def test_a_process_that_asks_nothing_of_owners_records_no_verdicts() -> None:
    """As before: the owner changes, and nothing was judged."""
    story = Story().given(DealOpened(process="b2b", version=1, stage="lead", owner="rep-1"))
    story.when(AssignOwner, owner="rep-2").then(OwnerAssigned)
    assert verdicts_of(story.recorded[-1]) is None


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("owner_deals_at_most: 4", "owner_deals_at_most: 0", "at least 1"),
        ("owner_deals_at_most: 4", "owner_deals_at_most: limits.most", "limits.most"),
        ("owner_deals_at_most: 4", "owner_deals_at_most: [4]", "owner_deals_at_most"),
        ("{owner_skills: [closing-room]}", "{owner_skills: []}", "asks nothing"),
        ("{owner_skills: [closing-room]}", "{owner_skills: [a b]}", "a name of letters"),
        ("{owner_skills: [closing-room]}", "{id: x, check: 'true', skills: [y]}", "`skills` without an approval"),
        ("{owner_skills: [enterprise], when", "{approval: manager, when", "`approval` in `owning`"),
        ("won: {from", "won: {enter: [{owner_deals_at_most: 3}], from", "where a deal leaves"),
        ("- id: lead\n", "- id: lead\n    leave: [{owner_deals_at_most: 3}]\n", "where a deal leaves"),
        ("- id: closing", "- id: own", "names an outcome or a gate"),
        ("owning:\n", "owning:\n  by: [rep]\n", "`by`"),
    ],
)
def test_what_a_file_may_not_say_of_owners(old: str, new: str, words: str) -> None:
    """Named with its place, before it binds anybody."""
    assert old in PROCESS
    with pytest.raises(BadProcess, match=r"b2b\.yaml:\d+") as raised:
        load_process(PROCESS.replace(old, new), "b2b.yaml")
    assert words in str(raised.value)


@pytest.mark.parametrize(("in_all", "letter"), [(1, "p"), (2, "f")])
def test_a_limit_may_be_a_named_number(in_all: int, letter: str) -> None:
    """`limits.most` is one place to change it."""
    text = PROCESS.replace("owner_deals_at_most: 4", "owner_deals_at_most: limits.most")
    judge = Judge(load_process(f"{text}limits: {{most: 2}}\n", "b2b.yaml").model_copy(update={"version": 1}))
    story = Story(judge=judge, people={"rep-1": person("rep-1", in_all)})
    story.when(OpenDeal, process="b2b", owner="rep-1", fields={"amount": "10"})
    assert story.codes("own:owner_deals_at_most:limits.most") == letter
    assert letter == "p" or reasons(story) == {
        "own:owner_deals_at_most:limits.most": "rep-1 has 2 open deals, at most 2"
    }


def test_a_stage_that_only_some_deals_have_asks_its_limit_of_those() -> None:
    """What does not apply to the deal is not asked when it changes hands either."""
    text = PROCESS.replace("- id: negotiation", "- id: negotiation\n    applies: deal.amount >= 1000")
    some: dict[str, Any] = {"judge": Judge(load_process(text, "b2b.yaml").model_copy(update={"version": 1}))}
    small = replace(told(person("rep-2", 3, 2), amount="10", stage="negotiation"), **some)
    small.when(AssignOwner, owner="rep-2").then(OwnerAssigned)
    large = replace(told(person("rep-2", 3, 2), amount="1000", stage="negotiation"), **some)
    large.when(AssignOwner, owner="rep-2").then(AssignmentRefused)
