"""Where the parts meet: corrections, migrations, approvals, pauses, hand-overs and observed moves in one life."""

from collections import Counter
from importlib import import_module

import pytest

from pipeline_engine.deal import Deal, fold
from pipeline_engine.engine.reads import DEAL
from pipeline_engine.errors import UnknownProcess
from pipeline_engine.facts import Instants
from tests.engine.mixed import DEALS, Lives, told

IN_CI, IN_SOAK = range(8), range(8, 1_000)


def deals_of(lives: Lives) -> dict[str, Deal]:
    """The deals that were opened, folded from their events alone."""
    folded = {each: fold(lives.engine._store.events(f"deal:{each}")) for each in DEALS}
    return {name: deal for name, deal in folded.items() if deal is not None and deal.opened}


def held(seed: int) -> Counter[str]:
    """Everything that must hold of one random life; what happened in it, by event."""
    lives = Lives(seed).live()
    facts, deals = lives.engine.facts(), deals_of(lives)
    rows = {row["deal_id"]: row for row in facts.deals.to_pylist()}
    for name, deal in deals.items():
        assert lives.engine._store.load(f"deal:{name}", DEAL)[0] == deal, f"seed {seed}: {name} as it is carried on"
        status = "merged" if deal.merged_into else deal.status
        row = tuple(rows[name][part] for part in ("stage", "status", "owner", "process_version", "entered_at"))
        assert row == (deal.stage, status, deal.owner, deal.process_version, deal.entered_at), f"seed {seed}: {name}"
    grants = {(d.id, g.version): g.standing for d in deals.values() for g in (*d.approvals, *d.waivers)}
    ends = Instants(facts).ends("approvals")
    for row, end in zip(facts.approvals.to_pylist(), ends, strict=True):
        if row["event"] in ("granted", "waived"):
            stands = bool(end > deals[row["deal_id"]].version)
            assert stands == grants[row["deal_id"], row["version"]], f"seed {seed}: {row}"
    for at, known in lives.known:
        assert told(lives.engine.facts(known_at=at)) == known, f"seed {seed}: what was known at {at}"
    reproduced(lives, seed)
    return Counter(row.name for row in lives.engine.store_rows())


def reproduced(lives: Lives, seed: int) -> None:
    """Every verdict that was recorded comes out of the columns again."""
    try:
        fidelity = lives.engine.backtest(lives.engine.process("b2b")).fidelity
    except UnknownProcess:
        return  # No deal was ever opened.
    assert fidelity.reproduced == fidelity.replayable, f"seed {seed}"


def test_the_log_the_fold_and_the_columns_say_one_thing() -> None:
    """However its parts are mixed: the deal as it stands, the grants, what was known when, and every verdict."""
    happened = sum((held(seed) for seed in IN_CI), Counter[str]())
    wanted = ("DealMoved", "CorrectionRecorded", "DealMigrated", "RuleWaived", "DealReopened", "DealPaused")
    assert [name for name in wanted if not happened[name]] == []


def test_control_a_fold_that_forgets_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were approvals and waivers not ended by what they rest on, some life would show it."""
    fold_of_deals = import_module("pipeline_engine.deal.evolve")
    monkeypatch.setattr(fold_of_deals, "_lapsed", lambda grants, changed: grants)
    with pytest.raises(AssertionError, match="seed"):
        list(map(held, range(40)))


@pytest.mark.soak
def test_the_log_the_fold_and_the_columns_say_one_thing_over_many_lives() -> None:
    """The same over a thousand lives."""
    for seed in IN_SOAK:
        held(seed)
