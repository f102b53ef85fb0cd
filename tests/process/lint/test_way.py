"""What lint says about the way of a process: stages nobody is in, ways around, waits that are too long."""

import pytest

from pipeline_engine.process import Finding, lint

HEAD = """\
process: p
currency: EUR
roles: [rep, manager]
activities: [call]
documents: [nda]
calendar: {zone: Europe/Berlin, week: mon-fri 09:00-17:00}
deal: {amount: {type: money}, region: {type: choice, of: [EMEA, NA]}, seats: {type: int, default: 1}, end: {type: date}}
"""


def _found(body: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(each.code, each.about) for each in lint(HEAD + body, "p.yaml")]


def _only(body: str) -> Finding:
    (finding,) = lint(HEAD + body, "p.yaml")
    return finding


def test_a_stage_that_deals_only_go_back_to_is_said_to_be_one():
    """Deals open behind it, and may go back."""
    found = _only("stages: [{id: lead}, {id: offer}]\nmoves: {open_in: offer}\noutcomes: {}\n")
    assert (found.code, found.line, found.column) == ("unreachable-stage", 8, 10)
    assert found.message == "deals reach stage `lead` only by going back: they open in `offer`"


def test_the_first_stage_that_no_deal_gets_into_is_named_with_those_after_it():
    """The rule in its way is named, and that nothing after it is reached either."""
    body = "stages: [{id: lead}, {id: offer, enter: [{id: no, check: deal.seats < 1 && deal.seats > 2}]}, {id: last}]\n"
    findings = {each.code: each for each in lint(HEAD + body + "outcomes: {}\n", "p.yaml")}
    assert set(findings) == {"unreachable-stage", "never-holds", "never-won"}
    said = "no deal reaches stage `offer`, nor any after it (`last`): `no` stands in its way"
    assert findings["unreachable-stage"].message == said


def test_a_stage_that_no_deal_has_is_unreachable():
    """Its `applies` never holds, and what its rules say is not looked at."""
    body = "stages: [{id: lead}, {id: legal, applies: deal.seats < 1 && deal.seats > 2, enter: [{require: [end]}]}]\n"
    assert _found(body + "outcomes: {won: {from: [lead, legal]}}\n")[0] == (
        "unreachable-stage",
        ("legal", "legal:applies"),
    )


def test_a_stage_is_unreachable_where_the_deals_that_have_it_never_pass_its_rules():
    """Deals without the stage pass it by; the others stand before it."""
    stage = "{id: legal, applies: deal.seats > 10, enter: [{id: small, check: deal.seats < 5}]}"
    body = f"stages: [{{id: lead}}, {stage}]\noutcomes: {{}}\n"
    assert _found(body) == [("unreachable-stage", ("legal", "small")), ("never-holds", ("small",))]


@pytest.mark.parametrize(
    ("moves", "lost", "rest"),
    [
        ("{}", "{}", "it can leave only by going back or being lost"),
        ("{back: never}", "{}", "it can leave only by being lost"),
        ("{back: never}", "{from: [lead]}", "nothing leads out of it"),
    ],
)
def test_a_dead_end_says_how_a_deal_can_still_leave(moves, lost, rest):
    """Back, lost, or not at all."""
    body = f"stages: [{{id: lead}}, {{id: nurture}}]\nmoves: {moves}\noutcomes: {{won: {{from: lead}}, lost: {lost}}}\n"
    found = [each for each in lint(HEAD + body, "p.yaml") if each.code == "dead-end-stage"]
    assert [each.message.partition(": ")[2] for each in found] == [rest]


def test_a_stage_that_asks_nothing_can_be_gone_around():
    """There is nothing to go around."""
    assert _found("stages: [{id: lead}, {id: offer}]\noutcomes: {won: {from: [lead, offer]}}\n") == []


def test_a_stage_that_only_warns_can_be_gone_around():
    """A warning stops nobody anyway."""
    stage = "{id: offer, enter: [{require: [amount], severity: warn}]}"
    assert _found(f"stages: [{{id: lead}}, {stage}]\noutcomes: {{won: {{from: [lead, offer]}}}}\n") == []


