"""Won deals that a new approval would have carried into a later quarter, at the pace at which its role answered."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from pipeline_engine.facts import NOWHEN
from pipeline_engine.process import Process
from pipeline_engine.replay.effects import Effects
from pipeline_engine.replay.report import ApprovalWait, Slip
from pipeline_engine.values import moment_at

Mask = npt.NDArray[np.bool_]


def slips(effects: Effects, candidate: Process, newly: Mask, waits: Sequence[ApprovalWait]) -> Slip:
    """
    The won deals among attempts that newly need an approval, each once, and their value at the attempt.

    Each waits for the slowest role of which a median is known; without one nobody can tell, and none is counted.

    Args:
        newly: Attempts that newly need an approval.
    """
    days = _days_asked(effects, candidate, {wait.role: wait.median_days for wait in waits})
    closed = effects.worth.closed
    places = np.flatnonzero(newly & effects.worth.became.is_any("won") & (days > 0) & (closed != NOWHEN))
    zone = ZoneInfo(candidate.calendar.zone)
    slipped = [place for place in places.tolist() if _slips(int(closed[place]), float(days[place]), zone)]
    chosen = np.zeros(len(newly), np.bool_)
    chosen[slipped] = True
    stake = effects.worth.at_stake(chosen)["won"]
    return Slip(stake.deals, stake.worth)


def _days_asked(effects: Effects, candidate: Process, known: dict[str, float | None]) -> npt.NDArray[np.float64]:
    """Per attempt the longest recorded median of the roles that it newly needs; 0 where none is known."""
    asks = effects.candidate.asks_approval & ~effects.before.needs_approval
    by_rule = np.array([known.get(rule.approval or "") or 0.0 for rule in candidate.rules], np.float64)
    return np.asarray((asks * by_rule[:, None]).max(axis=0, initial=0.0), dtype=np.float64)


def _slips(closed: int, days: float, zone: ZoneInfo) -> bool:
    before = moment_at(closed)
    return _quarter(before.astimezone(zone)) != _quarter((before + timedelta(days=days)).astimezone(zone))


def _quarter(moment: datetime) -> tuple[int, int]:
    return moment.year, (moment.month - 1) // 3
