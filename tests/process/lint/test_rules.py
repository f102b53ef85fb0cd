"""What lint says about rules: alone, against each other, and beside people and history."""

import pytest
from tests.process.files import changed, entry

from pipeline_engine.process import Beside, Finding, Standing, Used, compile_rule, lint, vocabulary_of
from pipeline_engine.process.lint.lasting import lasting

HEAD = """\
process: p
currency: EUR
roles: [rep, manager, cfo]
activities: [call, meeting]
documents: [nda]
contacts: {roles: [buyer]}
deal:
  amount: {type: money}
  discount: {type: percent, default: 0}
  seats: {type: int}
  email: {type: text}
stages:
  - id: lead
  - id: offer
    enter:
"""


def _gate(*entries: str, more: str = "outcomes: {}\n", beside: Beside | None = None) -> list[Finding]:
    text = HEAD + "".join(f"      - {line}\n" for line in entries) + more
    return list(lint(text, "p.yaml", beside or Beside()))


def _codes(*entries: str, more: str = "outcomes: {}\n") -> list[str]:
    return [each.code for each in _gate(*entries, more=more)]


@pytest.mark.parametrize(
    "rule",
    [
        "check: deal.email.contains('@')",
        "check: known(deal.amount) || known(deal.email)",
        "activities: {meeting: 2}, when: deal.seats > 10",
        "stay_at_most: 30d",
    ],
)
def test_a_rule_that_some_deals_pass_and_others_do_not_is_not_blamed(rule):
    """No false alarm."""
    assert _codes(f"{{id: x, {rule}}}") == []


def test_a_rule_is_blamed_once_for_its_worst_fault():
    """Never asked, it also never holds and never fails; the first is said."""
    rule = "{id: x, check: deal.seats > 5 && deal.seats < 3, when: deal.seats > 9 && deal.seats < 7}"
    assert _codes(rule) == ["never-asked"]


def test_a_rule_is_looked_at_where_it_is_asked():
    """The gate of a stage judges moves into it and past it, and never a loss or a way back."""
    assert "never-holds" in _codes("{id: x, check: move.to == 'lost'}")
    assert "never-holds" in _codes("{id: x, check: move.steps < 0}")
    assert "never-holds" not in _codes("{id: x, check: move.steps < 2}")


def test_bands_that_leave_nothing_between_them_are_found():
    """The upper bound is a limit that is lower than the band before."""
    bands = "bands: [{up_to: 10}, {up_to: limits.top, from: manager}, {from: cfo}]"
    text = (
        HEAD.replace("\nroles:", "\nlimits: {top: 5}\nroles:") + f"      - approval: {{by: deal.discount, {bands}}}\n"
    )
    assert [each.code for each in lint(text + "outcomes: {}\n", "p.yaml")] == ["never-asked"]


def test_two_rules_that_contradict_each_other_are_named_with_their_lines():
    """Both places, so that a reader can decide which is meant."""
    (found,) = [
        each
        for each in _gate("{id: long, stay_at_least: 5d}", "{id: short, stay_at_most: 3d}")
        if each.code == "contradiction"
    ]
    assert (found.line, found.about) == (17, ("short", "long"))
    assert found.message.startswith("rule `short` cannot pass together with `long` (line 16): no deal fits both")


def test_three_rules_that_only_together_contradict_are_named():
    """Any two of them can be met."""
    rules = ("{id: a, check: deal.seats > 5 || deal.discount > 5.0}", "{id: b, check: deal.seats < 3}")
    assert "contradiction" not in _codes(*rules)
    (found,) = [each for each in _gate(*rules, "{id: c, check: deal.discount < 4.0}") if each.code == "contradiction"]
    assert sorted(found.about) == ["a", "b", "c"]


def test_rules_that_are_never_asked_of_one_deal_do_not_contradict():
    """Small deals one way, large deals the other."""
    assert _codes(
        "{id: small, check: deal.discount < 5.0, when: deal.seats < 10}",
        "{id: large, check: deal.discount > 9.0, when: deal.seats >= 10}",
    ) == []  # fmt: skip


def test_a_warning_contradicts_nothing():
    """It stops no deal."""
    assert _codes("{id: a, check: deal.seats > 5}", "{id: b, check: deal.seats < 3, severity: warn}") == []


