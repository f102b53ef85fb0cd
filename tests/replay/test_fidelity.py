"""The control before every backtest: the rules in force give the recorded verdicts again, or it says where not."""

from typing import Any

from pipeline_engine.deal import DealMoved, DealOpened
from pipeline_engine.replay import Fidelity, Question, backtest
from tests.replay.small import History, day, process, rewritten

RULE = "{id: priced, check: deal.amount > 10}"


def lived() -> History:
    """Two deals: one refused and then moved, one moved at once."""
    history = History.of(RULE).opened(0, "A", amount="5").opened(0, "B", amount="50")
    history.on(1, "A", "move", "offer").on(2, "A", "set", {"amount": "11"}).on(3, "A", "move", "offer")
    return history.on(1, "B", "move", "offer")


def control(facts: Any, history: History) -> Fidelity:
    """The control of some facts."""
    return backtest(facts, process(RULE), Question(None, history.engine._store.open_sealed)).fidelity


def test_what_was_recorded_is_reproduced() -> None:
    """All verdicts come out again, and nothing is left out."""
    fidelity = lived().judged_by(RULE).fidelity
    assert (fidelity.replayable, fidelity.reproduced, fidelity.left_out, fidelity.holds) == (5, 5, {}, True)


def test_a_letter_that_was_tampered_with_is_found_and_named() -> None:
    """Somebody turns a refusal into a pass: the deal, the version and the rule are named."""
    history = lived()
    fidelity = control(rewritten(history, codes=lambda codes: codes.replace("f", "p")), history)
    assert (fidelity.replayable, fidelity.reproduced, fidelity.holds) == (5, 4, False)
    (found,) = fidelity.mismatches
    assert (found.deal, found.version, found.rule, found.recorded, found.replayed) == ("A", 2, "priced", "p", "f")


def test_a_fact_that_was_tampered_with_is_found() -> None:
    """A moment changed in the log changes what the rules saw."""
    history = History.of("{stay_at_least: 2d}").opened(0, "A").on(1, "A", "move", "offer")
    report = backtest(rewritten(history, now=lambda now: day(5)), process("{stay_at_least: 2d}"), Question())
    assert [found.rule for found in report.fidelity.mismatches] == ["offer:stay_at_least:2d"]


def test_letters_of_another_length_are_no_verdicts_of_this_version() -> None:
    """Codes that do not fit the published rules are mismatches, and no crash."""
    history = lived()
    fidelity = control(rewritten(history, codes=lambda codes: codes + "p"), history)
    assert (fidelity.replayable, fidelity.reproduced) == (5, 0)
    assert len(fidelity.mismatches) <= 20


def test_imported_attempts_are_counted_apart() -> None:
    """They have no verdict that could be reproduced."""
    history = lived()
    moved = DealMoved(from_stage="lead", to_stage="offer", basis="source")
    history.imported("C", DealOpened(process="small", version=1, stage="lead", basis="source"), moved, at=day(0))
    fidelity = history.judged_by(RULE).fidelity
    assert (fidelity.replayable, fidelity.reproduced, fidelity.left_out) == (5, 5, {"imported": 2})


def test_nothing_recorded_is_no_failure() -> None:
    """An imported history has nothing to control, and the control holds."""
    history = History.of()
    history.imported("C", DealOpened(process="small", version=1, stage="lead", basis="source"), at=day(0))
    fidelity = history.judged_by().fidelity
    assert (fidelity.replayable, fidelity.holds, fidelity.left_out) == (0, True, {"imported": 1})


def test_a_version_that_is_not_here_is_left_out_and_counted() -> None:
    """Verdicts of a version nobody published, or of semantics long retired, cannot be replayed."""
    history = lived()
    fidelity = control(rewritten(history, process_version=lambda version: 9), history)
    assert (fidelity.replayable, fidelity.left_out) == (0, {"version not published": 5})


def test_personal_values_that_nobody_can_open_are_missing_and_not_their_sealed_text() -> None:
    """Without keys a personal field is unknown; a rule never looks into what is sealed."""
    rule = "{id: reachable, check: size(deal.mail) > 0}"
    history = History.of(rule).opened(0, "A", mail="x").on(1, "A", "move", "offer")
    report = backtest(history.facts, process(rule), Question())
    assert [(found.recorded, found.replayed) for found in report.fidelity.mismatches] == [("p", "u")]
    assert history.judged_by(rule).fidelity.holds


def test_each_attempt_is_controlled_by_the_version_that_judged_it() -> None:
    """A rule that came later does not disprove what an earlier version said."""
    history = History.of().opened(0, "A", amount="5").publish(RULE).opened(1, "B", amount="5")
    history.on(2, "A", "move", "offer").on(2, "B", "move", "offer")
    fidelity = history.judged_by().fidelity
    assert [outcome.accepted for outcome in history.outcomes[-2:]] == [True, False]
    assert (fidelity.replayable, fidelity.reproduced) == (4, 4)
