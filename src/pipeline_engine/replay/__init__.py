"""What would have happened: recorded attempts judged again, by the rules of the day and by a candidate."""

from pipeline_engine.replay.backtest import Question, backtest
from pipeline_engine.replay.bypassed import WOULD, GateThen, gate_then
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
    "CHANGES", "WOULD", "ApprovalWait", "AtStake", "Backtest", "Change", "Example", "Fidelity", "GateThen", "Mismatch",
    "Question", "RuleEffect", "Slip", "backtest", "gate_then",
]  # fmt: skip