@pytest.mark.parametrize(
    ("first", "second", "needless"),
    [
        ("{activities: {meeting: 2}}", "{activities: {meeting: 1}}", True),
        ("{activities: {meeting: 2}}", "{activities: {any: 2}}", True),
        ("{activities: {meeting: 1}}", "{activities: {meeting: 2}}", False),
        ("{activities: {meeting: 2}, waivable_by: manager}", "{activities: {meeting: 1}}", False),
        ("{activities: {meeting: 2}, severity: warn}", "{activities: {meeting: 1}}", False),
        ("{activities: {meeting: 2}, when: deal.seats > 3}", "{activities: {meeting: 1}}", False),
        ("{activities: {meeting: {at_least: 2, within: 30d}}}", "{activities: {meeting: 1}}", False),
        ("{activities: {meeting: {at_least: 2, since: opened}}}", "{activities: {meeting: 1}}", True),
        ("{documents: [nda]}", "{documents: [nda], severity: warn}", True),
        ("{contacts: {buyer: 2}}", "{contacts: {buyer: 1}}", False),
        ("{checklist: [ok]}", "{checklist: [ok]}", False),
        ("{id: a, check: deal.seats > 5}", "{id: b, check: deal.seats > 3}", False),
    ],
)
def test_what_an_earlier_gate_guarantees_need_not_be_asked_again(first, second, needless):
    """Only what never becomes false again: contacts are unlinked, items unticked, fields changed."""
    found = _codes(first, more=f"outcomes: {{won: {{enter: [{second}]}}}}\n")
    assert found == (["already-guaranteed"] if needless else [])


def test_of_two_rules_of_one_gate_the_weaker_is_needless():
    """Here nothing can change in between, so any fact counts; `require` is left, for it says what to record."""
    weaker = ("{id: a, check: deal.seats > 5}", "{id: b, check: deal.seats > 3}", "{require: [seats]}")
    assert [(each.code, each.about) for each in _gate(*weaker)] == [("already-guaranteed", ("b", "a"))]


def test_what_is_asked_on_the_way_to_one_win_of_two_guarantees_nothing():
    """A deal may be won without having been in the later stage."""
    more = "outcomes: {won: {from: [lead, offer], enter: [{activities: {meeting: 1}}]}}\n"
    assert "already-guaranteed" not in _codes("{activities: {meeting: 2}}", more=more)


@pytest.mark.parametrize(
    ("check", "lasts"),
    [
        ("activities.exists(a, a.kind == 'meeting')", True),
        ("activities.filter(a, a.kind == 'meeting' && a.at > opened_at).size() > 1", True),
        ("activities.size() >= 3 && activities.exists(a, a.kind == 'meeting')", True),
        ("activities.all(a, a.kind == 'meeting')", False),
        ("activities.size() <= 3", False),
        ("!activities.exists(a, a.kind == 'meeting')", False),
        ("activities.exists(a, a.at > now - days(3))", False),
        ("activities.exists(a, contacts.exists(c, c.id == a.with))", False),
        ("contacts.exists(c, c.role == 'economic_buyer')", False),
        ("deal.amount > 5", False),
    ],
)
def test_what_lasts_is_only_ever_added_to(check, lasts):
    """A demo that was held stays held; what is recent grows old."""
    assert lasting(compile_rule(check, vocabulary_of(entry("{id: x, check: deal.amount > 5}")))) is lasts


REGISTER = {
    "rep-1": Standing(frozenset({"rep"}), "manager-1", owns=True),
    "manager-1": Standing(frozenset({"rep", "manager"}), None, owns=True),
}


@pytest.mark.parametrize(
    ("approval", "people", "why"),
    [
        ("manager", REGISTER, "by nobody where `manager-1` owns the deal: nobody else holds the role `manager`"),
        ("cfo", REGISTER, "by nobody: no person holds the role `cfo`"),
        ("owner.manager", REGISTER, "by nobody where `manager-1` owns the deal: no manager"),
        ("rep", REGISTER, ""),
        ("rep, skills: [coaching]", REGISTER, "by nobody: no person holds the role `rep` with the skill coaching"),
        (
            "manager, skills: [coaching]",
            REGISTER
            | {"manager-2": Standing(frozenset({"manager"}), None, owns=False, skills=frozenset({"coaching"}))},
            "",
        ),
        ("manager", REGISTER | {"manager-1": Standing(frozenset({"manager"}), None, owns=False)}, ""),
        ("cfo", {}, ""),
    ],
)
def test_an_approval_that_only_the_owner_could_give_is_found_where_people_are_known(approval, people, why):
    """Four eyes: the only holder of a role cannot approve a deal of his own."""
    found = _gate(f"{{id: big, approval: {approval}}}", beside=Beside(people=people))
    assert [each.message for each in found] == ([f"rule `big` can be approved {why}"] if why else [])


