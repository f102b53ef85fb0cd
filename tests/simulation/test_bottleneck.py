"""What was planted can be found again."""

from datetime import datetime
from statistics import median

import pytest

from pipeline_engine.deal import LoseDeal, MoveDeal, OpenDeal, WinDeal
from pipeline_engine.simulation import Bottleneck, YearPlan, planted

pytestmark = pytest.mark.slow


def _stays(gate):
    """Days of every ended stay, by stage, from accepted commands alone."""
    since: dict[str, tuple[str, datetime]] = {}
    stays: dict[str, list[float]] = {}
    for command, outcome in gate.log:
        if not outcome.accepted or not isinstance(command, OpenDeal | MoveDeal | WinDeal | LoseDeal):
            continue
        if command.deal_id in since:
            stage, entered = since.pop(command.deal_id)
            stays.setdefault(stage, []).append((command.at - entered).total_seconds() / 86_400)
        if isinstance(command, OpenDeal | MoveDeal):
            since[command.deal_id] = (getattr(command, "target", "lead"), command.at)
    return stays


def test_the_planted_stage_is_stated():
    """A plan says which stage it slows down, and how much."""
    assert planted(YearPlan()) == Bottleneck("proposal", 3.0)


@pytest.mark.parametrize("stage", ["qualified", "proposal", "negotiation"])
def test_the_planted_effect_is_in_the_year(run, fake_gate, stage):
    """Where nothing is refused, the planted stage takes three times as long, the others as long as before."""
    slowed, plain = (
        _stays(run(5, YearPlan(deals=500, bottleneck=Bottleneck(stage, effect)), fake_gate(strict=False)))
        for effect in (3.0, 1.0)
    )
    for name in ("lead", "qualified", "proposal", "negotiation"):
        ratio = median(slowed[name]) / median(plain[name])
        assert (2.4 < ratio < 3.4) if name == stage else (0.85 < ratio < 1.15)


@pytest.mark.parametrize("seed", range(10))
def test_proposals_take_longest_in_every_usual_year(run, seed):
    """In the usual year the median proposal takes half as long again as a stay anywhere else."""
    medians = {stage: median(days) for stage, days in _stays(run(seed, YearPlan(deals=300))).items()}
    assert medians["proposal"] > 1.5 * max(days for stage, days in medians.items() if stage != "proposal")
