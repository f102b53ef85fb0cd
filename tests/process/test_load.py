"""What a process file says, and what it means where it says nothing."""

from datetime import date, time
from decimal import Decimal

import pytest
from tests.process.files import GOOD, RULE, SMALLEST, changed, entry

from pipeline_engine.process import LostReason, Process, Span, load_process
from pipeline_engine.values import Money


def _smallest(more: str = "") -> Process:
    return load_process(SMALLEST + more, "p.yaml")


def test_four_keys_are_enough():
    """Forward to the next stage only, back with a reason; opened in the first stage, won from the last."""
    process = _smallest()
    assert (process.moves.forward, process.moves.back, process.moves.open_in) == ("next", "reason", ("lead",))
    assert (process.won_from, process.lost_from) == (("signing",), ("lead", "offer", "signing"))
    assert (process.version, process.value, process.backdate, process.roles) == (0, None, None, ())
    assert process.calendar.zone == "UTC"


def test_the_rules_of_the_way_are_made_always():
    """They come first, are rules like any other, and nobody may waive them unless the file says so."""
    rules = {rule.id: rule for rule in _smallest().rules}
    assert {rule.id: (rule.asked_at, rule.text, rule.waivable_by) for rule in rules.values()} == {
        "moves:forward": ("moves:forward", "move.steps <= 1", ()),
        "moves:back": ("moves:back", "move.reason != ''", ()),
        "open:stage": ("open", "move.to in ['lead']", ()),
        "won:from": ("won:from", "move.from in ['signing']", ()),
        "lost:from": ("lost:from", "move.from in ['lead', 'offer', 'signing']", ()),
        "reopen:reason": ("reopen", "move.reason != ''", ()),
    }
    assert {rule.kind for rule in rules.values()} == {"topology"}


@pytest.mark.parametrize(
    ("moves", "rule_id", "text"),
    [
        ("{forward: any}", "moves:forward", "move.steps >= 1"),
        ("{back: never}", "moves:back", "false"),
        ("{back: {reason: optional}}", "moves:back", "true"),
        ("{open_in: [lead, offer]}", "open:stage", "move.to in ['lead', 'offer']"),
    ],
)
def test_the_way_can_be_changed(moves, rule_id, text):
    """Each key of `moves` changes the rule of the way that it is about."""
    assert _smallest(f"moves: {moves}\n").rule(rule_id).text == text


def test_a_skip_is_waivable_by_the_role_named():
    """Only then; and the role must be declared where any are."""
    process = _smallest("roles: [manager]\nmoves: {skip: {waivable_by: manager}}\n")
    assert process.rule("moves:forward").waivable_by == ("manager",)


def test_reopening_without_a_reason_can_be_allowed():
    """`reason: optional` leaves the rule out."""
    text = SMALLEST.replace("outcomes: {}", "outcomes: {reopen: {reason: optional}}")
    assert "reopen:reason" not in load_process(text, "p.yaml").rule_ids


@pytest.mark.parametrize(
    ("written", "rule_id", "text"),
    [
        ("require: [amount]", "proposal:require:amount", "known(deal.amount)"),
        (
            "activities: {meeting: 2}",
            "proposal:activities:meeting:2",
            "activities.filter(a, a.kind == 'meeting').size() >= 2",
        ),
        (
            "contacts: {economic_buyer: 1}",
            "proposal:contacts:economic_buyer:1",
            "contacts.filter(c, c.role == 'economic_buyer').size() >= 1",
        ),
        (
            "approval: manager",
            "proposal:approval:manager",
            "approvals.exists(a, a.rule == 'proposal:approval:manager' && a.role == 'manager'"
            " && a.target == move.to && a.live)",
        ),
        ("stay_at_least: 1d", "proposal:stay_at_least:1d", "now - stage.counted_from >= duration('24h')"),
        ("stay_at_least: 90m", "proposal:stay_at_least:90m", "now - stage.counted_from >= duration('90m')"),
    ],
)
def test_a_shorthand_is_a_rule_in_the_same_language(written, rule_id, text):
    """Its id is made of what it asks."""
    rule = entry(written).rule(rule_id)
    assert (rule.text, rule.asked_at) == (text, "proposal")
    assert rule.says
    assert rule.fix


def test_require_makes_one_rule_a_field():
    """Each with its own words and the command that mends it."""
    rules = [rule for rule in entry("require: [amount, region]").rules if rule.kind == "require"]
    assert [(rule.says, rule.fix) for rule in rules] == [
        ("amount is not recorded", "deal set {deal} amount=12000"),
        ("region is not recorded", "deal set {deal} region=CHOICE   (EMEA or NA)"),
    ]


def test_an_entry_may_carry_its_own_words():
    """`id`, `says`, `fix`, `severity`, `waivable_by` and `when` hold for shorthands as for written rules."""
    written = (
        "{id: two, activities: {meeting: 2}, says: S, fix: F, severity: warn, waivable_by: [rep, manager],"
        " when: deal.amount > 5}"
    )
    rule = entry(written).rule("two")
    assert (rule.says, rule.fix, rule.severity, rule.waivable_by) == ("S", "F", "warn", ("rep", "manager"))
    assert rule.when_text == "deal.amount > 5"


