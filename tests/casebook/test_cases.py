"""A case brings a deal to where it stands, asks the one gate, and holds where the answer is the expected one."""

import pytest

from tests.casebook.given import READY, Try

GIVEN = f"given: {{{READY}}}, when: {{move: negotiation}}"


def one(tried: Try, case: str):
    """The result of one case."""
    return tried(f"- {{case: it, {case}}}\n")[0]


def test_a_deal_that_needs_its_manager_is_refused_by_that_rule(tried):
    """What the owners of a process pin holds as long as the process refuses it."""
    assert one(tried, f"{GIVEN}, then: {{refused: [big-deal]}}").holds


def test_a_rule_that_no_longer_refuses_breaks_its_case(tried):
    """The control: the same deal below the limit goes on, and the case says so with the judgement."""
    result = one(tried, f"{GIVEN.replace('60000', '6000')}, then: {{refused: [big-deal]}}")
    assert (result.holds, result.expected, result.came) == (False, "refused by big-deal", "allowed")
    assert result.differences == ("big-deal does not stand in the way",)
    assert {judged.rule: judged.verdict for judged in result.verdicts} == {
        "moves:forward": "pass", "big-deal": "not asked", "deep-discount": "pass",
    }  # fmt: skip


def test_refused_names_exactly_what_stands_in_the_way(tried):
    """A refusal by one rule more than expected is not the expected refusal."""
    asked = "given: {stage: lead, since: 3d}, when: {move: proposal}"
    assert one(tried, f"{asked}, then: {{refused: [two-meetings, 'proposal:require:amount']}}").holds
    result = one(tried, f"{asked}, then: {{refused: two-meetings}}")
    assert result.differences == ("proposal:require:amount stands in the way too",)


@pytest.mark.parametrize(
    ("then", "holds"),
    [
        ("allowed", False),
        ("refused", True),
        ("{answer: refused}", True),
        ("{unknown: big-deal}", True),
        ("{fails: big-deal}", False),
        ("{refused: big-deal, unknown: [big-deal], passes: [deep-discount]}", True),
        ("{warns: deep-discount}", False),
        ("{not_asked: two-meetings}", True),
        ("{not_asked: deep-discount}", False),
    ],
)
def test_a_case_may_say_how_each_rule_answers(tried, then, holds):
    """Of a deal without an amount the approval is unknown, which is not the same as failing."""
    assert one(tried, f"given: {{stage: proposal}}, when: {{move: negotiation}}, then: {then}").holds is holds


def test_a_warning_stops_nothing_and_can_be_pinned(tried):
    """A rule that only warns is expected by `warns`."""
    given = "given: {stage: proposal, fields: {amount: 60, discount: 30%}}, when: {move: negotiation}"
    assert one(tried, f"{given}, then: {{answer: allowed, warns: deep-discount}}").holds


def test_approvals_and_waivers_are_given_by_who_may(tried):
    """An approval given beforehand opens the gate; one by somebody who may not cannot be given."""
    given = f"{{{READY}, approvals: [{{big-deal: WHO}}]}}, when: {{move: negotiation}}"
    assert one(tried, f"given: {given.replace('WHO', 'manager-1')}, then: allowed").holds
    result = one(tried, f"given: {given.replace('WHO', 'rep-04')}, then: refused")
    assert result.came == "no answer"
    assert result.differences == ("`given` cannot be: `rep-04` may not approve `big-deal` (no-role)",)
    waived = "given: {since: 3d, fields: {amount: 6}, waivers: [{two-meetings: manager-1}]}, when: {move: proposal}"
    assert one(tried, f"{waived}, then: {{answer: allowed, waived: two-meetings}}").holds


def test_times_are_told_as_how_long_ago(tried):
    """A meeting of forty days ago is not one of the last thirty, and a deal of this morning has not rested."""
    given = "given: {{since: {}, fields: {{amount: 6}}, activities: [meeting, {{meeting: {}}}]}}"
    case = f"{given}, when: {{{{move: proposal}}}}"
    assert one(tried, f"{case.format('60d', '20d')}, then: allowed").holds
    assert one(tried, f"{case.format('60d', '40d')}, then: {{refused: two-meetings}}").holds
    assert one(tried, f"{case.format('5d', '20d')}, then: allowed").holds
    assert one(tried, f"{case.format('2h', '1h')}, then: {{refused: rested}}").holds


