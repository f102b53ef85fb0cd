"""Migrations in the facts: the version from then on, stays that go on or begin anew, approvals that end."""

from typing import Any

import numpy as np
import pytest

from pipeline_engine import deal as e
from pipeline_engine.facts import Facts, Instants, Probes
from pipeline_engine.process import Field, Process, Stage
from tests.facts.given import PROCESS, Log, column, day, euro, judged, opened, personal

NEXT = PROCESS.model_copy(update={
    "version": 2, "digest": "d2", "stages": tuple(Stage(id=s) for s in ("lead", "checked", "proposal", "negotiation")),
})  # fmt: skip


def migrated(to: str, start: str = "lead", **more: Any) -> e.DealMigrated:
    """A deal goes on under NEXT."""
    return e.DealMigrated(**{
        "process": "b2b", "version": 2, "from_version": 1, "from_stage": start, "to_stage": to, **more,
    })  # fmt: skip


def log(second: Process = NEXT) -> Log:
    """A log with two published versions."""
    return Log().publish(second)


def test_a_stay_goes_on_where_its_stage_keeps_its_name() -> None:
    """The deal runs under the new version from then on; that it waits since Monday does not change."""
    facts = log().deal("D", day(0), opened()).deal("D", day(3), migrated("lead")).facts()
    (stay,) = facts.stays.to_pylist()
    assert (stay["entered"], stay["ended"], stay["process_version"]) == (day(0), "still there", 2)
    (deal,) = facts.deals.to_pylist()
    assert (deal["process_version"], deal["stage"], deal["entered_at"], deal["status"]) == (2, "lead", day(0), "open")


def test_a_new_stay_begins_where_a_stage_goes_on_as_another() -> None:
    """The old stay ends `migrated`, and the deal waits in the new stage since the migration."""
    facts = log().deal("D", day(0), opened("qualified")).deal("D", day(3), migrated("checked", "qualified")).facts()
    assert column(facts.stays.to_pylist(), "stage", "entered", "left", "ended", "next_stage", "process_version") == [
        ("qualified", day(0), day(3), "migrated", "checked", 1), ("checked", day(3), None, "still there", None, 2),
    ]  # fmt: skip
    assert facts.stays["basis"].to_pylist() == ["gate", "migration"]
    assert column(facts.deals.to_pylist(), "stage", "entered_at") == [("checked", day(3))]


def test_a_migration_is_no_attempt() -> None:
    """Nobody asked the gate for anything."""
    facts = log().deal("D", day(0), opened()).deal("D", day(3), migrated("checked")).facts()
    assert facts.attempts["kind"].to_pylist() == ["open"]


def test_what_is_asked_afterwards_is_asked_under_the_new_version() -> None:
    """An attempt that says no version itself, like an imported one, has that of its day."""
    moved = e.DealMoved(from_stage="lead", to_stage="checked", basis="source")
    facts = log().deal("D", day(0), opened()).deal("D", day(1), migrated("lead")).deal("D", day(2), moved).facts()
    assert facts.attempts["process_version"].to_pylist() == [1, 2]
    assert column(facts.stays.to_pylist(), "process_version", "ended") == [(2, "advance"), (2, "still there")]


def test_on_and_back_are_told_by_the_order_of_the_version_that_was_asked() -> None:
    """A stage that a new version put further on does not make a step back into an advance."""
    later = NEXT.model_copy(update={"stages": tuple(Stage(id=s) for s in ("a", "b", "lead", "qualified"))})
    back = e.DealMoved(from_stage="qualified", to_stage="lead", verdicts=judged().model_copy(update={"version": 2}))
    told = log(later).deal("D", day(0), opened("qualified")).deal("D", day(1), migrated("qualified", "qualified"))
    assert told.deal("D", day(2), back).facts().stays["ended"].to_pylist() == ["back", "still there"]


def test_before_the_migration_the_facts_are_what_they_were() -> None:
    """As of the day before, the deal stands under its old version."""
    told = log().deal("D", day(0), opened()).deal("D", day(3), migrated("checked"))
    assert told.facts(as_of=day(2)).deals["process_version"].to_pylist() == [1]


@pytest.mark.parametrize("closing", [e.DealWon(from_stage="lead"), e.DealMerged(into="E")])
def test_a_closed_deal_is_not_opened_by_a_migration(closing: Any) -> None:
    """Whatever a log holds: its version changes, and nothing else."""
    told = log().deal("D", day(0), opened()).deal("D", day(1), closing).deal("D", day(2), migrated("checked"))
    (deal,), folded = told.facts().deals.to_pylist(), e.fold([r for r in told.recorded if r.stream == "deal:D"])
    assert folded is not None
    assert (deal["stage"], deal["process_version"]) == (folded.stage, folded.process_version) == ("lead", 2)
    assert deal["status"] != "open"


def test_a_deal_is_worth_what_the_version_of_its_day_says() -> None:
    """Where a new version takes another field for the value, the deal has that value from then on."""
    fields = {name: Field(name=name, kind="money") for name in ("amount", "yearly")}
    other = NEXT.model_copy(update={"value": "yearly", "fields": fields})
    told = log(other).deal("D", day(0), opened(fields={"amount": euro(10), "yearly": euro(4)}))
    moved = e.DealMoved(from_stage="lead", to_stage="proposal", basis="source")
    facts = told.deal("D", day(1), moved).deal("D", day(2), migrated("proposal", "proposal")).facts()
    assert facts.deals["value"].to_pylist() == [40_000]
    assert facts.attempts["value"].to_pylist() == [100_000, 100_000]


def approvals_live(facts: Facts, version: int) -> list[bool]:
    """Whether each approval and waiver stood before that version of the only deal."""
    probe = Probes.of(np.array([0]), np.array([version]), np.array([0]))
    ends = Instants(facts).ends("approvals")
    rows = facts.approvals.to_pylist()
    granted = [n for n, row in enumerate(rows) if row["event"] in ("granted", "waived")]
    return [rows[n]["version"] < probe.version[0] <= ends[n] for n in granted]


def test_approvals_that_are_not_taken_over_end_with_the_migration() -> None:
    """Named by the version at which they were given; the others stand as before."""
    granted = e.ApprovalGranted(rule="big", target="proposal", role="vp", seen_version=1)
    waived = e.RuleWaived(rule="w", target="proposal", role="vp", reason=personal("x"), seen_version=1)
    told = log().deal("D", day(0), opened()).deal("D", day(1), granted, waived, granted)
    told.deal("D", day(2), migrated("lead", ended=(2, 3)))
    facts = told.facts()
    assert approvals_live(facts, 5) == [True, True, True]
    assert approvals_live(facts, 6) == [False, False, True]
    deal = e.fold([r for r in told.recorded if r.stream == "deal:D"])
    assert deal is not None
    assert [g.standing for g in (*deal.approvals, *deal.waivers)] == [False, True, False]


def test_what_was_asked_for_ends_with_its_rule() -> None:
    """Nobody is asked for an approval that no rule wants any more."""
    asked = e.ApprovalRequested(rule="big", target="proposal", role="vp")
    told = (
        log()
        .deal("D", day(0), opened())
        .deal("D", day(1), asked, asked)
        .deal("D", day(2), migrated("lead", ended=(2,)))
    )
    deal = e.fold([r for r in told.recorded if r.stream == "deal:D"])
    assert deal is not None
    assert [r.version for r in deal.requests] == [3]
