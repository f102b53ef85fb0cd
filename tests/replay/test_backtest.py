"""The whole answer: what is counted, what is at stake, and that it is the same answer every time."""

import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from pipeline_engine.deal import DealLost, DealMoved, DealOpened, DealWon, MoveRefused
from pipeline_engine.engine import Engine
from pipeline_engine.errors import UnknownProcess
from pipeline_engine.facts import Facts, Projector, Words
from pipeline_engine.process import LETTERS, Judge, load_process
from pipeline_engine.replay import CHANGES, Backtest, Question, backtest
from pipeline_engine.replay.effects import Worth
from tests.replay.lived import STRICT_SALES, year
from tests.replay.plain import attempts_of, letters
from tests.replay.small import History, counted, day, effect, process

PRICED, CALLED = "{id: priced, check: deal.amount > 10}", "{activities: {call: 1}}"
BIG = "{id: big, approval: manager, when: deal.amount >= 100}"
OPENED = DealOpened(process="small", version=1, stage="lead", basis="source")


def strict(engine: Engine, facts: Facts | None = None) -> Backtest:
    """The stricter sales process against a store."""
    candidate = load_process(STRICT_SALES.read_text(), "strict.yaml")
    return backtest(facts or engine.facts(), candidate, Question(open_sealed=engine._store.open_sealed))


def test_the_process_in_force_changes_nothing() -> None:
    """A candidate that says what was in force is the same for every attempt, over a whole year."""
    engine = year(1)
    report = backtest(engine.facts(), engine.process("b2b-saas"), Question(open_sealed=engine._store.open_sealed))
    assert report.counts["same"] == report.attempts
    assert {rule.status for rule in report.rules} == {"as before"}
    assert all(not rule.stopped and not rule.approvals for rule in report.rules)


@pytest.mark.parametrize("severity", ["warn", "hint"])
def test_a_rule_that_warned_before_warns_nobody_newly(severity: str) -> None:
    """What failed as a warning then is the same now; as a hint before, it is new."""
    rule = "{id: priced, check: deal.amount > 10, severity: %s}"
    history = History.of(rule % severity).opened(0, "A", amount="5").on(1, "A", "move", "offer")
    assert counted(history.judged_by(rule % "warn")) == ({} if severity == "warn" else {"newly_warned": 1})


def test_a_rule_that_became_a_warning_allows_what_it_refused() -> None:
    """It stops nobody any more."""
    history = History.of(PRICED).opened(0, "A", amount="5").on(1, "A", "move", "offer")
    assert counted(history.judged_by(PRICED.replace("}", ", severity: warn}"))) == {"newly_allowed": 1}


def test_a_refusal_for_another_reason_is_not_the_same() -> None:
    """One reason fell away, another came, or both: the move is refused otherwise."""
    history = History.of(PRICED).opened(0, "A", amount="5").on(1, "A", "move", "offer")
    assert counted(history.judged_by(CALLED)) == {"other_reason": 1}
    assert counted(history.judged_by(f"{PRICED}, {CALLED}")) == {"other_reason": 1}
    assert counted(History.of(f"{PRICED}, {CALLED}").opened(0, "A").on(1, "A", "move", "offer").judged_by(PRICED)) == {
        "other_reason": 1
    }


def test_newly_allowed_are_refusals_by_what_the_candidate_asks_no_more() -> None:
    """In the stricter sales process the economic buyer is asked for earlier, so no longer at the negotiation."""
    engine, judge = year(1), Judge(load_process(STRICT_SALES.read_text(), "strict.yaml"))
    report, rules = strict(engine), engine.process("b2b-saas").rule_ids
    reasons: Counter[tuple[str, ...]] = Counter()
    for recorded, before in attempts_of(engine, engine.facts()):
        if isinstance(recorded.event, MoveRefused):
            codes = [LETTERS.index(letter) for letter in letters(recorded, before, judge)]
            if not judge.blocking(range(len(codes)), codes):
                said = zip(rules, recorded.event.verdicts.codes, strict=True)
                reasons[tuple(rule for rule, letter in said if letter in "fu")] += 1
    assert reasons == {("negotiation:contacts:economic_buyer:1",): report.counts["newly_allowed"]}
    allowed = [example for example in report.examples if example.change == "newly_allowed"]
    assert allowed
    assert {example.to for example in allowed} == {"negotiation"}
    assert any("their deals were held" in note for note in report.cannot_know)


