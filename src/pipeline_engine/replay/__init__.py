"""What would have happened: recorded attempts judged again, by the rules of the day and by a candidate."""

from pipeline_engine.replay.backtest import Question, backtest
from pipeline_engine.replay.bypassed import WOULD, GateThen, gate_then
from pipeline_engine.replay.migration import Landed, MigrationQuestion, foreseen, landed, plan_migration
from pipeline_engine.replay.migration_plan import DealPlan, EndingGrants, Landing, MigrationPlan, RuleLoad
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
    "CHANGES",
    "WOULD",
    "ApprovalWait",
    "AtStake",
    "Backtest",
    "Change",
    "DealPlan",
    "EndingGrants",
    "Example",
    "Fidelity",
    "GateThen",
    "Landed",
    "Landing",
    "MigrationPlan",
    "MigrationQuestion",
    "Mismatch",
    "Question",
    "RuleEffect",
    "RuleLoad",
    "Slip",
    "backtest",
    "foreseen",
    "gate_then",
    "landed",
    "plan_migration",
]  # fmt: skip
