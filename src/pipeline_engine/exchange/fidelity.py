"""How much of the past a mapping can bring: the fidelity grade, and what it means in words."""

from dataclasses import dataclass
from typing import Literal

from pipeline_engine.exchange.mapping import HistoryMapping
from pipeline_engine.process import Process

Grade = Literal["A", "B", "C", "D"]


@dataclass(frozen=True, slots=True)
class Fidelity:
    """The grade, and what views and a backtest can and cannot know from such a history."""

    grade: Grade
    says: str


def fidelity_of(mapping: HistoryMapping, process: Process) -> Fidelity:
    """
    The grade of what a mapping brings into a process.

    A: every stage change and every field change with its time. B: every stage change with its time. C: some
    dates of entering a stage or the last change only. D: where deals stand, without when they came there.
    """
    if mapping.shape == "events" and mapping.fields:
        return Fidelity("A", "full history: stage and field changes with their times")
    if mapping.shape != "deals":
        since = "; fields hold from the opening on, their changes are not known" if mapping.fields else ""
        return Fidelity("B", f"stage history with times{since}")
    later = "; when fields changed is not known" if mapping.fields else ""
    dated = {name.name for name, _ in mapping.entered}
    if dated >= {stage.id for stage in process.stages}:
        return Fidelity("B", f"the latest entry into every stage; earlier visits are not known{later}")
    if dated or mapping.stage_since:
        which = f"of entering {', '.join(sorted(dated))}" if dated else "of the last stage change"
        return Fidelity("C", f"dates {which} only; other stays have no length{later}")
    if mapping.opened or mapping.closed:
        ends = "opened" if not mapping.closed else "closed" if not mapping.opened else "opened and closed"
        return Fidelity("D", f"today's state and when deals {ends}; the stages between are not known{later}")
    return Fidelity("D", f"today's state only; no stay has a length{later}")