def test_a_waiver_that_was_given_is_given_under_the_candidate_too() -> None:
    """Whoever waived the rule then would have waived it now: same rule, same target."""
    rule = "{activities: {call: 1}, waivable_by: manager}"
    history = History.of(rule).opened(0, "A").on(1, "A", "waive", "offer:activities:call:1", "known", by="boss")
    report = history.on(2, "A", "move", "offer").judged_by(f"{rule}, {PRICED}")
    assert effect(report, "offer:activities:call:1").waived == 1
    assert counted(report) == {"newly_refused": 1}


def test_a_rule_row_counts_every_attempt_once() -> None:
    """Pass, fail and unknown by hand: three deals, one amount above, one below, one missing."""
    history = History.of().opened(0, "A", amount="50").opened(0, "B", amount="5").opened(0, "C")
    for deal in "ABC":
        history.on(1, deal, "move", "offer")
    row = effect(history.judged_by(PRICED), "priced")
    assert (row.evaluated, row.fails, row.unknown, row.not_knowable, row.stopped, row.sole) == (2, 1, 1, 0, 2, 2)
    assert row.status == "new"


def test_a_rule_that_moved_to_another_gate_has_changed() -> None:
    """Its words are the same; when it is asked is not."""
    history = History.of("", PRICED).opened(0, "A", amount="50")
    assert effect(history.judged_by(PRICED), "priced").status == "changed"
    assert effect(history.judged_by("", PRICED), "priced").status == "as before"


def test_values_count_each_deal_once_as_it_was_at_the_move() -> None:
    """A deal stopped twice is one deal; what it was worth later does not matter."""
    history = History.of().opened(0, "A", amount="5").on(1, "A", "move", "offer").on(2, "A", "set", {"amount": "7"})
    history.on(3, "A", "move", "lead", "back").on(4, "A", "move", "offer").on(5, "A", "move", "contract")
    row = effect(history.on(6, "A", "win").judged_by(CALLED), "offer:activities:call:1")
    assert (row.stopped, row.never) == (2, 2)
    assert row.at_stake["won"].to_json() == {"deals": 1, "value": {"EUR": "5"}, "unknown": 0}


def test_new_approvals_are_counted_a_week_with_the_wait_of_their_role() -> None:
    """Two weeks between the first and the last attempt, two moves that would need one."""
    history = History.of("", BIG).opened(0, "A", "B", amount="500").on(1, "A", "move", "offer")
    history.on(2, "B", "move", "offer").on(3, "A", "request", "big").on(7, "A", "approve", "big", by="boss")
    report = history.on(14, "A", "move", "contract").judged_by("{id: early, approval: manager}", BIG)
    assert (effect(report, "early").approvals, effect(report, "early").approvals_a_week) == (2, 1.0)
    (wait,) = report.waits
    assert (wait.role, wait.answered, wait.pending, wait.median_days) == ("manager", 1, 0, 4.0)


def test_a_won_deal_slips_by_the_wait_of_the_role_it_would_need() -> None:
    """Closed four days before the quarter's end: a manager took five days, a vice president one."""
    history = History.of("", BIG, "{id: sign, approval: vp}").opened(0, "A", amount="500").on(1, "A", "move", "offer")
    history.on(70, "A", "request", "big").on(75, "A", "approve", "big", by="boss").on(76, "A", "move", "contract")
    history.on(77, "A", "request", "sign").on(78, "A", "approve", "sign", by="chief").on(81, "A", "win")
    by_manager, by_vp = (
        history.judged_by(f"{{id: early, approval: {role}}}", BIG, "{id: sign, approval: vp}")
        for role in ("manager", "vp")
    )
    assert counted(by_manager) == counted(by_vp) == {"newly_needs_approval": 1}
    assert (by_manager.slips.deals, by_vp.slips.deals) == (1, 0)
    assert by_manager.slips.worth.to_json() == {"EUR": "500"}


