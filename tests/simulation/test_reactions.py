"""What the made-up people do when the gate says no."""

from itertools import pairwise
from typing import Any

from pipeline_engine.deal import (
    Approve,
    LogActivity,
    LoseDeal,
    MoveDeal,
    Reject,
    RequestApproval,
    SetFields,
    Waive,
)


def _deals(gate):
    deals: dict[str, list[Any]] = {}
    for command, outcome in gate.log:
        deals.setdefault(command.deal_id, []).append((command, outcome))
    return deals.values()


def _after_refusal_by(gate, rule):
    """For every refusal by that rule: what the same deal's people did from then on."""
    for told in _deals(gate):
        for n, (_, outcome) in enumerate(told):
            if any(judged.rule == rule for judged in outcome.unmet):
                yield told[n + 1 :]


def test_a_missing_fact_is_written_down_and_the_move_asked_again(year_7):
    """Most moves refused for a missing close date get one, and then go through."""
    later = [told for told in _after_refusal_by(year_7, "proposal:require:close_date") if told]
    cured = [
        told
        for told in later
        if any(isinstance(c, SetFields) and "close_date" in c.values for c, _ in told)
        and any(isinstance(c, MoveDeal) and o.accepted for c, o in told)
    ]
    assert len(later) > 50
    assert len(cured) / len(later) > 0.7


def test_a_missing_meeting_is_held(year_7):
    """A rep who is told that meetings are missing logs one next, or has the rule waived."""
    nexts = [told for told in _after_refusal_by(year_7, "proposal:activities:meeting:2") if told]
    held = [told for told in nexts if any(isinstance(c, LogActivity) and c.kind == "meeting" for c, _ in told)]
    waived = [told for told in nexts if any(isinstance(c, Waive) for c, _ in told)]
    assert len(held) / len(nexts) > 0.6
    assert waived


def test_an_approval_is_asked_for_and_answered_by_the_owners_manager(year_7):
    """A big deal waits for its manager: asked by the rep, answered later, sometimes with no."""
    asked = [c for c, _ in year_7.log if isinstance(c, RequestApproval)]
    answered = [c for c, _ in year_7.log if isinstance(c, Approve | Reject)]
    assert len(asked) > 30
    assert {c.by for c in answered} == {"manager-1", "manager-2"}
    assert {type(c) for c in answered} == {Approve, Reject}
    for told in _after_refusal_by(year_7, "big-deal"):
        request = next((c for c, _ in told if isinstance(c, RequestApproval)), None)
        answer = next((c for c, _ in told if isinstance(c, Approve | Reject)), None)
        if request and answer:
            assert answer.at > request.at


def test_some_approvals_are_still_awaited_at_the_end_of_the_year(year_7):
    """Managers are slow: some deals end the year waiting for one."""
    waiting = [told for told in _deals(year_7) if isinstance(told[-1][0], RequestApproval)]
    assert len(waiting) >= 2


def test_a_leap_is_refused_and_waived_or_given_up(year_7):
    """Some reps try to skip a stage; a manager waives it with a reason, or the deal goes step by step."""
    later = [told for told in _after_refusal_by(year_7, "moves:forward") if told]
    waived = [c for told in later for c, _ in told if isinstance(c, Waive) and c.rule == "moves:forward"]
    assert later
    assert 0 < len(waived) < len(later)
    assert all(c.reason and c.by.startswith("manager-") for c in waived)


def test_going_back_without_a_reason_is_asked_again_with_one(year_7):
    """A refused move back is followed by the same move with a reason."""
    for told in _after_refusal_by(year_7, "moves:back"):
        again = next((c for c, _ in told if isinstance(c, MoveDeal)), None)
        assert again is None or again.reason


def test_a_gate_that_never_opens_is_given_up_in_the_end(run, fake_gate):
    """Where no way round is found a deal dies: no endless asking, and the loss is recorded."""

    gate = run(2, gate=fake_gate(shut=True))
    asked = [sum(isinstance(c, MoveDeal) for c, _ in told) for told in _deals(gate)]
    assert max(asked) <= 24
    assert not [c for c, o in gate.log if isinstance(c, MoveDeal) and o.accepted]
    assert sum(isinstance(c, LoseDeal) for c, _ in gate.log) > 400


def test_nobody_asks_about_a_deal_that_is_closed(year_7):
    """After a win or a loss only a reopening follows."""
    for told in _deals(year_7):
        for (command, outcome), following in pairwise(told):
            if outcome.accepted and type(command).__name__ in ("WinDeal", "LoseDeal"):
                assert type(following[0]).__name__ == "ReopenDeal"
