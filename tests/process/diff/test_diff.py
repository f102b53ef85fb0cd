"""What `diff` says of two processes, and that every deal it shows is judged as it says."""

from pathlib import Path
from typing import Any

import pytest
from tests.process.files import GOOD, RULE, changed

from pipeline_engine.process import (
    FAIL,
    UNKNOWN,
    GateDiff,
    Judge,
    Process,
    ProcessDiff,
    Shown,
    diff,
    load_process,
    witness_told,
)
from pipeline_engine.process.diff.gates import gates_of

CONFIG = Path(__file__).resolve().parents[3] / "config" / "processes"


def process(text: str) -> Process:
    """A process from its text."""
    return load_process(text, "p.yaml")


def with_rule(rule: str, text: str = GOOD) -> Process:
    """The good process with another entry at the gate of `proposal`."""
    return process(changed(RULE, rule, text))


def gate(found: ProcessDiff, name: str) -> GateDiff:
    """What was said of one gate."""
    return next(each for each in found.gates if each.gate == name)


def judged_as_shown(shown: Shown, at: str, a: Process, b: Process) -> bool:
    """Whether the judges of both processes see the deal as it is shown."""
    sides = {"A": a, "B": b}
    other = sides["B" if shown.lets_through == "A" else "A"]
    return stopping(sides[shown.lets_through], at, shown.row) == [] and stopping(other, at, shown.row) == list(
        shown.stopped_by
    )


def stopping(process: Process, at: str, row: Any) -> list[str]:
    """The rules of a gate that stop a deal."""
    judge = Judge(process)
    asked = next((each.asked_at for each in gates_of(process) if each.name == at), ())
    frame = judge.frame({**row, "stage.id": row.get("move.from")})
    verdicts = {rule.id: int(judge.verdict(number, frame).item()) for number, rule in enumerate(process.rules)}
    rules = [rule for rule in process.rules if rule.asked_at in asked and rule.severity == "block"]
    return [rule.id for rule in rules if verdicts[rule.id] in (FAIL, UNKNOWN)]