def test_approvals_wait_side_by_side() -> None:
    """Two roles that are asked at once take as long as the slower one, not as both."""
    signs = "{id: sign, approval: vp}"
    history = History.of("", BIG, signs).opened(0, "A", amount="500").on(1, "A", "move", "offer")
    history.on(70, "A", "request", "big").on(74, "A", "approve", "big", by="boss").on(74.5, "A", "move", "contract")
    history.on(75, "A", "request", "sign").on(78, "A", "approve", "sign", by="chief").on(79, "A", "win")
    both = "{id: early, approval: manager}, {id: first, approval: vp}"
    report = history.judged_by(both, BIG, signs)
    assert [(wait.role, wait.median_days) for wait in report.waits] == [("manager", 4.0), ("vp", 3.0)]
    assert (report.counts["newly_needs_approval"], report.slips.deals) == (1, 0)


def test_without_a_recorded_wait_nobody_can_tell_what_would_slip() -> None:
    """No role ever answered, so none is said to delay anything."""
    history = History.of().opened(0, "A", amount="500").on(1, "A", "move", "offer").on(2, "A", "move", "contract")
    report = history.on(80, "A", "win").judged_by(BIG)
    assert (report.waits, report.slips.deals) == ((), 0)


def test_examples_are_the_worst_by_value_and_name_the_rules() -> None:
    """At most five of a kind, the largest first, then by deal."""
    history = History.of()
    for number, amount in enumerate(("5", "700", "", "80", "80", "3", "1")):
        history.opened(0, f"D-{number}", **({"amount": amount} if amount else {})).on(1, f"D-{number}", "move", "offer")
    examples = history.judged_by(CALLED).examples
    assert [example.deal for example in examples] == ["D-1", "D-3", "D-4", "D-0", "D-5"]
    assert examples[0].rules == ("offer:activities:call:1",)
    assert (examples[0].version, examples[0].to, examples[0].at) == (2, "offer", day(1))
    assert (examples[0].change, examples[0].became) == ("newly_refused", "open")


def test_a_named_baseline_is_replayed_on_every_attempt() -> None:
    """Against version 1 the second version's refusals are not what happened, and the other way round."""
    history = History.of().publish(PRICED).opened(0, "A", amount="5").on(1, "A", "move", "offer")
    assert counted(history.judged_by()) == {"newly_allowed": 1}
    assert counted(history.judged_by(baseline="small@1")) == {}
    assert counted(history.judged_by(PRICED, baseline="small@1")) == {"newly_refused": 1}
    assert counted(history.judged_by(PRICED, baseline="small@2")) == {}


def test_a_named_baseline_that_would_ask_for_approvals_is_no_refusal_either() -> None:
    """What nobody was asked for is not knowable for the baseline: the candidate that asks the same adds nothing."""
    history = History.of().opened(0, "A", amount="500").on(1, "A", "move", "offer").publish(BIG)
    assert counted(history.judged_by(BIG, baseline="small@2")) == {}
    assert counted(history.judged_by(baseline="small@2")) == {}
    assert counted(history.judged_by(f"{BIG}, {{id: two, approval: vp}}", baseline="small@2")) == {
        "newly_needs_approval": 1
    }


def test_a_named_baseline_that_fails_an_import_without_evidence_is_no_refusal() -> None:
    """Imported deals cannot have been stopped by what they came without."""
    moved = DealMoved(from_stage="lead", to_stage="offer", basis="source")
    history = History.of(CALLED).imported("A", OPENED, moved, at=day(0))
    assert counted(history.judged_by(baseline="small@1")) == {}


@pytest.mark.parametrize("baseline", ["small", "small@", "small@9", "small@x", "other@1", "small@²", "@1"])
def test_a_baseline_that_was_never_published_is_said(baseline: str) -> None:
    """It names what there is."""
    with pytest.raises(UnknownProcess, match="small@1"):
        History.of().opened(0, "A").judged_by(baseline=baseline)


def test_a_candidate_of_another_name_has_no_history() -> None:
    """It names the processes that deals ran under."""
    with pytest.raises(UnknownProcess, match="small"):
        History.of().opened(0, "A").judged_by(name="smal")


def test_an_empty_history_has_nothing_to_replay() -> None:
    """No attempt at all: said, not divided by."""
    with pytest.raises(UnknownProcess):
        History.of().judged_by()


