"""What can be said about rules without a deal: is there one that fits, and if not, which rules contradict each other.

    answer = find([passes(rule_of_a), stops(rule_of_b)], process, {"move.to": "negotiation"})

A witness was evaluated, so it is never wrong; what is called impossible was shown by reasoning that leaves nothing out;
all else is not analysed, and says why.
"""

from pipeline_engine.process.analysis.demands import (
    Answer,
    Demand,
    Impossible,
    NotAnalysed,
    Wanted,
    Witness,
    condition_of,
    passes,
    stops,
)
from pipeline_engine.process.analysis.search import find
from pipeline_engine.process.analysis.terms import plain

__all__ = [
    "Answer",
    "Demand",
    "Impossible",
    "NotAnalysed",
    "Wanted",
    "Witness",
    "condition_of",
    "find",
    "passes",
    "plain",
    "stops",
]