def test_a_condition_that_is_locked_from_the_stage_after_cannot_change():
    """From then on the deal has passed the stage, or been in it."""
    legal = "{id: legal, applies: deal.region == 'NA', enter: [{documents: [nda]}]}"
    body = f"stages: [{{id: lead}}, {legal}, {{id: signing}}, {{id: last}}]\noutcomes: {{}}\n"
    assert _found(body) == [("condition-can-change", ("legal", "region"))]
    for stage, found in (("legal", 0), ("signing", 0), ("last", 1)):
        locked = (HEAD + body).replace("of: [EMEA, NA]", f"of: [EMEA, NA], locked_from: {stage}")
        assert len(lint(locked, "p.yaml")) == found, stage


def test_opening_in_a_later_stage_is_judged_by_all_before():
    """What a deal cannot have yet when it is opened keeps it out of that stage."""
    body = "stages: [{id: lead}, {id: offer, enter: [{activities: {call: 1}}]}]\nmoves: {open_in: [lead, offer]}\n"
    assert _found(body + "outcomes: {}\n") == [("cannot-open-in", ("offer", "offer:activities:call:1"))]
    asked_later = body.replace("{activities: {call: 1}}", "{require: [amount]}")
    assert _found(asked_later + "outcomes: {}\n") == []


def test_a_stay_cannot_be_asked_of_a_deal_that_is_opened():
    """It has been in no stage."""
    body = "stages: [{id: lead, enter: [{stay_at_least: 1d}]}, {id: offer}]\noutcomes: {}\n"
    assert [code for code, _ in _found(body)] == ["cannot-open-in"]


@pytest.mark.parametrize(
    ("level", "entry", "beyond"),
    [
        ("5d", "{stay_at_least: 5d}", False),
        ("5d", "{stay_at_least: 6d}", True),
        ("8bh", "{stay_at_least: 9bh}", True),
        ("1bd", "{stay_at_least: 8bh}", False),
        ("5d", "{stay_at_least: 5bd}", True),
        ("1w", "{stay_at_least: 5bd}", False),
        ("5d", "{stay_at_most: 60d}", False),
        ("5d", "{id: x, check: now - stage.entered_at > duration('121h') && deal.seats > 1}", True),
        ("5d", "{id: x, check: now - stage.entered_at > duration('121h') || deal.seats > 1}", False),
    ],
)
def test_a_wait_beyond_the_service_level_is_found(level, entry, beyond):
    """By the clock, in working time, and between the two on the average of a week."""
    body = f"stages: [{{id: lead, service_level: {level}}}, {{id: offer, enter: [{entry}]}}]\noutcomes: {{}}\n"
    assert [code for code, _ in _found(body)] == (["stay-beyond-service-level"] if beyond else [])


def test_the_wait_on_leaving_a_stage_is_measured_by_that_stage():
    """It stands in the stage the deal is in."""
    body = "stages: [{id: lead, service_level: 2d, leave: [{stay_at_least: 3d}]}, {id: offer}]\noutcomes: {}\n"
    assert [code for code, _ in _found(body)] == ["stay-beyond-service-level"]


@pytest.mark.parametrize(
    ("won", "at", "found"),
    [
        ("{}", "deal.end - days(30)", True),
        ("{enter: [{require: [end]}]}", "deal.end - days(30)", False),
        ("{enter: [{require: [end], waivable_by: manager}]}", "deal.end - days(30)", True),
        ("{enter: [{require: [end], when: deal.seats > 5}]}", "deal.end - days(30)", True),
        ("{enter: [{id: ahead, check: deal.end > today}]}", "deal.end - days(30)", False),
        ("{enter: [{id: ahead, check: deal.end > today || deal.seats > 1}]}", "deal.end - days(30)", True),
        ("{}", "now + days(30)", False),
    ],
)
def test_a_follow_up_needs_its_date(won, at, found):
    """A gate that no deal gets past without the field is enough."""
    body = f"stages: [{{id: lead}}]\noutcomes: {{won: {won}}}\nopens: {{process: renewals, when: won, at: {at}}}\n"
    assert [code for code, _ in _found(body)] == (["follow-up-undated"] if found else [])
