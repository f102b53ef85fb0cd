"""What it means: questions a sales manager asks, answered from the facts; one module a question.

Every view is a pure function of facts at one moment. Its result says for which process, moment and log
position it answers, and `to_json()` gives plain JSON: money as decimal text per currency, times as ISO 8601,
null where something is not known.
"""

from pipeline_engine.views.ahead import KINDS as DUE_KINDS
from pipeline_engine.views.ahead import Ahead, ahead
from pipeline_engine.views.amounts import Amounts, plain_amount
from pipeline_engine.views.bottlenecks import CRITERIA, Bottlenecks, StageWait, bottlenecks
from pipeline_engine.views.flow import Flow, Leaving
from pipeline_engine.views.funnel import Funnel, FunnelStage, funnel
from pipeline_engine.views.health import deals_behind, health
from pipeline_engine.views.health_answer import Flag, FlaggedDeal, Health, StageHealth
from pipeline_engine.views.statistics import Quantile, Share, kaplan_meier, quantile
from pipeline_engine.views.waits import Waits

__all__ = [
    "CRITERIA",
    "DUE_KINDS",
    "Ahead",
    "Amounts",
    "Bottlenecks",
    "Flag",
    "FlaggedDeal",
    "Flow",
    "Funnel",
    "FunnelStage",
    "Health",
    "Leaving",
    "Quantile",
    "Share",
    "StageHealth",
    "StageWait",
    "Waits",
    "ahead",
    "bottlenecks",
    "deals_behind",
    "funnel",
    "health",
    "kaplan_meier",
    "plain_amount",
    "quantile",
]
