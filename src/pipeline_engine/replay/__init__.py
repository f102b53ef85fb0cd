"""What would have happened: recorded attempts judged again, by the rules of the day and by a candidate."""

from pipeline_engine.replay.backtest import Question, backtest
from pipeline_engine.replay.report import (
    CHANGES,
    ApprovalWait,
    AtStake,
    Backtest,
    Change,
    Example,
    Fidelity,
    Mismatch,
    RuleEffect,
    Slip,
)

__all__ = [
    "CHANGES", "ApprovalWait", "AtStake", "Backtest", "Change", "Example", "Fidelity", "Mismatch", "Question",
    "RuleEffect", "Slip", "backtest",
]  # fmt: skip