def test_an_approval_lapses_on_what_its_rule_reads_and_what_is_named_beside_it():
    """The amount that made it necessary, and the region that was named."""
    rule = entry("{approval: manager, when: deal.amount > 5, void_if_changed: [region]}").rules[-1]
    assert rule.lapses_on == ("amount", "region")
    assert rule.reads == ("approvals", "deal.amount", "move.to")
    assert rule.approval == "manager"


def test_the_owners_manager_may_be_the_approver():
    """He is named by what he is to the owner, not by a role."""
    assert entry("approval: owner.manager").rules[-1].approval == "owner.manager"


def test_moving_a_line_changes_no_rule():
    """Ids are made of content, never of place; only the order of the codes follows the file."""
    one = entry("require: [amount, region]\n      - activities: {meeting: 2}")
    two = entry("activities: {meeting: 2}\n      - require: [region, amount]")
    assert one.rule_ids != two.rule_ids
    assert {rule.id: rule for rule in one.rules} == {rule.id: rule for rule in two.rules}


def test_the_rules_stand_in_the_order_of_the_file():
    """The way, the stages, won, lost, reopen: wherever the file puts `outcomes`."""
    gates = (f"{gate}: {{enter: [{{id: {gate[0]}, check: 'true'}}]}}" for gate in ("reopen", "lost", "won"))
    outcomes = f"{{{', '.join(gates)}}}"
    text = GOOD.replace("{won: {}, lost: {reasons: [price]}}", outcomes)
    assert load_process(text, "p.yaml").rule_ids[-4:] == ("big", "w", "l", "r")


def test_every_text_is_text():
    """`NO` is Norway, `on` and `yes` are words, `1e3` is a name, as YAML 1.2 wants it."""
    text = GOOD.replace("[EMEA, NA]", "[NO, on, yes, 1e3, 0x1F, 2026-01-01, 12:30:45]")
    assert load_process(text, "p.yaml").fields["region"].of == (
        "NO",
        "on",
        "yes",
        "1e3",
        "0x1F",
        "2026-01-01",
        "12:30:45",
    )


def test_the_deals_value_is_the_amount_or_the_first_money():
    """Unless `value` names another money field."""
    fields = "  fee: {type: money}\n  amount: {type: money}\n"
    assert load_process(changed("  amount: {type: money}\n", fields), "p.yaml").value == "amount"
    named = changed("deal:\n", "value: fee\ndeal:\n", changed("  amount: {type: money}\n", fields))
    assert load_process(named, "p.yaml").value == "fee"


def test_numbers_times_and_reasons_are_read_exactly():
    """Decimal stays decimal, working time keeps its unit, and a reason may be left out of win rates."""
    text = changed(
        "id: lead",
        "id: lead\n    win_probability: 10%\n    service_level: 5bd\n    stalled_after: {days: 14}",
    )
    text = changed("[price]", "[price, {id: duplicate, counted: false}]", text)
    process = load_process(text, "p.yaml")
    lead = process.stage("lead")
    assert (lead.win_probability, lead.service_level) == (Decimal("0.1"), Span(amount=Decimal(5), unit="bd"))
    assert lead.stalled_after is not None
    assert lead.stalled_after.since == "last_activity"
    assert process.lost_reasons == (LostReason(id="price"), LostReason(id="duplicate", counted=False))


def test_the_calendar_says_when_work_is_done():
    """Ranges of days, several of them, and the days off."""
    week = "'mon-thu 09:00-18:00, fri 09:00-15:00'"
    calendar = f"calendar: {{zone: Europe/Berlin, week: {week}, holidays: [2026-01-01]}}\n"
    read = _smallest(calendar).calendar
    assert read.hours[3] == (time(9), time(18))
    assert read.hours[4] == (time(9), time(15))
    assert (5 in read.hours, read.holidays) == (False, (date(2026, 1, 1),))


def test_a_default_is_typed_like_any_value():
    """It survives the stored form."""
    process = load_process(changed("{type: money}", "{type: money, default: 12.5 USD}"), "p.yaml")
    assert process.fields["amount"].default == Money.of("12.5", "USD")
    assert Process.model_validate_json(process.model_dump_json()) == process


def test_the_digest_is_of_the_file_as_written():
    """A comment is another file, with the same rules."""
    plain, commented = load_process(GOOD, "p.yaml"), load_process(GOOD + "# why\n", "p.yaml")
    assert plain.digest != commented.digest
    assert plain.rules == commented.rules


def test_an_entry_without_its_own_rule_text_shows_the_condition():
    """A written rule without `says` is shown as what it is."""
    assert entry(RULE).rule("big").says == "`deal.amount > 5` does not hold"
