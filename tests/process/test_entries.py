"""Every entry of a gate: the rules it becomes, and what the gate says of deals, by the reference's own examples."""

from __future__ import annotations

from typing import Any

import pytest
from tests.process.files import RICH
from tools.reference_entries import text_of_example, verdict
from tools.reference_process import data

from pipeline_engine.process import Judge, Process, Rule, load_process

TOLD = data("entries.yaml")
ENTRY = "{id: big, check: deal.amount > 5}"
CASES = [
    pytest.param(each, word, id=f"{each['title']}: {word}")
    for each in TOLD["examples"]
    for word in ("passes", "fails", "unknown")
    if word in each
]


@pytest.mark.parametrize(("told", "word"), CASES)
def test_the_gate_answers_as_the_reference_says(told: dict[str, Any], word: str) -> None:
    """A deal with everything passes, one that lacks it fails, and one of which a fact is not recorded is unknown."""
    judge = Judge(load_process(text_of_example(told, TOLD["process"]), "entries.yaml"))
    found = verdict(judge, told.get("attempt", ["move", "lead", "proposal"]), {**TOLD["row"], **told[word]})
    assert found == {"passes": "let through", "fails": "stopped", "unknown": "stopped, unknown"}[word]


def made(entry: str) -> list[Rule]:
    """The rules of one entry at the gate of `legal`."""
    assert ENTRY in RICH
    process = load_process(RICH.replace(ENTRY, entry), "p.yaml")
    return [rule for rule in process.rules if rule.asked_at == "legal" and rule.kind != "by"]


@pytest.mark.parametrize(
    ("entry", "rules"),
    [
        (
            "{activities: {meeting: {at_least: 2, within: 45d}}}",
            {"legal:activities:meeting:2:within-45d": "fewer than 2 meetings within 45 days are logged"},
        ),
        (
            "{activities: {any: {at_most: 5, since: opened}}}",
            {
                "legal:activities:any:at-most-5:since-opened": (
                    "more than 5 activities since the deal was opened are logged"
                )
            },
        ),
        (
            "{activities: {call: {with: economic_buyer, since: stage_entered}}}",
            {
                "legal:activities:call:1:since-stage_entered:with-economic_buyer": (
                    "no call with the economic buyer in this stage is logged"
                )
            },
        ),
        ("{contacts: {any: 3}}", {"legal:contacts:any:3": "fewer than 3 contacts are linked"}),
        ("{contacts: {economic_buyer: 1}}", {"legal:contacts:economic_buyer:1": "no economic buyer is linked"}),
        (
            "{documents: {nda: {within: 5bd}}}",
            {"legal:documents:nda:within-5bd": "no nda is attached within the last 5 working days"},
        ),
        (
            "{checklist: [legal-ok, {id: price-ok, title: The price list}]}",
            {
                "legal:checklist:legal-ok": "legal ok is not ticked off",
                "legal:checklist:price-ok": "The price list is not ticked off",
            },
        ),
        ("{plan: [security]}", {"legal:plan:security": "security (on the customer's side) is not ticked off"}),
        ("{plan: on_time}", {"legal:plan:on-time:security": "security is overdue"}),
        ("{stay_at_least: 1bd}", {"legal:stay_at_least:1bd": "less than 1 working day in the stage before"}),
        ("{stay_at_most: 2w}", {"legal:stay_at_most:2w": "more than 2 weeks in the stage before"}),
        ("{approval: owner.manager}", {"legal:approval:owner.manager": "approval by the owner's manager is missing"}),
        (
            "{id: two, approval: [legal, manager]}",
            {"two:legal": "approval by legal is missing", "two:manager": "approval by manager is missing"},
        ),
        (
            "{approval: {by: deal.seats, bands: [{up_to: 10}, {up_to: limits.big, from: manager}, {from: legal}]}}",
            {
                "legal:approval:manager:above-10": "approval by manager is missing",
                "legal:approval:legal:above-limits.big": "approval by legal is missing",
            },
        ),
    ],
)
def test_an_entry_becomes_rules_named_after_what_it_asks(entry: str, rules: dict[str, str]) -> None:
    """The id is made from the content, and what is said is said in the field's own words."""
    assert {rule.id: rule.says for rule in made(entry)} == rules


def test_every_rule_of_a_stage_that_only_some_deals_have_is_asked_of_those_only() -> None:
    """Its condition comes before the entry's own."""
    (rule,) = made("{require: [region], when: deal.seats > 3}")
    assert rule.when_text == "deal.amount >= limits.big && deal.seats > 3"


def test_bands_leave_no_number_out_and_ask_for_none_twice() -> None:
    """A number on the border belongs to the band below."""
    bands = "{approval: {by: deal.seats, bands: [{up_to: 10}, {up_to: 20, from: manager}, {from: legal}]}}"
    conditions = [(rule.when_text or "").split(" && ", 1)[1] for rule in made(bands)]
    assert conditions == ["deal.seats > 10 && deal.seats <= 20", "deal.seats > 20"]


def test_a_later_approval_names_the_one_before_it() -> None:
    """In any order none does."""
    assert [rule.after for rule in made("{approval: [legal, manager]}")] == [(), ("legal:approval:legal",)]
    assert [rule.after for rule in made("{approval: {from: [legal, manager], any_order: true}}")] == [(), ()]


def test_an_item_that_stands_at_two_gates_is_one_item_and_keeps_its_title() -> None:
    """The title is where somebody wrote it, before or after."""
    text = RICH.replace(ENTRY, "{checklist: [{id: ok, title: All is well}]}").replace(
        "leave: [{require: [region]}]", "leave: [{checklist: [ok]}]"
    )
    items = [item for item in load_process(text, "p.yaml").items if item.id == "ok"]
    assert [item.title for item in items] == ["All is well"]


def test_a_comment_at_the_end_of_a_condition_swallows_nothing() -> None:
    """What is made of it stands in brackets, and the brackets close."""
    text = RICH.replace("applies: deal.amount >= limits.big", "applies: deal.amount >= limits.big // the big ones")
    process = load_process(text, "p.yaml")
    judge = Judge(process)
    row = {**_row(process), "deal.amount": None, "move.steps": 2, "move.passed": ("legal",)}
    assert int(judge.verdict(judge.index["moves:forward"], judge.frame(row))[0]) == 2


def _row(process: Process) -> dict[str, Any]:
    return {"move.from": "lead", "move.to": process.stage_ids[-1]}


@pytest.mark.parametrize(
    "condition",
    [
        "deal.amount > 5",
        "deal.amount > limits.big && deal.region == 'EMEA' && deal.discount > 10.0 && deal.seats > 4",
        "activities.exists(a, a.kind == 'call' && a.at > opened_at)",
    ],
)
def test_a_hundred_stages_may_each_be_for_some_deals_only(condition: str) -> None:
    """The rule of going forward holds all their conditions, and is let through all the same."""
    head, _ = RICH.split("opening:")
    stages = "".join(f'  - {{id: s{number}, applies: "{condition}"}}\n' for number in range(100))
    process = load_process(f"{head}stages:\n{stages}outcomes: {{}}\n", "p.yaml")
    assert process.rule("moves:forward").text.count(condition) == 100
