"""What a limit on owners would have done: counted from history, and skills that nobody noted are not knowable."""

from typing import Any

from tests.replay.small import History, counted, effect, process

LIMIT = "{id: few, owner_deals_at_most: 1}"
SKILL = "{owner_skills: [enterprise]}"


def two_offers(*rules: str, **parts: Any) -> History:
    """Two deals of one owner that come to the offer one day after the other, and a third when the first is lost."""
    history = History.of(*rules, **parts)
    for number, deal in enumerate("ABC"):
        history.opened(0.1 * number, deal)
    history.on(1, "A", "move", "offer").on(2, "B", "move", "offer").on(3, "A", "lose", "price")
    return history.on(4, "B", "lose", "price").on(5, "C", "move", "offer")


def test_a_limit_would_have_stopped_the_second_deal_and_not_the_third() -> None:
    """On the third day one slot is taken, on the fifth it is free again."""
    report = two_offers().judged_by(LIMIT)
    assert counted(report) == {"newly_refused": 1}
    assert (effect(report, "few").fails, effect(report, "few").not_knowable) == (1, 0)


def test_a_corrected_deal_takes_one_slot() -> None:
    """Two deals of three slots; the note of one was really another: a backtest holds nothing up before or after."""
    history = History.of(more="corrections: {by: [manager]}").opened(0, "A", "B", note="a")
    history.on(1, "A", "move", "offer").on(2, "B", "move", "offer")
    candidate = process("{id: few, owner_deals_at_most: 2}")
    before = history.engine.backtest(candidate)
    history.on(3, "A", "correct_value", 1, {"note": "b"}, reason="a slip", by="boss")
    history.on(4, "B", "move", "lead", reason="too soon").on(5, "B", "move", "offer")
    after = history.engine.backtest(candidate)
    assert (counted(before), counted(after)) == ({}, {})
    assert [effect(each, "few").fails for each in (before, after)] == [0, 0]


def test_a_limit_in_all_stages_would_have_stopped_the_opening() -> None:
    """`owning` is judged of openings that had an owner, and of reopenings."""
    report = two_offers().judged_by(more="owning: {enter: [{id: few, owner_deals_at_most: 2}]}")
    assert counted(report) == {"newly_refused": 1}


def test_the_same_limit_again_says_what_it_said() -> None:
    """The control of a backtest: what was refused then is refused now, for the same reason."""
    report = two_offers(LIMIT).judged_by(LIMIT)
    assert counted(report) == {}
    assert effect(report, "few").fails == 1


def test_a_looser_limit_would_have_let_it_through() -> None:
    """The refusal of the day is known, and so is how many deals there were."""
    assert counted(two_offers(LIMIT).judged_by(LIMIT.replace("1}", "2}"))) == {"newly_allowed": 1}


def test_what_owners_could_do_then_is_not_knowable() -> None:
    """Unless a rule of the day read it: then the verdicts kept it."""
    assert counted(two_offers().judged_by(SKILL)) == {"not_knowable": 3}
    kept = two_offers(SKILL.replace("]}", "], severity: warn}"))
    assert counted(kept.judged_by(SKILL)) == {"newly_refused": 3}


def test_a_deal_without_owner_is_refused_by_a_limit_and_that_is_known() -> None:
    """Nobody owned it: that is no gap in what is known."""
    history = History.of().on(0, "A", "open_deal", process="small").on(1, "A", "move", "offer")
    report = history.judged_by(LIMIT)
    assert counted(report) == {"newly_refused": 1}
    assert effect(report, "few").unknown == 1