def test_documents_and_ticks_are_given(tried):
    """A document has an age, an item is ticked or not."""
    asked = "when: {move: contract}"
    given = "given: {stage: negotiation, documents: [{nda: AGO}], ticked: [legal-ok]}"
    assert one(tried, f"{given.replace('AGO', '40d')}, {asked}, then: allowed").holds
    old = one(tried, f"{given.replace('AGO', '100d')}, {asked}, then: {{refused: 'contract:documents:nda:within-90d'}}")
    assert old.holds, old.told
    missing = "given: {stage: negotiation, documents: [nda]}"
    assert one(tried, f"{missing}, {asked}, then: {{refused: 'contract:checklist:legal-ok'}}").holds


def test_a_locked_field_keeps_its_value(tried):
    """Who may change it all the same is pinned too."""
    given = "given: {stage: contract, fields: {discount: 10%}}"
    assert one(tried, f"{given}, when: {{set: {{discount: 20%}}}}, then: {{refused: discount}}").holds
    assert one(tried, f"{given}, when: {{set: {{discount: 20%}}, by: manager-1}}, then: allowed").holds


def test_a_deal_may_be_told_as_steps(tried):
    """An approval ends when the amount changes after it: the order of the steps counts."""
    steps = """\
        - case: the approval was for less
          given:
            - {open: {stage: proposal, fields: {amount: 55000}}, ago: 10d}
            - {approve: big-deal, by: manager-1, to: negotiation, ago: 2d}
            - {set: {amount: 90000}, ago: 1d}
          when: {move: negotiation}
          then: {refused: big-deal}
        - case: nothing changed since
          given:
            - {open: {stage: proposal, fields: {amount: 55000}}, ago: 10d}
            - {approve: big-deal, by: manager-1, to: negotiation, ago: 2d}
          when: {move: negotiation}
          then: allowed
    """
    assert [result.holds for result in tried(steps)] == [True, True]


@pytest.mark.parametrize(
    "case",
    [
        "when: open, then: allowed",
        "when: {open: {stage: proposal}}, then: refused",
        "when: {open: }, then: allowed",
        "given: {stage: negotiation}, when: win, then: {refused: 'won:contacts:economic_buyer:1'}",
        "given: {stage: negotiation, contacts: {economic_buyer: kim@customer.example}}, when: win, then: allowed",
        "given: {stage: proposal, since: 3d}, when: {move: lead, reason: they wait}, then: allowed",
        "given: {stage: proposal, since: 3d}, when: {move: lead}, then: {refused: 'moves:back'}",
        "given: {at: 2026-01-04}, when: {move: proposal, at: 2026-01-04T12:00:00Z}, then: {fails: rested}",
        "given: {stage: negotiation}, when: {win: {}}, then: refused",
        "when: {lose: price}, then: allowed",
        "given: {status: lost, closed: 3d, opened: 9d}, when: reopen, then: {refused: 'reopen:reason'}",
        "given: {status: won, stage: negotiation}, when: {reopen: they called}, then: allowed",
        "given: {stage: proposal}, when: {approve: big-deal}, then: {refused: no-role}",
        "given: {owner: manager-1}, when: {approve: big-deal, by: manager-1}, then: {refused: four-eyes}",
        "given: {stage: proposal}, when: {approve: big-deal, by: manager-1}, then: allowed",
        "when: {set: {amount: 5}}, then: allowed",
        "when: {log: call, minutes: 5}, then: allowed",
        "given: {way: [{lead: 9d}, {proposal: 3d}]}, when: {move: negotiation}, then: {refused: big-deal}",
        'given: {stage: proposal, fields: {discount: ""}}, when: {move: negotiation}, then: {unknown: deep-discount}',
    ],
)
def test_every_verb_can_be_asked(tried, case):
    """Openings, moves forward and back, wins, losses, reopenings, approvals and plain facts."""
    result = one(tried, case)
    assert result.holds, result.told


def test_without_people_anybody_may_approve(tried):
    """As in a store without a register: roles bind nobody."""
    head = "process: b2b.yaml\ncases:\n"
    given = f"given: {{{READY}, approvals: [{{big-deal: somebody}}]}}"
    case = f"- {{case: it, {given}, when: {{move: negotiation}}, then: allowed}}"
    assert [result.holds for result in tried(case, head)] == [True]


def test_what_cannot_be_asked_is_no_answer(tried):
    """A case that asks for what is bad input does not hold, whatever it expects."""
    result = one(tried, "given: {status: lost}, when: {move: proposal}, then: refused")
    assert (result.holds, result.came) == (False, "no answer")
    assert "is lost" in result.differences[0]


def test_two_hundred_cases_run_in_seconds(tried):
    """One process is compiled once, whatever the number of its cases."""
    results = tried("".join(f"- {{case: it {number}, {GIVEN}, then: refused}}\n" for number in range(200)))
    assert len(results) == 200
    assert all(result.holds for result in results)
