"""Corrections as an auditor reads them: what was not so, what really was, who said it and who agreed."""

import pytest

from pipeline_engine.deal import CorrectionProposed, CorrectionRecorded, CorrectionRefused
from pipeline_engine.errors import BadValue
from pipeline_engine.values import Money, Personal, Value
from tests.audit.given import Beside, day


def why(text: str) -> Personal:
    """A reason, sealed under the deal."""
    return Personal("deal:D", text)


def test_a_corrected_value_tells_what_really_was(shop: Beside) -> None:
    """Of which event, which fields, by whom, in which role and why; a personal value is opened for who may read it."""
    really: dict[str, Value] = {"amount": Money.of(12, "EUR"), "mail": Personal("deal:D", "kim@customer.example")}
    shop.put(2, CorrectionRecorded(corrects=1, kind="value", set=really, role="ops", reason=why("a typing error")))
    (row,) = shop.engine.audit_corrections().rows
    assert (row.event, row.corrects, row.kind, row.role, row.by) == ("recorded", 1, "value", "ops", "ops")
    assert row.set == {"amount": Money.of(12, "EUR"), "mail": "kim@customer.example"}
    assert (row.reason, row.at, row.deal, row.owner, row.process) == ("a typing error", day(2), "D", "rep", "shop")


def test_a_proposal_and_who_agreed_stand_beside_each_other(shop: Beside) -> None:
    """On a closed deal one proposes and another one agrees; who may not is kept too."""
    shop.on(1, "lose", "price")
    shop.put(2, CorrectionProposed(corrects=2, kind="time", really_at=day(0.5), role="ops", reason=why("they called")))
    shop.put(3, CorrectionRefused(corrects=2, kind="time", why="four-eyes"))
    agreed = CorrectionRecorded(
        corrects=2, kind="time", really_at=day(0.5), role="manager", reason=why("so it was"), proposed=3
    )
    shop.put(4, agreed, by="boss")
    found = shop.engine.audit_corrections()
    assert [(row.event, row.by, row.proposed, row.why) for row in reversed(found.rows)] == [
        ("proposed", "ops", None, None), ("refused", "ops", None, "four-eyes"), ("recorded", "boss", 3, None),
    ]  # fmt: skip
    assert {row.really_at for row in found.rows} == {day(0.5), None}
    assert found.totals == {"proposed": 1, "recorded": 1, "refused": 1}
    assert [row.event for row in shop.engine.audit_corrections(by="boss").rows] == ["recorded"]


def test_what_was_cleared_is_named(shop: Beside) -> None:
    """A value that never was."""
    shop.put(2, CorrectionRecorded(corrects=1, kind="value", cleared=("amount",), role="ops", reason=why("none yet")))
    assert [row.cleared for row in shop.engine.audit_corrections().rows] == [("amount",)]


def test_no_rule_is_about_a_correction(shop: Beside) -> None:
    """Asking for one is a slip."""
    with pytest.raises(BadValue, match="about no rule"):
        shop.engine.audit_corrections(rule="reachable")


def test_before_it_was_recorded_nobody_knew_of_it(shop: Beside) -> None:
    """An audit as it was known the day before shows none."""
    shop.put(2, CorrectionRecorded(corrects=1, kind="value", cleared=("amount",), role="ops", reason=why("none yet")))
    found = [shop.engine.audit_corrections(known_at=day(number)).found for number in (1, 3)]
    assert found == [0, 1]
