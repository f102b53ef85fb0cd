"""The search for a deal that fits demands: found and tried, shown to be impossible, or not analysed."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from pipeline_engine.process.analysis.demands import Answer, Demand, NotAnalysed
from pipeline_engine.process.model import Process

NOTHING: Mapping[str, Any] = MappingProxyType({})


def find(
    demands: Sequence[Demand], process: Process, given: Mapping[str, Any] = NOTHING, *, explain: bool = True
) -> Answer:
    """
    A deal on which every demand comes to what is wanted.

    Args:
        demands: Conditions over the vocabulary of `process`.
        process: What may be said of a deal: its fields with their choices, stages, kinds and roles.
        given: Column paths whose value is settled: `{"move.to": "won", "stage.id": None}`; None is not recorded.
        explain: Whether an Impossible is to name the fewest demands; else it names all.
    """
    return NotAnalysed("not built yet")
