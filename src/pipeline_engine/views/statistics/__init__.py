"""The formulas: shares with intervals, time until something ends; and nothing about deals."""

from pipeline_engine.views.statistics.proportion import Share, rounded, wilson
from pipeline_engine.views.statistics.survival import (
    Incidence,
    Quantile,
    Survival,
    aalen_johansen,
    kaplan_meier,
    quantile,
)

__all__ = [
    "Incidence",
    "Quantile",
    "Share",
    "Survival",
    "aalen_johansen",
    "kaplan_meier",
    "quantile",
    "rounded",
    "wilson",
]
