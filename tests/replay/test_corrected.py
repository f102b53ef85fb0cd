"""Corrections and the backtest: an attempt is judged again on what was known when it was made."""

from contextlib import suppress
from datetime import timedelta
from random import Random
from typing import Any

import numpy as np
import pytest

from pipeline_engine import deal as d
from pipeline_engine.engine import Engine
from pipeline_engine.errors import Rejected
from pipeline_engine.process import Judge
from pipeline_engine.values import Money
from tests.replay.lived import Story, in_bulk, story
from tests.replay.plain import letters
from tests.replay.rich import judge_of

CORRECTIONS = "\ncorrections: {by: [vp, manager]}\n"


def told(chance: Random, length: int, deals: int) -> Engine:
    """The store after a random story in which people correct themselves."""
    tale = Story.begun(CORRECTIONS)
    for step in story(chance, length, deals):
        tale.tell(step)
        if chance.random() < 0.3:
            _correct(tale, chance, step[3]["deal_id"])
    return tale.engine


def _correct(tale: Story, chance: Random, deal_id: str) -> None:
    """Correct one event of a deal, in whatever way it can be."""
    engine = tale.engine
    with suppress(Rejected):
        events = engine.timeline(deal_id)
        target = chance.choice(events)
        how: dict[str, Any] = {"by": chance.choice(("max", "eva")), "reason": "x"}
        kinds = [kind for kind, of in d.CORRECTABLE.items() if isinstance(target.event, of)]
        kind = chance.choice(kinds or ["void"])
        if kind == "value":
            fields = {**getattr(target.event, "fields", {}), **getattr(target.event, "set", {})}
            values = {name: _other(chance, value) for name, value in fields.items() if chance.random() < 0.5}
            engine.correct_value(deal_id, target.version, values, **how)
        elif kind == "time" and target.envelope.at is not None:
            late = timedelta(minutes=chance.choice((-90, -20, -5, 1)))
            engine.correct_time(deal_id, target.version, target.envelope.at + late, **how)
        else:
            engine.void(deal_id, target.version, **how)
        proposed = engine.timeline(deal_id)[-1]
        if isinstance(proposed.event, d.CorrectionProposed):
            engine.confirm_correction(deal_id, proposed.version, by="eva" if how["by"] == "max" else "max")


def _other(chance: Random, value: Any) -> Any:
    if isinstance(value, Money):
        return chance.choice(("", "10", "5000"))
    return "" if not isinstance(value, bool) else not value


@pytest.mark.parametrize("seed", range(3))
def test_every_attempt_is_judged_again_as_it_was_judged(seed: int) -> None:
    """Of deals that were corrected too: corrections count from where they stand, and for what came after."""
    engine = told(Random(seed), 400, 12)
    facts = engine._follower.lived()
    assert facts.lived is not None
    recorded = np.array(facts.attempts["codes"].to_pylist())[facts.lived.attempts].tolist()
    assert in_bulk(engine, facts, Judge(engine.process("rich", 1))) == recorded
    # The control: facts as they are known now would judge some of them otherwise.
    now = engine.facts()
    assert facts.lived.attempts.size == now.attempts.num_rows
    assert in_bulk(engine, now, Judge(engine.process("rich", 1))) != now.attempts["codes"].to_pylist()


@pytest.mark.parametrize("candidate", ["strict", "rich"])
def test_a_candidate_judges_corrected_deals_as_the_plain_gate_would(candidate: str) -> None:
    """Attempt by attempt, on the fold of the history before it."""
    engine = told(Random(7), 400, 12)
    facts, judge = engine._follower.lived(), judge_of(candidate)
    assert facts.lived is not None
    rows = facts.attempts.select(["deal_id", "version"]).to_pylist()
    deals = {rows[row]["deal_id"] for row in facts.lived.attempts}
    streams = {deal: engine._store.events(f"deal:{deal}") for deal in deals}
    plain = []
    for place in facts.lived.attempts.tolist():
        events = streams[rows[place]["deal_id"]]
        version = rows[place]["version"]
        plain.append(letters(events[version - 1], events[: version - 1], judge))
    assert in_bulk(engine, facts, judge) == plain


def test_the_control_of_a_backtest_holds_over_corrections() -> None:
    """Everything that was recorded comes out again, and every attempt is counted once."""
    engine = told(Random(3), 400, 12)
    report = engine.backtest(judge_of("strict").process)
    assert report.fidelity.replayable == report.fidelity.reproduced > 100
    assert report.attempts == engine.facts().attempts.num_rows