def test_attempts_between_stages_that_the_candidate_lacks_are_not_knowable() -> None:
    """They do not fit, are counted, and stop nobody."""
    history = History.of().opened(0, "A").on(1, "A", "move", "offer").on(2, "A", "move", "contract").on(3, "A", "win")
    candidate = load_process(
        "process: small\ncurrency: EUR\nstages: [{id: lead}, {id: contract}]\noutcomes: {won: {}, lost: {}}\n", "x.yaml"
    )
    report = history.against(candidate)
    assert counted(report) == {"not_knowable": 2}
    assert any(note.startswith("2 attempts between stages") for note in report.cannot_know)


def test_undated_imports_are_counted_and_do_no_harm() -> None:
    """Openings and outcomes without any date: rules of time are unknown there, and that is not knowable."""
    way = [DealMoved(from_stage=a, to_stage=b, basis="source") for a, b in (("lead", "offer"), ("offer", "contract"))]
    lost = DealLost(from_stage="lead", reason="price", basis="source")
    history = History.of().imported("A", OPENED, *way, DealWon(from_stage="contract", basis="source"), at=None)
    history.imported("B", OPENED, lost, at=None)
    stay = "{stay_at_least: 1d}, {id: now, check: now > opened_at && today > date('2020-01-01')}"
    report = history.judged_by(stay, won=BIG)
    assert sum(report.counts.values()) == report.attempts == 6
    assert (counted(report), report.fidelity.holds) == ({"not_knowable": 2}, True)
    assert any(note.startswith("6 attempts whose time nobody noted") for note in report.cannot_know)
    json.dumps(report.to_json())


def test_an_undated_opening_has_no_opening_time() -> None:
    """Its time is missing, not the beginning of all time."""
    rule = "{id: young, check: now - opened_at < days(9) || opened_at < date('1900-01-01')}"
    stages = f"stages: [{{id: lead, enter: [{rule}]}}, {{id: offer}}]"
    candidate = f"process: small\ncurrency: EUR\n{stages}\noutcomes: {{won: {{}}, lost: {{}}}}\n"
    history = History.of().imported("A", OPENED, at=None)
    assert counted(history.against(load_process(candidate, "x.yaml"))) == {"not_knowable": 1}


def test_three_runs_say_the_same_to_the_byte() -> None:
    """No clock, no chance, no order of threads: one answer for one log."""
    said = {json.dumps(strict(year(2)).to_json()) for _ in range(3)}
    assert len(said) == 1


def test_the_answer_does_not_depend_on_how_the_log_was_read() -> None:
    """Rows by 7, by 1,000, or all at once: the same facts and the same report."""
    engine = year(2)
    rows, said = list(engine.store_rows()), set()
    for size in (7, 1000, len(rows)):
        projector = Projector()
        for begin in range(0, len(rows), size):
            projector.advance(rows[begin : begin + size])
        said.add(json.dumps(strict(engine, projector.facts()).to_json()))
    assert len(said) == 1


def test_every_attempt_is_counted_in_exactly_one_word() -> None:
    """The words add up to the attempts, whatever the candidate."""
    report = strict(year(3))
    assert set(report.counts) == set(CHANGES)
    assert sum(report.counts.values()) == report.attempts
    for rule in report.rules:
        assert rule.complied + rule.never == rule.stopped
        assert rule.sole <= rule.stopped


def test_what_happened_after_the_instant_asked_about_is_not_read() -> None:
    """The facts as known then give the backtest of then."""
    history = History.of().opened(0, "A").on(1, "A", "move", "offer")
    before = history.facts
    history.on(4, "A", "log", "call").on(5, "A", "lose", "price")
    then = backtest(before, process(CALLED), Question())
    again = backtest(history.engine.facts(known_at=day(2)), process(CALLED), Question())
    assert json.dumps(replace(again, position=then.position, events=then.events).to_json()) == json.dumps(
        then.to_json()
    )


def test_what_is_at_stake_may_be_more_than_64_bits_hold() -> None:
    """Ten deals of the largest amount there is add up exactly, not to an error."""
    most, deals = 2**63 - 1, 10
    worth = Worth(
        value=np.full(deals, most, np.int64), currency=Words(np.zeros(deals, np.int64), ("EUR",)),
        became=Words(np.zeros(deals, np.int64), ("won",)), closed=np.zeros(deals, np.int64), deal=np.arange(deals),
    )  # fmt: skip
    assert worth.at_stake(np.ones(deals, np.bool_))["won"].worth.units == {"EUR": most * deals}