CASES = {
    "a lower limit lets more through": ("check: deal.amount > 5", "check: deal.amount > 3", "looser"),
    "a higher limit lets fewer through": ("check: deal.amount > 5", "check: deal.amount > 7", "stricter"),
    "another field is neither": ("check: deal.amount > 5", "check: deal.region == 'NA'", "incomparable"),
    "the same in other words": ("check: deal.amount > 5", "check: '!(deal.amount <= 5)'", "equal"),
    "two orders of one question": (
        "check: deal.amount > 5 && deal.region == 'NA'", "check: deal.region == 'NA' && 5 < deal.amount", "equal",
    ),
    "a choice named and the rest denied": (
        "check: deal.region == 'NA'", "check: known(deal.region) && deal.region != 'EMEA'", "equal",
    ),
    "a limit by name or by number": (
        "check: deal.amount >= limits.manager_from", "check: deal.amount >= 50000", "equal",
    ),
    "a condition when it is asked": (
        "check: deal.amount > 5", "check: deal.amount > 5, when: deal.region == 'NA'", "incomparable",
    ),
    "one meeting more": ("activities: {meeting: 1}", "activities: {meeting: 2}", "stricter"),
    "a day more": ("stay_at_least: 1d", "stay_at_least: 2d", "stricter"),
    "the same day in hours": ("stay_at_least: 1d", "stay_at_least: 24h", "equal"),
    "a shorter look back": (
        "activities: {meeting: {at_least: 1, within: 45d}}", "activities: {meeting: {at_least: 1, within: 30d}}",
        "stricter",
    ),
    "with the one who decides": (
        "activities: {meeting: 1}", "activities: {meeting: {at_least: 1, with: economic_buyer}}", "stricter",
    ),
    "any activity, where there is one kind": ("activities: {meeting: 1}", "activities: {any: 1}", "equal"),
    "a rule that only warns now": ("check: deal.amount > 5", "check: deal.amount > 5, severity: warn", "looser"),
    "an approval for what was refused": (
        "check: deal.amount < 9", "check: \"deal.amount < 9 || approvals.exists(a, a.role == 'manager' && a.live)\"",
        "looser",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_gate_is_compared_by_what_it_lets_through(name: str) -> None:
    """The verdict, and a deal for each difference that both judges see as it is shown."""
    before, after, verdict = CASES[name]
    a, b = with_rule(f"{{id: big, {before}}}"), with_rule(f"{{id: big, {after}}}")
    found = gate(diff(a, b), "proposal")
    assert found.verdict == verdict
    assert len(found.shown) == {"equal": 0, "incomparable": 2}.get(verdict, 1)
    assert all(judged_as_shown(shown, "proposal", a, b) for shown in found.shown)


@pytest.mark.parametrize("name", CASES)
def test_the_other_way_round_the_answer_turns_round(name: str) -> None:
    """What is stricter in B is looser in A."""
    before, after, verdict = CASES[name]
    a, b = with_rule(f"{{id: big, {before}}}"), with_rule(f"{{id: big, {after}}}")
    turned = {"stricter": "looser", "looser": "stricter"}
    assert gate(diff(b, a), "proposal").verdict == turned.get(verdict, verdict)


def test_a_process_is_equal_to_itself() -> None:
    """Every gate of it, and nothing else changed."""
    found = diff(process(GOOD), process(GOOD))
    assert found.equal
    assert {each.verdict for each in found.gates} == {"equal"}
    assert found.also_changed == ()


def test_what_nobody_can_decide_is_never_called_equal() -> None:
    """Two patterns that match the same texts are not analysed, and it is said why."""
    text = changed("region: {type: choice, of: [EMEA, NA]}", "code: {type: text}")
    a = with_rule("{id: code, check: \"deal.code.matches('^(a|b)+$')\"}", text)
    b = with_rule("{id: code, check: \"deal.code.matches('^[ab]+$')\"}", text)
    found = diff(a, b)
    assert gate(found, "proposal").verdict == "not analysed"
    assert gate(found, "proposal").why
    assert not found.equal


def test_an_approval_rule_with_another_id_is_the_same() -> None:
    """Renaming it changes nothing for anybody, and is told."""
    a, b = with_rule("{id: big, approval: manager}"), with_rule("{id: large-deal, approval: manager}")
    found = diff(a, b)
    assert found.equal
    assert found.renamed == {"large-deal": "big"}


def test_a_second_approval_by_the_same_role_is_stricter() -> None:
    """One yes does not serve two rules."""
    a = with_rule("{id: big, approval: manager}")
    b = with_rule("{id: big, approval: manager}\n      - {id: deep, approval: manager}")
    found = gate(diff(a, b), "proposal")
    assert found.verdict == "stricter"
    assert found.shown[0].stopped_by == ("deep",)


def test_an_approval_by_another_role_is_incomparable() -> None:
    """Who can approve is part of what is asked."""
    a, b = with_rule("{id: big, approval: manager}"), with_rule("{id: big, approval: rep}")
    assert gate(diff(a, b), "proposal").verdict == "incomparable"


def test_a_stage_that_one_has_is_told_apart() -> None:
    """There is nothing to compare it with; its neighbours are compared."""
    b = process(changed("  - id: proposal\n", "  - id: demo\n  - id: proposal\n"))
    found = diff(process(GOOD), b)
    assert gate(found, "demo") == GateDiff("demo", "incomparable", only_in="B")
    assert gate(found, "proposal").verdict == "equal"
    assert [each.gate for each in found.gates][:4] == ["open", "lead", "demo", "proposal"]


def test_money_of_two_currencies_is_not_compared() -> None:
    """5 dollars are not 5 euros, and no rate says what they are."""
    found = gate(diff(process(GOOD), process(changed("currency: EUR", "currency: USD"))), "proposal")
    assert (found.verdict, found.why) == ("not analysed", "`deal.amount` is in EUR in one and in USD in the other")


def test_other_plan_rates_are_never_called_equal() -> None:
    """An amount in dollars may pass by one rate and not by the other."""
    a = process(changed("currency: EUR", "currency: EUR\nrates: {USD: 0.92}"))
    b = process(changed("currency: EUR", "currency: EUR\nrates: {USD: 0.95}"))
    assert gate(diff(a, b), "proposal").verdict == "not analysed"


def test_no_more_than_so_many_is_stricter() -> None:
    """The deal shown has one too many, and no more."""
    a = with_rule("activities: {meeting: 1}")
    b = with_rule("activities: {meeting: {at_least: 1, at_most: 3}}")
    found = gate(diff(a, b), "proposal")
    assert found.verdict == "stricter"
    assert len(found.shown[0].row["activities"]) == 4


def test_two_calendars_make_working_time_two_things() -> None:
    """Two business days by one week are not two by another."""
    week = "currency: EUR\ncalendar: {zone: Europe/Berlin, week: mon-fri 09:00-18:00}"
    short = week.replace("mon-fri", "mon-thu")
    a, b = (with_rule("{id: wait, stay_at_least: 2bd}", changed("currency: EUR", each)) for each in (week, short))
    assert gate(diff(a, a), "proposal").verdict == "equal"
    assert gate(diff(a, b), "proposal").verdict != "equal"
    longer = with_rule("{id: wait, stay_at_least: 3bd}", changed("currency: EUR", week))
    assert gate(diff(a, longer), "proposal").verdict == "stricter"


def test_who_may_move_and_what_is_asked_on_leaving_are_compared() -> None:
    """Another role may move too: looser. Something more is asked on leaving a stage: stricter."""
    text = changed("  - id: lead\n", "  - id: lead\n    leave:\n      - {id: known, require: [region]}\n")
    a = process(text + "moves: {by: [rep]}\n")
    more = text.replace("{id: known, require: [region]}", "require: [region, amount]")
    found = diff(a, process(f"{more}moves: {{by: [rep, manager]}}\n"))
    assert gate(found, "moves").verdict == "looser"
    assert gate(found, "leave:lead").verdict == "stricter"


def test_bands_of_an_approval_are_compared_by_what_they_ask() -> None:
    """A band that begins earlier asks for more approvals."""
    fields = GOOD.replace("deal:\n", "deal:\n  discount: {type: percent}\n")
    rule = "approval: {by: deal.discount, bands: [{up_to: 10%}, {from: manager}]}"
    a, b = with_rule(rule, fields), with_rule(rule.replace("10%", "5%"), fields)
    found = gate(diff(a, b), "proposal")
    assert found.verdict == "stricter"
    assert 5 < found.shown[0].row["deal.discount"] <= 10


def test_a_field_of_another_kind_is_not_compared() -> None:
    """A number is no money."""
    b = process(changed("amount: {type: money}", "amount: {type: number}"))
    assert gate(diff(process(GOOD), b), "proposal").verdict == "not analysed"


def test_a_field_that_only_one_has_is_a_fact_the_other_does_not_ask_for() -> None:
    """The deal shown lacks it."""
    fields = GOOD.replace("deal:\n", "deal:\n  owner_since: {type: date}\n")
    b = with_rule(RULE + "\n      - require: [owner_since]", fields)
    found = gate(diff(process(GOOD), b), "proposal")
    assert found.verdict == "stricter"
    assert found.shown[0].missing == ("deal.owner_since",)


def test_the_way_deals_may_go_is_compared() -> None:
    """Skipping allowed is looser, going back forbidden is stricter, another first stage is incomparable."""
    a = process(GOOD.replace("  - id: lead\n", "  - id: lead\n  - id: middle\n"))
    text = GOOD.replace("  - id: lead\n", "  - id: lead\n  - id: middle\n") + "moves: {forward: any, back: never}\n"
    found = diff(a, process(text))
    assert gate(found, "moves:forward").verdict == "looser"
    assert gate(found, "moves:back").verdict == "stricter"
    assert gate(found, "moves:forward").shown[0].row["move.steps"] == 2
    opened = diff(a, process(text.replace("back: never", "open_in: [middle]")))
    assert gate(opened, "open").verdict == "incomparable"


def test_where_deals_are_won_from_is_compared() -> None:
    """One more stage to win from is looser."""
    b = process(changed("won: {}", "won: {from: [lead, proposal]}"))
    found = gate(diff(process(GOOD), b), "won")
    assert found.verdict == "looser"
    assert found.shown[0].row["move.from"] == "lead"


def test_texts_and_warnings_are_told_apart_from_the_verdict() -> None:
    """What stops nothing makes no gate unequal."""
    a = with_rule(
        "{id: big, check: deal.amount > 5, says: too small}\n      - {id: hm, check: deal.amount > 9, severity: warn}"
    )
    b = with_rule(
        "{id: big, check: deal.amount > 5, says: too little, waivable_by: manager}\n"
        "      - {id: hm, check: deal.amount > 7, severity: warn}"
    )
    found = diff(a, b)
    assert found.equal
    assert [(each.of, each.what) for each in found.also_changed] == [
        ("rule big", "says"), ("rule big", "waivable_by"), ("rule hm", "says"), ("rule hm", "text"),
    ]  # fmt: skip


def test_the_two_processes_that_come_with_it_differ_as_their_comments_say() -> None:
    """The economic buyer is asked for earlier, the manager from 25,000 on."""
    a, b = (load_process((CONFIG / name).read_text(), name) for name in ("b2b-saas.yaml", "b2b-saas-strict.yaml"))
    found = diff(a, b)
    differing = {each.gate: each for each in found.gates if each.verdict != "equal"}
    assert {name: each.verdict for name, each in differing.items()} == {
        "proposal": "stricter", "negotiation": "incomparable",
    }  # fmt: skip
    assert witness_told(differing["negotiation"].shown[0]) == (
        "a deal in proposal with amount 25,000 EUR, one economic buyer among its contacts"
    )
    assert differing["negotiation"].shown[0].stopped_by == ("big-deal",)
    assert all(judged_as_shown(shown, each.gate, a, b) for each in differing.values() for shown in each.shown)


def large(limit: int) -> Process:
    """Twelve stages with nine rules each."""
    stages = "".join(
        f"  - id: s{number}\n    enter:\n"
        f"      - require: [amount, region]\n"
        f"      - activities: {{meeting: {number + 1}}}\n"
        f"      - contacts: {{economic_buyer: 1}}\n"
        f"      - stay_at_least: {number + 1}d\n"
        f"      - {{id: a{number}, approval: manager, when: deal.amount >= {number}000}}\n"
        f"      - {{id: c{number}, check: deal.amount > {number} || deal.region == 'NA'}}\n"
        f"      - {{id: d{number}, check: deal.amount < {limit + number}000000}}\n"
        f'      - {{id: e{number}, check: "activities.all(a, a.at <= now)"}}\n'
        for number in range(12)
    )
    head, _, _ = GOOD.partition("stages:\n")
    return process(f"{head}stages:\n{stages}outcomes: {{won: {{}}}}\n")


def test_a_large_process_is_compared_whole() -> None:
    """Twelve stages and a hundred rules: with itself, and with one that changed at every stage, none given up."""
    for b, verdict in ((large(1), "equal"), (large(2), "looser")):
        assert gate(diff(large(1), b), "s7").verdict == verdict


FROM_ANYWHERE = {
    "forward: any": "from_lead",
    "skip: {waivable_by: manager}": "from_lead",
    "open_in: [lead, proposal]": "opened",
}


@pytest.mark.parametrize("moves", FROM_ANYWHERE)
def test_a_rule_about_where_a_deal_comes_from_is_compared_by_every_way_there_is(moves: str) -> None:
    """A leap or an opening that only one process refuses is shown; the stage before alone would look equal."""
    text = """
process: p
currency: EUR
roles: [manager]
stages: [{id: lead}, {id: middle}, {id: proposal, enter: [{id: base, check: known(now)}, ENTRY]}]
outcomes: {}
moves: {MOVES}
"""
    a, b = (
        process(text.replace("MOVES", moves).replace("ENTRY", entry))
        for entry in ("{id: from, check: move.to == 'proposal'}", "{id: from, check: move.from == 'middle'}")
    )
    found = gate(diff(a, b), "proposal")
    assert found.verdict == "stricter"
    assert found.shown[0].row.get("move.from") == ("lead" if FROM_ANYWHERE[moves] == "from_lead" else None)
    assert judged_as_shown(found.shown[0], "proposal", a, b)


def test_where_deals_come_from_one_stage_only_no_other_is_made_up() -> None:
    """Nobody leaps in this process, so a rule against it changes nothing."""
    a, b = with_rule("{id: from, check: known(now)}"), with_rule("{id: from, check: move.from == 'lead'}")
    assert [stage.id for stage in a.stages][:2] == ["lead", "proposal"]
    assert gate(diff(a, b), "proposal").verdict == "equal"


def test_an_approval_by_somebody_who_can_do_more_is_never_called_equal() -> None:
    """What the approver must be able to do stands in no deal, so it is said and not shown."""
    a, b = with_rule("{approval: manager}"), with_rule("{approval: manager, skills: [discount-training]}")
    found = diff(a, b)
    assert gate(found, "proposal").verdict == "not analysed"
    assert "skills" in gate(found, "proposal").why
    assert not found.equal
    assert [(each.a, each.b) for each in found.also_changed if each.what == "skills"] == [([], ["discount-training"])]


@pytest.mark.parametrize("asked", ["moves: {by: [rep]}\n", "owning: {enter: [{owner_deals_at_most: 5}]}\n"])
def test_what_is_first_asked_of_every_move_or_owner_is_stricter(asked: str) -> None:
    """Deals come to these in a process that asks nothing there too, so there is one to show."""
    a, b = process(GOOD), process(GOOD + asked)
    name = {"moves": "moves", "owning": "own"}[asked.partition(":")[0]]
    found = gate(diff(a, b), name)
    assert (found.verdict, found.only_in) == ("stricter", None)
    assert judged_as_shown(found.shown[0], name, a, b)
    assert gate(diff(b, a), name).verdict == "looser"