@pytest.mark.parametrize(
    ("limit", "code"),
    [
        ("{id: few, check: owner.deals_in_stage < 0}", "never-holds"),
        ("{id: few, check: owner.open_deals >= 0}", "never-fails"),
        ("{id: few, check: owner.open_deals < limits.none}", "never-holds"),
        ("{id: few, owner_deals_at_most: 1}", None),
        ("{id: any, owner_skills: [a-skill-that-nobody-declared]}", None),
        ("{id: both, check: \"'a' in owner.skills && !('a' in owner.skills)\"}", "never-holds"),
    ],
)
def test_a_limit_that_can_never_be_kept_is_found(limit, code):
    """There are no fewer deals than none; a skill is declared nowhere, so any will do."""
    found = _codes(limit, more="outcomes: {}\nlimits: {none: 0}\n")
    assert code in found if code else not {"never-holds", "never-fails", "not-analysed"} & set(found)


@pytest.mark.parametrize(
    ("used", "code"),
    [
        (Used(passed=20, waived=10), "always-waived"),
        (Used(passed=20, waived=9, failed=1), "always-waived"),
        (Used(passed=20, waived=5, failed=5), None),
        (Used(passed=19, waived=10), None),
        (Used(passed=30), "never-fired"),
        (Used(passed=29), None),
        (Used(passed=29, unknown=1), None),
    ],
)
def test_the_past_says_which_rules_are_only_waived_and_which_never_stopped_anybody(used, code):
    """From thirty judged attempts on."""
    found = _gate("{id: met, activities: {meeting: 2}, waivable_by: manager}", beside=Beside({"met": used}))
    assert [each.code for each in found] == ([code] if code else [])


def test_an_undeclared_role_is_silenced_by_its_name():
    """A finding of the reader is about something too."""
    text = changed("roles: [rep, manager]\n", "", changed("{id: big, check: deal.amount > 5}", "approval: boss"))
    text += "lint: [{code: undeclared-role, at: boss, because: so}, {code: unused-limit, because: so}]\n"
    assert [each.silenced for each in lint(text, "p.yaml")] == ["so", "so"]


THREE = "  - id: middle\n  - id: closing\n"


@pytest.mark.parametrize("check", ["move.to == 'won'", "move.to == 'closing'", "move.from == 'closing'"])
def test_what_only_an_attempt_would_pass_that_the_way_refuses_never_holds(check):
    """Where nobody leaps, a deal comes to a stage from the one before and to nowhere else."""
    rule = f"{{id: x, check: {check}}}"
    assert "never-holds" in _codes(rule, more=THREE + "outcomes: {}\n")


@pytest.mark.parametrize(
    ("check", "more"),
    [
        ("move.to == 'closing'", THREE + "outcomes: {}\nmoves: {forward: any}\n"),
        ("move.to == 'closing'", THREE + "outcomes: {}\nmoves: {skip: {waivable_by: manager}}\n"),
        ("move.to == 'closing' || deal.seats > 1", THREE + "outcomes: {}\n"),
    ],
)
def test_a_leap_that_somebody_may_make_is_an_attempt_like_any_other(check, more):
    """No false alarm where the process lets deals pass over a stage, by itself or by a waiver."""
    assert "never-holds" not in _codes(f'{{id: x, check: "{check}"}}', more=more)


def test_a_rule_that_nobody_knows_whether_it_is_asked_stops_a_deal():
    """So it is not said that every deal passes it, though none ever fails."""
    (found,) = _gate("{id: x, check: deal.amount >= 100, when: deal.amount >= 100}")
    assert found.code == "never-fails"
    assert "only while a fact of its `when` is missing" in found.message
